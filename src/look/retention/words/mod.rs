//! Says a path as a person would: `global 'PENDING'`, `list[3]`, `attribute '_jobs' of app.Pool`.
//!
//! A path is exact to the word in memory: instance, dict of the instance, its value. A person thinks in fewer steps; those are
//! folded here. Values are never shown, and keys only if they are short and say nothing but themselves. No words contain an
//! address: holders that are alike have the same words, but for an index or key.

mod attributes;
mod code;
mod containers;
mod fold;
mod keys;
mod names;
mod roles;
mod waiting;

pub(in crate::look) use fold::fold;

use super::super::observe::Observation;
use super::roots::SCHEDULED;
use crate::analysis::retention::{Path, Root, Step};
use crate::heap::references::Edge;
use crate::heap::{Frame, Heap};
use crate::memory::Address;
use roles::Role;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::rc::Rc;

/// How one holder holds the next, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::look) struct Words {
    /// The words, as in `list[3]`.
    pub(in crate::look) text: String,
    /// The holder they speak of. Of a frame that runs, the frame; of a thread, its state.
    pub(in crate::look) object: Address,
    /// What of the text lies between its last brackets.
    place: Option<Place>,
}

/// Where in a container something is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Place {
    Index(u64),
    /// As it is shown.
    Key(String),
}

impl Words {
    fn new(object: Address, text: impl Into<String>) -> Self {
        Self { text: text.into(), object, place: None }
    }

    /// `NAME[INDEX]`
    fn item(object: Address, name: &str, index: u64) -> Self {
        Self { text: format!("{name}[{index}]"), object, place: Some(Place::Index(index)) }
    }

    /// `NAME[KEY]`
    fn value(object: Address, name: &str, key: String) -> Self {
        Self { text: format!("{name}[{key}]"), object, place: Some(Place::Key(key)) }
    }
}

/// What was said about the next steps of a path.
struct Said {
    /// How many steps it was about; at least one.
    steps: usize,
    words: Option<Words>,
}

impl Said {
    fn new(steps: usize, words: Words) -> Option<Self> {
        Some(Self { steps, words: Some(words) })
    }

    fn nothing(steps: usize) -> Option<Self> {
        Some(Self { steps, words: None })
    }
}

/// Knows the words for what is in a heap.
pub(in crate::look) struct Speaker<'s, 'h> {
    heap: &'s Heap<'h>,
    observation: &'s Observation,
    /// The frames of the threads.
    frames: FxHashMap<Address, Frame>,
    /// The system's number of a thread, by its state.
    thread_number: &'s dyn Fn(Address) -> Option<u64>,
    roles: RefCell<FxHashMap<Address, Role>>,
    /// What classes are called.
    labels: RefCell<FxHashMap<Address, Rc<str>>>,
    /// What the modules are called that these are the globals of.
    modules: RefCell<FxHashMap<Address, Option<Rc<str>>>>,
}

impl<'s, 'h> Speaker<'s, 'h> {
    /// One that reads names from `heap`, and asks `thread_number` for the system's number of a thread state.
    pub(in crate::look) fn new(
        heap: &'s Heap<'h>,
        observation: &'s Observation,
        thread_number: &'s dyn Fn(Address) -> Option<u64>,
    ) -> Self {
        let frames = observation.thread_frames.values().flatten().map(|frame| (frame.address, *frame)).collect();
        Self {
            heap,
            observation,
            frames,
            thread_number,
            roles: RefCell::default(),
            labels: RefCell::default(),
            modules: RefCell::default(),
        }
    }

    /// The words for a path to `target`, root first.
    pub(in crate::look) fn words(&self, path: &Path, target: Address) -> Vec<Words> {
        let way = Way { path, target };
        let mut words: Vec<Words> = self.root(&way).into_iter().collect();
        let mut at = 0;
        while at < path.steps.len() {
            let said = self.step(&way, at);
            words.extend(said.words);
            at += said.steps.max(1);
        }
        words
    }

    /// What a root is called, unless its first step says that, too.
    fn root(&self, way: &Way<'_>) -> Option<Words> {
        let (object, text) = match way.path.root {
            Root::Module(module) => (module, format!("module {}", self.module_label(module))),
            Root::Task(task) => (task, self.task_label(task)),
            Root::Loop(event_loop) => (event_loop, "event loop".to_owned()),
            Root::Class(class) if way.path.steps.is_empty() => (class, format!("class {}", self.class_label(class))),
            Root::Memory(at) => (at, "C memory".to_owned()),
            Root::Frame { .. } | Root::Class(_) | Root::Thread(_) | Root::Interpreter(_) => return None,
        };
        Some(Words::new(object, text))
    }

    /// Says the step `at` of a way, and those that belong to it.
    fn step(&self, way: &Way<'_>, at: usize) -> Said {
        let Some(Step { holder, edge }) = way.step(at) else { return Said { steps: 1, words: None } };
        if at == 0 {
            match way.path.root {
                Root::Frame { thread } => return self.running_frame(way, thread),
                Root::Thread(thread) => {
                    let text = format!("{} of {}", part(edge), self.thread_label(thread));
                    return Said { steps: 1, words: Some(Words::new(thread, text)) };
                }
                Root::Interpreter(_) => {
                    let words = Words::new(holder, format!("{} of the interpreter", part(edge)));
                    return Said { steps: 1, words: Some(words) };
                }
                Root::Loop(_) if edge == Edge::Field(SCHEDULED) => {
                    return Said { steps: 1, words: Some(Words::new(holder, SCHEDULED)) };
                }
                Root::Module(_) | Root::Task(_) | Root::Loop(_) | Root::Class(_) | Root::Memory(_) => {}
            }
        }
        let role = self.role(holder);
        let said = match role {
            Role::List | Role::Tuple | Role::Set | Role::Dict | Role::Deque => self.container(way, at, role),
            Role::Module | Role::Class => self.namespace(way, at, role),
            Role::Function | Role::Method | Role::BuiltinFunction | Role::Partial | Role::LruCache => {
                self.callable(way, at, role)
            }
            Role::Generator(kind) => self.generator(way, at, kind),
            Role::FrameObject => self.frame_object(way, at),
            Role::Traceback => self.traceback(way, at),
            Role::Exception => self.exception(way, at),
            Role::Future | Role::Task | Role::Loop | Role::Queue | Role::SimpleQueue | Role::Handle => {
                self.waiting(way, at, role)
            }
            Role::Context => self.context(way, at),
            Role::WeakCollection | Role::ThreadLocal | Role::Cell | Role::Other => None,
        };
        said.or_else(|| self.attribute(way, at, role)).unwrap_or_else(|| self.anything(way, at))
    }

    /// Says a step of which nothing better is known.
    fn anything(&self, way: &Way<'_>, at: usize) -> Said {
        let Some(Step { holder, edge }) = way.step(at) else { return Said { steps: 1, words: None } };
        let label = self.label_of(holder);
        let words = match edge {
            // The class of an object, and the base of a class, are said by what comes of them.
            Edge::Field("class" | "base") if at + 1 < way.len() => None,
            Edge::Field("class" | "base") => Some(Words::new(holder, format!("class of {label}"))),
            Edge::Word(_) => Some(Words::new(holder, format!("C object {label}"))),
            Edge::Item(index) => Some(Words::item(holder, &label, index)),
            Edge::Key => Some(Words::new(holder, format!("{label} key"))),
            Edge::Value(key) => Some(Words::value(holder, &label, self.key(key))),
            Edge::Field(_) | Edge::Attribute(_) | Edge::Slot(_) | Edge::Variable(_) | Edge::Stack(_) => {
                Some(Words::new(holder, label.to_string()))
            }
        };
        Said { steps: 1, words }
    }
}

/// A path, and what it leads to.
struct Way<'p> {
    path: &'p Path,
    target: Address,
}

impl Way<'_> {
    fn len(&self) -> usize {
        self.path.steps.len()
    }

    fn step(&self, at: usize) -> Option<Step> {
        self.path.steps.get(at).copied()
    }

    fn edge(&self, at: usize) -> Option<Edge> {
        self.step(at).map(|step| step.edge)
    }

    /// What the step `at` leads to.
    fn next(&self, at: usize) -> Address {
        self.step(at + 1).map_or(self.target, |step| step.holder)
    }
}

/// What a field of a structure is called.
fn part(edge: Edge) -> &'static str {
    match edge {
        Edge::Field("dict") => "data",
        Edge::Field(name) => name,
        _ => "part",
    }
}
