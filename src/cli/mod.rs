//! One file per verb: words, then settings, then calls into the library.

pub mod doctor;
