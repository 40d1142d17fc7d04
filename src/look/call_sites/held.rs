//! How an object is held and where a call's result goes, in the words of [`holding`](crate::analysis::holding).

use super::Site;
use super::resolve::parameters;
use crate::analysis::calls::Fate;
use crate::analysis::holding::{Candidate, Goes, Holding};
use crate::analysis::retention::{Path, Root, Step};
use crate::heap::references::Edge;
use crate::heap::{Heap, SlotKind, TypeFlags};
use crate::memory::Address;
use crate::runtime::layout::FrameKind;

/// How the last step of a path holds the object at its end.
#[must_use]
pub fn holding(heap: &Heap<'_>, path: &Path) -> Holding {
    let (last, before) = match path.steps.as_slice() {
        [] => return Holding::Other,
        [last] => (last, None),
        [.., before, last] => (last, Some(before)),
    };
    let holding = match last.edge {
        Edge::Variable(slot) => variable(heap, path, last, slot),
        Edge::Stack(_) => code_of(heap, path, last.holder).map(|code| Holding::Stack { code }),
        Edge::Attribute(name) => Some(Holding::Attribute { name: heap.label(name).ok() }),
        Edge::Slot(_) => Some(Holding::Attribute { name: None }),
        Edge::Value(key) => Some(value(heap, path, before, last.holder, key)),
        Edge::Item(_) => Some(item(heap, before, last.holder)),
        Edge::Field("contents") => Some(Holding::Closure { name: closure_name(heap, path) }),
        Edge::Field(_) | Edge::Key | Edge::Word(_) => None,
    };
    holding.unwrap_or(Holding::Other)
}

/// The code of the frame that a step begins at: a frame itself, a frame object, or a generator or coroutine with its frame inside.
fn code_of(heap: &Heap<'_>, path: &Path, holder: Address) -> Option<Address> {
    let is_first = path.steps.first().is_some_and(|first| first.holder == holder);
    if matches!(path.root, Root::Frame { .. }) && is_first {
        return Some(heap.frame(holder).ok()?.code);
    }
    if let Some(kind) = heap.generator_kind(holder) {
        return Some(heap.generator(holder, kind).ok()?.code);
    }
    let frame = match heap.layout().frame_kind {
        FrameKind::Embedded => heap.pointer(holder, heap.layout().frame_object.f_frame).ok()?.non_null()?,
        FrameKind::FrameObject38 | FrameKind::FrameObject310 => holder,
    };
    Some(heap.frame(frame).ok()?.code)
}

fn variable(heap: &Heap<'_>, path: &Path, step: &Step, slot: u64) -> Option<Holding> {
    let code = heap.code(code_of(heap, path, step.holder)?).ok()?;
    let slots = heap.code_slot_names(&code).ok()?;
    let variable = slots.get(usize::try_from(slot).ok()?)?;
    Some(Holding::Variable {
        code: code.address,
        function: heap.code_qualname(&code).ok(),
        name: heap.variable_name(variable.name).ok()?,
        is_parameter: slot < u64::from(parameters(heap, &code, &slots).0),
    })
}

/// A dict is that of a module, that of an instance, or one of its own.
fn value(heap: &Heap<'_>, path: &Path, before: Option<&Step>, dict: Address, key: Address) -> Holding {
    let name = Some(key).filter(|key| heap.is_a(*key, TypeFlags::STR)).and_then(|key| heap.label(key).ok());
    let is_module = |object: Address| heap.type_of(object).is_ok_and(|class| Some(class) == heap.known().module);
    let globals_of = |module: Address| heap.pointer(module, heap.layout().module.md_dict).ok();
    let of_root = match path.root {
        Root::Module(module) => globals_of(module) == Some(dict),
        _ => false,
    };
    let is_global = of_root
        || before.is_some_and(|step| step.edge == Edge::Field("globals"))
        || before.is_some_and(|step| is_module(step.holder) && globals_of(step.holder) == Some(dict));
    match (is_global, name) {
        (true, Some(name)) => Holding::Global { name },
        (false, name) if before.is_some_and(|step| step.edge == Edge::Field("dict")) => Holding::Attribute { name },
        (_, key) => Holding::Value { key },
    }
}

fn item(heap: &Heap<'_>, before: Option<&Step>, holder: Address) -> Holding {
    let keeps_arguments = |step: &Step| match step.edge {
        Edge::Field(name) => name == "arguments",
        // `asyncio.Handle`, which has its arguments in a slot.
        Edge::Slot(_) => heap.type_info_of(step.holder).is_ok_and(|class| class.name.ends_with("Handle")),
        _ => false,
    };
    let is_tuple = heap.is_a(holder, TypeFlags::TUPLE);
    if is_tuple && before.is_some_and(keeps_arguments) { Holding::Bound } else { Holding::Item }
}

/// The name of the variable whose cell the last step begins at.
fn closure_name(heap: &Heap<'_>, path: &Path) -> Option<String> {
    let [rest @ .., before, _cell] = path.steps.as_slice() else { return None };
    match (before.edge, rest.last()) {
        (Edge::Variable(slot), _) => match variable(heap, path, before, slot)? {
            Holding::Variable { name, .. } => Some(name),
            _ => None,
        },
        (Edge::Item(number), Some(Step { holder: function, edge: Edge::Field("closure") })) => {
            let code = heap.code(heap.function_code(*function).ok()?).ok()?;
            let slots = heap.code_slots(&code).ok()?;
            let mut free = slots.iter().filter(|slot| slot.kind == SlotKind::Free);
            Some(free.nth(usize::try_from(number).ok()?)?.name.clone())
        }
        _ => None,
    }
}

/// A call as one that may have made an object.
pub(super) fn candidate(heap: &Heap<'_>, site: &Site) -> Candidate {
    let name = || site.name.and_then(|name| heap.label(name).ok());
    let goes = match site.fate {
        Fate::Local(_) | Fate::Cell(_) => site.variable.as_ref().map_or(Goes::Elsewhere, |variable| {
            let name = variable.name.clone();
            if variable.is_shared {
                return Goes::Cell { name };
            }
            let super::Variable { stores, is_parameter, is_read, .. } = *variable;
            Goes::Variable { name, stores, is_parameter, is_read }
        }),
        Fate::Global(_) => Goes::Global { name: name() },
        Fate::Attribute(_) => Goes::Attribute { name: name() },
        Fate::Item => Goes::Item,
        Fate::Container => Goes::Container,
        Fate::Argument(..) => Goes::Argument { of: name() },
        Fate::Returned | Fate::Yielded => Goes::Returned,
        Fate::Awaited | Fate::Used | Fate::Discarded | Fate::Unknown => Goes::Elsewhere,
    };
    Candidate { caller: site.caller, goes, is_sole: site.is_sole, is_certain: site.is_certain }
}
