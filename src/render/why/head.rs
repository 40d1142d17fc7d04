//! The object in question.

use std::io;

use super::super::text::{finding, kinds};
use super::super::{Line, Page, Role, words};
use crate::report::{HeldObject, ObjectState, Retained};

/// Where the text of its rows begins: as of a finding.
const COLUMN: usize = 13;

/// Writes it.
pub(super) fn write(page: &mut Page<'_>, object: &HeldObject) -> io::Result<()> {
    let mut line = Line::new().with(Role::Function, name(object));
    if object.qualname.is_some() {
        let state = object.state.map(|state| format!(", {}", phrase(state))).unwrap_or_default();
        line.push(Role::Plain, format!(" ({}{state})", object.type_name));
    }
    line.push(Role::Plain, format!("  {}  ", object.address));
    line.push(Role::Plain, numbers(object));
    page.line(&line, 4)?;
    if let (Some(kind), Some(verdict)) = (object.kind, object.verdict) {
        let line = Line::new().with(kinds::role(kind, verdict), kinds::marked(page.style(), kind, verdict));
        page.row(4, "verdict", COLUMN, &line.plain(format!("  {}", kinds::noun(kind).0)))?;
    }
    if let Some(definition) = &object.definition {
        let place = Line::new().with(Role::Place, format!("{}:{}", definition.file, definition.line));
        page.row(4, "defined", COLUMN, &place)?;
    }
    finding::write_places(page, object.created_at.as_deref().unwrap_or_default())
}

/// What it is called: as its function is, or by its type.
pub(super) fn name(object: &HeldObject) -> String {
    match (&object.module, &object.qualname) {
        (Some(module), Some(qualname)) if module != "__main__" && !module.is_empty() => format!("{module}.{qualname}"),
        (_, Some(qualname)) => qualname.clone(),
        (_, None) => format!("{} object", object.type_name),
    }
}

fn phrase(state: ObjectState) -> &'static str {
    match state {
        ObjectState::Created => "never started",
        state => state.word(),
    }
}

/// `1 reference, 480 B (retains 12.3 kB in 41 objects)`
fn numbers(object: &HeldObject) -> String {
    let references = object.refcount.map(|count| words::counted(count, "reference", "references"));
    let size = object.size_bytes.map(words::bytes);
    let own: Vec<String> = references.into_iter().chain(size).collect();
    let retained = object.retained.map(retains);
    match retained {
        Some(retained) if own.is_empty() => retained,
        Some(retained) => format!("{} ({retained})", own.join(", ")),
        None => own.join(", "),
    }
}

fn retains(retained: Retained) -> String {
    let least = if retained.exact { "" } else { "at least " };
    let objects = words::counted(retained.objects, "object", "objects");
    format!("retains {least}{} in {objects}", words::bytes(retained.bytes))
}
