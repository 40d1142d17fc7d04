//! Short words for the lines of the tables.

use super::{Direction, Flow, Locals, Step};

pub(super) const NOTHING: Locals = Locals::Untouched;
pub(super) const READS: Locals = Locals::Reads;
pub(super) const REPLACES: Locals = Locals::Replaces;
pub(super) const READS_TWO: Locals = Locals::ReadsTwo;
pub(super) const REPLACES_TWO: Locals = Locals::ReplacesTwo;
pub(super) const REPLACES_THEN_READS: Locals = Locals::ReplacesThenReads;

pub(super) const NEXT: Flow = Flow::Next;
pub(super) const STOP: Flow = Flow::Stop;
pub(super) const JUMP_ABSOLUTE: Flow = Flow::Jump(Direction::Absolute);
pub(super) const JUMP_FORWARD: Flow = Flow::Jump(Direction::Forward);
pub(super) const JUMP_BACKWARD: Flow = Flow::Jump(Direction::Backward);
pub(super) const BRANCH_ABSOLUTE: Flow = Flow::Branch(Direction::Absolute);
pub(super) const BRANCH_FORWARD: Flow = Flow::Branch(Direction::Forward);
pub(super) const BRANCH_BACKWARD: Flow = Flow::Branch(Direction::Backward);
pub(super) const GUARD: Flow = Flow::Guard;
pub(super) const CALL_FINALLY: Flow = Flow::CallFinally;
pub(super) const END_FINALLY: Flow = Flow::EndFinally;
pub(super) const PREFIX: Flow = Flow::Prefix;

pub(super) const fn take(pops: u8, pushes: u8) -> Step {
    Step::Take { pops, pushes }
}
pub(super) const fn counted(more: u8, pushes: u8) -> Step {
    Step::TakeCounted { more, pushes }
}
pub(super) const fn drop_below(count: u8) -> Step {
    Step::DropBelow(count)
}
pub(super) const fn duplicate(count: u8) -> Step {
    Step::Duplicate(count)
}
pub(super) const fn rotate(count: u8) -> Step {
    Step::Rotate(count)
}
pub(super) const fn import(flags: u8) -> Step {
    Step::Import { flags }
}
pub(super) const fn make_function(names: u8) -> Step {
    Step::MakeFunction { names }
}
pub(super) const fn collect(more: u8) -> Step {
    Step::Collect { more }
}
pub(super) const fn append(count: u8) -> Step {
    Step::Append(count)
}
pub(super) const fn call(words: u8, names: bool) -> Step {
    Step::Call { words, names }
}
pub(super) const fn spread(words: u8) -> Step {
    Step::Spread { words }
}
pub(super) const fn loop_over(after_jump: i8) -> Step {
    Step::Loop { after_jump }
}
pub(super) const fn send(after_jump: i8) -> Step {
    Step::Send { after_jump }
}
