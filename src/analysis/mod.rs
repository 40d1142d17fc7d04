//! From facts to verdicts: pure functions, which read no memory by themselves.
//!
//! [`facts`] says what was seen. [`judge`](verdict::judge) decides about one coroutine, [`lost`] about what else may be lost, [`group`](group::group) folds equal ones
//! into findings, and a [`fingerprint`](fingerprint::fingerprint) names a finding across runs.

pub mod async_generators;
pub mod await_cycles;
pub mod calls;
pub mod facts;
pub mod fingerprint;
pub mod group;
pub mod holding;
pub mod island;
pub mod lost;
pub mod patterns;
pub mod retained;
pub mod retention;
pub mod suspect;
pub mod variables;
pub mod verdict;
pub mod warning_filters;
pub mod weak;
