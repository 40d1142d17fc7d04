//! What a task or future failed with.

use super::super::values::represent;
use super::names::Names;
use crate::heap::TypeFlags;
use crate::memory::Address;
use crate::report::TaskException;

/// Characters of an exception's message.
const LONGEST_MESSAGE: usize = 200;

/// Type, message and place of an exception.
pub(super) fn describe(names: &Names<'_, '_>, exception: Address, retrieved: bool) -> Option<TaskException> {
    let traceback = names.heap.traceback(exception).unwrap_or_default();
    Some(TaskException {
        type_name: names.class_name(exception)?,
        message: message(names, exception),
        retrieved: Some(retrieved),
        raised_at: traceback.last().and_then(|entry| names.raised_at(entry)),
    })
}

/// What `str()` would make of an exception with built-in values as arguments.
fn message(names: &Names<'_, '_>, exception: Address) -> Option<String> {
    let heap = names.heap;
    let arguments = heap.exception_arguments(exception).ok()?;
    let first = *arguments.first()?;
    let is_text = heap.is_a(first, TypeFlags::STR);
    // A KeyError shows its key as it would be written down.
    if is_text && heap.type_info_of(exception).ok()?.name != "KeyError" {
        let text = heap.text(first, LONGEST_MESSAGE + 1).ok()?;
        let short: String = text.chars().take(LONGEST_MESSAGE).collect();
        let dots = if short.len() < text.len() { "..." } else { "" };
        return Some(format!("{short}{dots}"));
    }
    if arguments.len() == 1 {
        return represent(heap, first);
    }
    let parts: Option<Vec<String>> = arguments.iter().map(|argument| represent(heap, *argument)).collect();
    Some(format!("({})", parts?.join(", ")))
}
