//! The words that say whose code is asked for, shared by the verbs that list something of it.

use clap::Args;

use crate::render::Scope;

/// Whose code.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Whose code")]
pub(super) struct ScopeWords {
    /// Only what is of your own code, or may have been made by it
    ///
    /// Your own code lies outside of the folders that installers fill (site-packages, dist-packages), or was installed from a folder
    /// of sources (`pip install .`). What is known to be of others is left out, and counted. A coroutine of theirs stays if your code
    /// called it, or if it is not known who did.
    #[arg(long)]
    mine: bool,
    /// Only what belongs to this installed package (repeatable)
    ///
    /// Written as for `pip`: case does not matter, and `-`, `_` and `.` are the same.
    #[arg(long, value_name = "NAME")]
    distribution: Vec<String>,
}

impl ScopeWords {
    pub(super) fn scope(&self) -> Scope {
        Scope::new(self.mine, &self.distribution)
    }
}
