//! What a holder is, as far as the words for it depend on that.

use super::Speaker;
use crate::heap::{GeneratorKind, TypeFlags};
use crate::memory::Address;

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    List,
    Tuple,
    /// `set` or `frozenset`.
    Set,
    Dict,
    Deque,
    Module,
    Class,
    Function,
    Method,
    BuiltinFunction,
    Partial,
    LruCache,
    Cell,
    /// A coroutine, generator or async generator.
    Generator(GeneratorKind),
    FrameObject,
    Traceback,
    Exception,
    /// A future that is no task, of asyncio or `concurrent.futures`, in C or Python.
    Future,
    Task,
    /// An event loop of asyncio's own.
    Loop,
    /// `asyncio.Queue`, `queue.Queue`.
    Queue,
    SimpleQueue,
    /// `asyncio.Handle`.
    Handle,
    Context,
    ThreadLocal,
    /// `WeakKeyDictionary`, `WeakValueDictionary`, `WeakSet`.
    WeakCollection,
    Other,
}

impl Speaker<'_, '_> {
    /// What an object is.
    pub(super) fn role(&self, object: Address) -> Role {
        let Ok(class) = self.heap.type_of(object) else { return Role::Other };
        if let Some(role) = self.roles.borrow().get(&class) {
            return *role;
        }
        let role = self.role_of_class(class).or_else(|| self.role_by_name(class)).unwrap_or(Role::Other);
        self.roles.borrow_mut().insert(class, role);
        role
    }

    fn role_of_class(&self, class: Address) -> Option<Role> {
        let (heap, known) = (self.heap, self.heap.known());
        let is = |ancestor: Option<Address>| ancestor.is_some_and(|ancestor| heap.derives_from(class, &[ancestor]));
        for kind in [GeneratorKind::Coroutine, GeneratorKind::Generator, GeneratorKind::AsyncGenerator] {
            if is(heap.generator_type(kind)) {
                return Some(Role::Generator(kind));
            }
        }
        for (types, role) in [
            ([known.module, None], Role::Module),
            ([known.type_type, None], Role::Class),
            ([known.function, None], Role::Function),
            ([known.method, None], Role::Method),
            ([known.builtin_function, None], Role::BuiltinFunction),
            ([known.cell, None], Role::Cell),
            ([known.frame, None], Role::FrameObject),
            ([known.traceback, None], Role::Traceback),
            ([known.context, known.context_38], Role::Context),
            ([known.set, known.frozenset], Role::Set),
        ] {
            if types.into_iter().any(is) {
                return Some(role);
            }
        }
        for place in &self.observation.places {
            let asyncio = &place.asyncio;
            for (types, role) in [
                ([asyncio.task_type, asyncio.python_task_type], Role::Task),
                ([asyncio.future_type, asyncio.python_future_type], Role::Future),
                ([asyncio.concurrent_future_type, None], Role::Future),
                ([asyncio.partial_type, None], Role::Partial),
                ([asyncio.deque_type, None], Role::Deque),
            ] {
                if types.into_iter().any(is) {
                    return Some(role);
                }
            }
        }
        let flags = heap.type_info(class).ok()?.flags;
        let by_flag = [
            (TypeFlags::LIST, Role::List),
            (TypeFlags::TUPLE, Role::Tuple),
            (TypeFlags::DICT, Role::Dict),
            (TypeFlags::EXCEPTION, Role::Exception),
        ];
        by_flag.into_iter().find(|(flag, _)| flags.contains(*flag)).map(|(_, role)| role)
    }

    /// What is known by the name of a class, its own or that of one it derives from.
    fn role_by_name(&self, class: Address) -> Option<Role> {
        self.heap.mro(class).ok()?.into_iter().find_map(|class| {
            Some(match self.heap.qualified_type_name(class).ok()?.as_str() {
                "asyncio.base_events.BaseEventLoop" => Role::Loop,
                "asyncio.queues.Queue" | "queue.Queue" => Role::Queue,
                "_queue.SimpleQueue" | "queue.SimpleQueue" => Role::SimpleQueue,
                "asyncio.events.Handle" => Role::Handle,
                "weakref.WeakKeyDictionary" | "weakref.WeakValueDictionary" | "_weakrefset.WeakSet" => {
                    Role::WeakCollection
                }
                "_thread._local" => Role::ThreadLocal,
                "functools._lru_cache_wrapper" => Role::LruCache,
                _ => return None,
            })
        })
    }
}
