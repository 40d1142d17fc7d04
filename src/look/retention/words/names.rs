//! What classes, functions, modules, threads and tasks are called.

use super::Speaker;
use super::roles::Role;
use crate::heap::{Frame, Generator, Heap};
use crate::memory::Address;
use crate::runtime::layout::FrameKind;
use std::rc::Rc;

/// Stands where a name could not be read.
const UNREADABLE: &str = "<unreadable>";
/// A partial of a partial of …
const DEEPEST_PARTIAL: usize = 4;
/// Names of C functions beyond this are not believed.
const LONGEST_NAME: usize = 256;

impl Speaker<'_, '_> {
    /// What a class is called: with its module, unless everybody knows it without.
    pub(super) fn class_label(&self, class: Address) -> Rc<str> {
        if let Some(label) = self.labels.borrow().get(&class) {
            return Rc::clone(label);
        }
        let name = self.heap.qualified_type_name(class).unwrap_or_else(|_| UNREADABLE.to_owned());
        let label: Rc<str> = Rc::from(short(&name));
        self.labels.borrow_mut().insert(class, Rc::clone(&label));
        label
    }

    /// What the class of an object is called.
    pub(super) fn label_of(&self, object: Address) -> Rc<str> {
        self.heap.type_of(object).map_or_else(|_| Rc::from(UNREADABLE), |class| self.class_label(class))
    }

    /// The bare name of an object's class.
    pub(super) fn bare_label_of(&self, object: Address) -> String {
        bare(&self.label_of(object)).to_owned()
    }

    /// `__name__` of a module.
    pub(super) fn module_label(&self, module: Address) -> String {
        let name = self.heap.module_globals(module).and_then(|globals| self.module_of_globals(globals));
        // Anything may stand in `sys.modules`.
        name.map_or_else(|| self.label_of(module).to_string(), |name| name.to_string())
    }

    /// The name of the module whose globals these are. Asked for thousands of frames of a few modules.
    fn module_of_globals(&self, globals: Address) -> Option<Rc<str>> {
        if let Some(name) = self.modules.borrow().get(&globals) {
            return name.clone();
        }
        let read = || self.heap.label(self.heap.dict_value(globals, "__name__").ok()??).ok();
        let name = read().map(Rc::from);
        self.modules.borrow_mut().insert(globals, name.clone());
        name
    }

    /// What something that can be called is called, without brackets.
    pub(super) fn callable_label(&self, object: Address) -> String {
        self.callable_in(object, 0)
    }

    fn callable_in(&self, object: Address, depth: usize) -> String {
        let heap = self.heap;
        let label = match self.role(object) {
            Role::Function => {
                let name = heap.function_qualname(object).unwrap_or_else(|| UNREADABLE.to_owned());
                Some(with_module(heap.function_module(object).as_deref(), &name))
            }
            Role::Class => Some(self.class_label(object).to_string()),
            Role::Method => heap.method_parts(object).ok().map(|[function, _]| self.callable_label(function)),
            Role::BuiltinFunction => self.builtin_label(object),
            Role::Partial if depth < DEEPEST_PARTIAL => heap
                .partial_function(object)
                .ok()
                .map(|inner| format!("functools.partial({})", self.callable_in(inner, depth + 1))),
            _ => None,
        };
        label.unwrap_or_else(|| format!("<{} object>", self.bare_label_of(object)))
    }

    /// The same with brackets, if it is a function.
    pub(super) fn function_label(&self, object: Address) -> String {
        let label = self.callable_label(object);
        if self.role(object) == Role::Function { format!("{label}()") } else { label }
    }

    /// `print`, `list.append`
    fn builtin_label(&self, function: Address) -> Option<String> {
        let heap = self.heap;
        let layout = heap.layout();
        let definition = heap.pointer(function, layout.builtin_function.m_ml).ok()?.non_null()?;
        let name = heap.pointer(definition, layout.method_def.ml_name).ok()?;
        let name = String::from_utf8_lossy(&heap.memory().c_string(name, LONGEST_NAME).ok()?).into_owned();
        let bound = heap.builtin_self(function).ok().flatten();
        // Of a function, `__self__` is its module.
        Some(match bound.filter(|bound| self.role(*bound) != Role::Module) {
            Some(bound) if self.role(bound) == Role::Class => format!("{}.{name}", self.class_label(bound)),
            Some(bound) => format!("{}.{name}", self.label_of(bound)),
            None => name,
        })
    }

    /// What a coroutine or generator runs.
    pub(super) fn generator_label(&self, generator: &Generator) -> String {
        let heap = self.heap;
        let name = heap.generator_qualname(generator).unwrap_or_else(|_| UNREADABLE.to_owned());
        let by_function = heap.generator_function(generator).and_then(|function| heap.function_module(function));
        let by_globals = || self.module_of_globals(heap.frame_globals(&generator.frame?)?);
        let module = by_function.map(Rc::from).or_else(by_globals);
        format!("{}()", with_module(module.as_deref(), &name))
    }

    /// What a frame runs.
    pub(super) fn frame_label(&self, frame: &Frame) -> String {
        if let Some(generator) = self.generator_of(frame) {
            return self.generator_label(&generator);
        }
        let heap = self.heap;
        let name = heap.code(frame.code).and_then(|code| heap.code_qualname(&code));
        let module = heap.frame_globals(frame).and_then(|globals| self.module_of_globals(globals));
        match name.as_deref() {
            Ok("<module>") => module.map_or_else(|| "<module>".to_owned(), |module| format!("module {module}")),
            name => format!("{}()", with_module(module.as_deref(), name.unwrap_or(UNREADABLE))),
        }
    }

    /// The generator that a frame object belongs to (3.8 – 3.10, whose code knows only the bare name).
    fn generator_of(&self, frame: &Frame) -> Option<Generator> {
        let field = self.heap.layout().frame_object.f_gen;
        if self.heap.layout().frame_kind == FrameKind::Embedded || !field.is_present() {
            return None;
        }
        let generator = self.heap.pointer(frame.address, field).ok()?.non_null()?;
        self.heap.generator(generator, self.heap.generator_kind(generator)?).ok()
    }

    /// ` at app.py:12`, as far as that can be told.
    pub(super) fn place_of(&self, frame: &Frame) -> String {
        let heap = self.heap;
        let Ok(code) = heap.code(frame.code) else { return String::new() };
        let line = heap.frame_offset(frame).ok().and_then(|offset| heap.code_line(&code, offset).ok().flatten());
        place(heap.code_file(&code).ok(), line)
    }

    /// `thread 4243`, by the system's number if that is known.
    pub(super) fn thread_label(&self, thread: Address) -> String {
        (self.thread_number)(thread).map_or_else(|| "thread".to_owned(), |number| format!("thread {number}"))
    }

    /// `task 'Task-7'`
    pub(super) fn task_label(&self, task: Address) -> String {
        let places = &self.observation.places;
        let task = places.iter().find_map(|place| place.asyncio.task(self.heap, task).ok());
        match task.and_then(|task| task.name(self.heap)) {
            Some(name) => format!("task '{name}'"),
            None => "task".to_owned(),
        }
    }

    /// What a name in a slot of a frame is.
    pub(super) fn variable(&self, code: Address, number: u64) -> String {
        let slots = self.heap.code(code).and_then(|code| self.heap.code_slots(&code)).unwrap_or_default();
        let slot = usize::try_from(number).ok().and_then(|number| slots.get(number));
        slot.map_or_else(|| format!("#{number}"), |slot| slot.name.clone())
    }
}

/// ` at app.py:12`
pub(super) fn place(file: Option<String>, line: Option<i64>) -> String {
    match (file, line) {
        (Some(file), Some(line)) => format!(" at {}:{line}", file.rsplit('/').next().unwrap_or(&file)),
        (Some(file), None) => format!(" in {}", file.rsplit('/').next().unwrap_or(&file)),
        _ => String::new(),
    }
}

/// Text of a `str` object, cut.
pub(super) fn text_of(heap: &Heap<'_>, object: Address) -> String {
    heap.text(object, LONGEST_NAME).unwrap_or_else(|_| UNREADABLE.to_owned())
}

fn with_module(module: Option<&str>, name: &str) -> String {
    match module {
        Some(module) if module != "builtins" => format!("{module}.{name}"),
        _ => name.to_owned(),
    }
}

/// The name that people use for a class of the standard library, where it lives elsewhere.
fn short(name: &str) -> &str {
    /// Modules that are left out.
    const SILENT: [&str; 4] = ["builtins.", "collections.", "_asyncio.", "weakref.Weak"];
    match name {
        "asyncio.queues.Queue" => "asyncio.Queue",
        "asyncio.queues.PriorityQueue" => "asyncio.PriorityQueue",
        "asyncio.queues.LifoQueue" => "asyncio.LifoQueue",
        "asyncio.futures.Future" => "Future",
        "asyncio.tasks.Task" => "Task",
        "asyncio.events.Handle" => "Handle",
        "asyncio.events.TimerHandle" => "TimerHandle",
        "concurrent.futures._base.Future" => "concurrent.futures.Future",
        "_queue.SimpleQueue" => "queue.SimpleQueue",
        "_weakrefset.WeakSet" => "WeakSet",
        "_thread._local" => "threading.local",
        "_contextvars.Context" | "Context" => "contextvars.Context",
        name if SILENT.iter().any(|module| name.starts_with(module)) => bare(name),
        name => name,
    }
}

/// What stands behind the last dot.
fn bare(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_called_what_people_call_them() {
        for (name, said) in [
            ("list", "list"),
            ("collections.OrderedDict", "OrderedDict"),
            ("collections.abc.Mapping", "Mapping"),
            ("weakref.WeakKeyDictionary", "WeakKeyDictionary"),
            ("weakref.finalize._Info", "weakref.finalize._Info"),
            ("asyncio.queues.Queue", "asyncio.Queue"),
            ("_asyncio.Task", "Task"),
            ("app.Pool", "app.Pool"),
        ] {
            assert_eq!(short(name), said);
        }
    }

    #[test]
    fn of_a_file_the_last_part_is_told() {
        assert_eq!(place(Some("/srv/app/jobs.py".into()), Some(12)), " at jobs.py:12");
        assert_eq!(place(Some("<stdin>".into()), None), " in <stdin>");
        assert_eq!(place(None, Some(3)), "");
    }
}
