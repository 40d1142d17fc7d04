//! Who holds an object: paths from a root of the heap to it, and the words for them.

mod reached;
mod roots;

pub(super) use reached::Reached;
pub(super) use roots::{Limits, reach};
