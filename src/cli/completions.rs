//! `coroscope completions`: words for the shell to complete.

use clap::Args;
use clap_complete::Shell;

use super::output::Sink;
use super::{Ending, TEMPLATE};
use crate::error::Result;

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Print completions for a shell",
    long_about = None,
    before_help = "\
Examples:
  coroscope completions bash > ~/.local/share/bash-completion/completions/coroscope
  coroscope completions fish > ~/.config/fish/completions/coroscope.fish",
    after_help = "Next: start a new shell, type `coroscope d` and press tab.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs it, for this command.
pub(super) fn run(words: &Words, mut command: clap::Command) -> Result<Ending> {
    let mut bytes = Vec::new();
    clap_complete::generate(words.shell, &mut command, "coroscope", &mut bytes);
    Sink::stdout().write_all_of(&bytes)?;
    Ok(Ending::Done)
}
