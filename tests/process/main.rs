//! The process stage on real processes: children of ours that sleep, churn threads, die, or are held by others.

mod pause;
mod permission;
mod roles;
mod support;
mod target;
