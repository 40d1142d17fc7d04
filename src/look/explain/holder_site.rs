//! Where an object was probably made, if nothing better is known: the function whose variable it is.
//!
//! A variable of a frame was given its value by the code of that frame, or by its caller; a variable of a closure by a function that shares it.
//! That is no line, and it says so: [`Evidence::Holder`].

use super::names::{Names, UNREADABLE};
use crate::analysis::retention::{Path, Root, Step};
use crate::heap::GeneratorState;
use crate::heap::references::Edge;
use crate::memory::Address;
use crate::report::{Evidence, Location};

/// The function whose variable the object at the end of a path is.
pub(super) fn holder_site(names: &Names<'_, '_>, path: &Path) -> Option<Vec<Location>> {
    let code = code_of_holder(names, path)?;
    let code = names.heap.code(code).ok()?;
    let file = names.heap.code_file(&code).unwrap_or_else(|_| UNREADABLE.to_owned());
    let line = u32::try_from(code.first_line).ok()?;
    Some(vec![Location::new(file, line, names.heap.code_qualname(&code).ok(), Evidence::Holder)])
}

fn code_of_holder(names: &Names<'_, '_>, path: &Path) -> Option<Address> {
    let heap = names.heap;
    match path.steps.as_slice() {
        // On a thread's stack.
        [Step { holder, edge: Edge::Variable(_) }] if matches!(path.root, Root::Frame { .. }) => {
            Some(heap.frame(*holder).ok()?.code)
        }
        [.., Step { holder, edge: Edge::Variable(_) }] => {
            if let Some(kind) = heap.generator_kind(*holder) {
                let generator = heap.generator(*holder, kind).ok()?;
                // The arguments of one that was never started are its caller's.
                return (generator.state != GeneratorState::Created).then_some(generator.code);
            }
            Some(heap.frame_of_object(*holder).ok()?.code)
        }
        [.., Step { holder, edge: Edge::Field("closure") }, _, Step { edge: Edge::Field("contents"), .. }] => {
            let known = heap.type_of(*holder).ok() == heap.known().function;
            known.then(|| heap.pointer(*holder, heap.layout().function.func_code).ok()).flatten()
        }
        _ => None,
    }
}
