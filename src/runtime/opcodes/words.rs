//! Short words for the lines of the tables.

use super::{Direction, Flow, Locals};

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
