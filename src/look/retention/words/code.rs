//! Words for functions and what is bound to them, for coroutines, frames, tracebacks, exceptions and contexts.

use super::names::{place, text_of};
use super::roles::Role;
use super::{Said, Speaker, Way, Words};
use crate::analysis::retention::Step;
use crate::heap::references::Edge;
use crate::heap::{Frame, Generator, GeneratorKind, GeneratorState, TypeFlags};
use crate::memory::Address;

impl Speaker<'_, '_> {
    /// Says a step out of something that can be called.
    pub(super) fn callable(&self, way: &Way<'_>, at: usize, role: Role) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        match (role, edge) {
            (Role::Function, Edge::Field(field)) => self.function(way, at, field),
            (Role::Method | Role::BuiltinFunction, Edge::Field("self" | "function")) => {
                Said::new(1, Words::new(holder, format!("bound method {}", self.callable_label(holder))))
            }
            (Role::Partial, Edge::Field(field)) => self.partial(way, at, field),
            (Role::LruCache, Edge::Field(field)) if field != "dict" => self.lru_cache(way, at),
            _ => None,
        }
    }

    fn function(&self, way: &Way<'_>, at: usize, field: &'static str) -> Option<Said> {
        let holder = way.step(at)?.holder;
        let label = self.function_label(holder);
        let (steps, text) = match (field, way.edge(at + 1)) {
            ("closure", Some(Edge::Item(index))) => {
                let name = named(self.heap.closure_names(holder), index);
                let has_cell = way.edge(at + 2) == Some(Edge::Field("contents"));
                (if has_cell { 3 } else { 2 }, format!("closure variable '{name}' of {label}"))
            }
            ("defaults", Some(Edge::Item(index))) => {
                let name = named(self.heap.default_names(holder), index);
                (2, format!("default argument '{name}' of {label}"))
            }
            ("keyword defaults", Some(Edge::Value(key))) => {
                (2, format!("default argument '{}' of {label}", text_of(self.heap, key)))
            }
            ("globals", Some(Edge::Value(key))) => (2, format!("global '{}' of {label}", text_of(self.heap, key))),
            ("dict", _) => return None,
            _ => (1, format!("{field} of {label}")),
        };
        Said::new(steps, Words::new(holder, text))
    }

    fn partial(&self, way: &Way<'_>, at: usize, field: &'static str) -> Option<Said> {
        let holder = way.step(at)?.holder;
        let label = self.callable_label(holder);
        let (steps, text) = match (field, way.edge(at + 1)) {
            ("arguments", Some(Edge::Item(index))) => (2, format!("{label} argument {index}")),
            ("keywords", Some(Edge::Value(key))) => (2, format!("{label} keyword {}", self.key(key))),
            ("dict", Some(_)) => return None,
            _ => (1, label),
        };
        Said::new(steps, Words::new(holder, text))
    }

    /// Everything in the cache is said at once: its dict, the list of its results, and the keys made of arguments.
    fn lru_cache(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let holder = way.step(at)?.holder;
        let mut steps = 1;
        while let Some(inner) = way.step(at + steps) {
            let is_link = || self.label_of(inner.holder).contains("lru_list_elem");
            let is_dict = steps == 1 && self.role(inner.holder) == Role::Dict;
            let is_key = matches!(way.edge(at + steps - 1), Some(Edge::Key | Edge::Field("key")))
                && self.heap.is_a(inner.holder, TypeFlags::TUPLE);
            if !is_dict && !is_key && !is_link() {
                break;
            }
            steps += 1;
        }
        let function = self.heap.attribute(holder, "__wrapped__").ok().flatten();
        let label = function.map_or_else(|| "a function".to_owned(), |function| self.function_label(function));
        Said::new(steps, Words::new(holder, format!("lru_cache of {label}")))
    }

    /// Says a step out of a coroutine or generator.
    pub(super) fn generator(&self, way: &Way<'_>, at: usize, kind: GeneratorKind) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        let generator = self.heap.generator(holder, kind).ok()?;
        match edge {
            Edge::Field("frame") => {
                let inner = way.edge(at + 1)?;
                let said = self.of_frame_of(way, at + 1, &generator, inner)?;
                Some(Said { steps: said.steps + 1, ..said })
            }
            Edge::Field("frame object") => Said::nothing(1),
            Edge::Field(field) => {
                Said::new(1, Words::new(holder, format!("{field} of {}", self.generator_label(&generator))))
            }
            edge => self.of_frame_of(way, at, &generator, edge),
        }
    }

    /// Says a step out of the frame of a generator; up to 3.10 that is an object of its own.
    fn of_frame_of(&self, way: &Way<'_>, at: usize, generator: &Generator, edge: Edge) -> Option<Said> {
        let label = self.generator_label(generator);
        let state = match generator.state {
            GeneratorState::Running => "running",
            GeneratorState::Created | GeneratorState::Suspended => "suspended",
            GeneratorState::Closed => "ended",
        };
        let frame = generator.frame?;
        if generator.state == GeneratorState::Created
            && let Edge::Variable(number) = edge
        {
            let name = self.variable(frame.code, number);
            let what = match generator.kind {
                GeneratorKind::Coroutine => format!("the unawaited coroutine {label}"),
                GeneratorKind::Generator => format!("the generator {label}, not started"),
                GeneratorKind::AsyncGenerator => format!("the async generator {label}, not started"),
            };
            let words = Words::new(generator.address, format!("argument '{name}' of {what}"));
            return Said::new(1 + self.cell_behind(way, at), words);
        }
        let whole = format!("{label}{} ({state})", self.place_of(&frame));
        if let Edge::Stack(_) = edge
            && self.heap.awaited_by(generator) == Ok(Some(way.next(at)))
        {
            // What is awaited, and then awaits something itself, says where it stands.
            return if at + 1 < way.len() && self.speaks_for_awaiter(way.next(at)) {
                Said::nothing(1)
            } else {
                Said::new(1, Words::new(generator.address, format!("awaited by {whole}")))
            };
        }
        self.of_frame(way, at, edge, generator.address, &frame, &whole)
    }

    /// Whether the words for an awaited object tell enough, so that those for what awaits it can be left out.
    fn speaks_for_awaiter(&self, awaited: Address) -> bool {
        let known = self.heap.known();
        let class = self.heap.type_of(awaited).ok();
        let calls = [known.coroutine_wrapper, known.asend, known.athrow, known.anext_awaitable];
        matches!(self.role(awaited), Role::Generator(_)) || (class.is_some() && calls.contains(&class))
    }

    /// Says a step out of a frame, which `whole` describes.
    fn of_frame(
        &self,
        way: &Way<'_>,
        at: usize,
        edge: Edge,
        holder: Address,
        frame: &Frame,
        whole: &str,
    ) -> Option<Said> {
        let (steps, text) = match edge {
            Edge::Variable(number) => {
                let name = self.variable(frame.code, number);
                let of = if whole.is_empty() { String::new() } else { format!(" in {whole}") };
                (1 + self.cell_behind(way, at), format!("local '{name}'{of}"))
            }
            Edge::Stack(_) if whole.is_empty() => (1, "on the stack".to_owned()),
            Edge::Stack(_) => (1, format!("on the stack of {whole}")),
            Edge::Field("locals") => match way.edge(at + 1) {
                Some(Edge::Value(key)) if whole.is_empty() => (2, format!("local '{}'", text_of(self.heap, key))),
                Some(Edge::Value(key)) => (2, format!("local '{}' in {whole}", text_of(self.heap, key))),
                _ => (1, format!("locals of {whole}")),
            },
            Edge::Field(field) => (1, format!("{field} of {whole}")),
            _ => return None,
        };
        Said::new(steps, Words::new(holder, text))
    }

    /// How many steps behind a variable its cell takes.
    fn cell_behind(&self, way: &Way<'_>, at: usize) -> usize {
        let is_cell = way.edge(at + 1) == Some(Edge::Field("contents")) && self.role(way.next(at)) == Role::Cell;
        usize::from(is_cell)
    }

    /// Says the first step of a way that begins at a frame on the stack of a thread.
    pub(super) fn running_frame(&self, way: &Way<'_>, thread: Address) -> Said {
        let said = || {
            let Step { holder, edge } = way.step(0)?;
            let frame = self.frames.get(&holder)?;
            let label = self.frame_label(frame);
            let whole = format!("{label}{} (running, {})", self.place_of(frame), self.thread_label(thread));
            self.of_frame(way, 0, edge, holder, frame, &whole)
        };
        said().unwrap_or_else(|| Said { steps: 1, words: Some(Words::new(thread, self.thread_label(thread))) })
    }

    /// Says a step out of a frame as Python code sees it.
    pub(super) fn frame_object(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        let frame = self.heap.frame_of_object(holder).ok()?;
        let before = at.checked_sub(1).and_then(|before| way.step(before));
        let whole = match before {
            // That said where it is.
            Some(before) if self.role(before.holder) == Role::Traceback => String::new(),
            _ => {
                let state = if self.heap.has_ended(&frame) { "ended" } else { "suspended or running" };
                format!("{}{} ({state})", self.frame_label(&frame), self.place_of(&frame))
            }
        };
        self.of_frame(way, at, edge, holder, &frame, &whole)
    }

    /// Says a step out of a traceback: nothing about one that leads to the next.
    pub(super) fn traceback(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        if edge == Edge::Field("next") && at + 1 < way.len() {
            return Said::nothing(1);
        }
        let (heap, layout) = (self.heap, &self.heap.layout().traceback);
        let frame = heap.frame_of_object(heap.pointer(holder, layout.tb_frame).ok()?).ok()?;
        let code = heap.code(frame.code).ok()?;
        // From 3.12 on the line may be left to be computed (-1).
        let written = heap.signed(holder, layout.tb_lineno).ok().filter(|line| *line >= 0);
        let offset = heap.signed(holder, layout.tb_lasti).ok();
        let line = written.or_else(|| heap.code_line(&code, offset?).ok().flatten());
        let place = place(heap.code_file(&code).ok(), line);
        Said::new(1, Words::new(holder, format!("traceback{place} in {}", self.frame_label(&frame))))
    }

    /// Says a step out of an exception.
    pub(super) fn exception(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        let label = format!("exception {}", self.label_of(holder));
        let (steps, text) = match (edge, way.edge(at + 1)) {
            (Edge::Field("arguments"), Some(Edge::Item(index))) => (2, format!("argument {index} of {label}")),
            (Edge::Field("exceptions"), Some(Edge::Item(index))) => (2, format!("exception {index} of {label}")),
            (Edge::Field("traceback"), _) => (1, label),
            (Edge::Field("dict"), _) => return None,
            (Edge::Field(field), _) => (1, format!("{field} of {label}")),
            _ => return None,
        };
        Said::new(steps, Words::new(holder, text))
    }

    /// Says the steps through the mapping of a context, which is a tree.
    pub(super) fn context(&self, way: &Way<'_>, at: usize) -> Option<Said> {
        let Step { holder, edge } = way.step(at)?;
        if edge != Edge::Field("variables") {
            return None;
        }
        let known = self.heap.known();
        let is_part = |object: Address| {
            let class = self.heap.type_of(object).ok();
            class.is_some() && [known.hamt, known.hamt_bitmap, known.hamt_array, known.hamt_collision].contains(&class)
        };
        let mut steps = 1;
        let mut last = None;
        while let Some(step) = way.step(at + steps).filter(|step| is_part(step.holder)) {
            last = Some(step);
            steps += 1;
        }
        let name = last.and_then(|step| self.context_variable(step));
        let text = name.map_or_else(|| "context variable".to_owned(), |name| format!("context variable '{name}'"));
        Said::new(steps, Words::new(holder, text))
    }

    /// The name of the variable whose value a node of a context's mapping holds: each stands behind its variable.
    fn context_variable(&self, step: Step) -> Option<String> {
        let layout = self.heap.layout();
        let Edge::Item(index) = step.edge else { return None };
        let is_collision = Some(self.heap.type_of(step.holder).ok()?) == self.heap.known().hamt_collision;
        let pairs = if is_collision { layout.hamt_collision.c_array } else { layout.hamt_bitmap.b_array };
        let variable = self.heap.memory().pointer(pairs.at(step.holder).ok()?.offset((index & !1) * 8)).ok()?;
        self.heap.context_variable_name(variable).ok()
    }
}

/// The name with this number.
fn named(names: crate::heap::Result<Vec<String>>, number: u64) -> String {
    let name = usize::try_from(number).ok().and_then(|number| names.ok()?.into_iter().nth(number));
    name.unwrap_or_else(|| format!("#{number}"))
}
