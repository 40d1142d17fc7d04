//! `coroscope man`: the manual pages.

use clap::Args;
use clap_mangen::Man;

use super::output::Sink;
use super::{Ending, TEMPLATE};
use crate::error::{Error, ErrorKind, Result};

/// The words of this verb.
#[derive(Debug, Clone, Args)]
#[command(
    about = "Print a manual page",
    long_about = None,
    before_help = "\
Examples:
  coroscope man | man -l -
  coroscope man dump > coroscope-dump.1",
    after_help = "Next: `man -l coroscope-dump.1`.",
    help_template = TEMPLATE
)]
pub(super) struct Words {
    /// The verb whose page to print; without one, the page of the program
    verb: Option<String>,
}

/// Runs it, for this command.
pub(super) fn run(words: &Words, mut command: clap::Command) -> Result<Ending> {
    command.build();
    let page = match &words.verb {
        None => command,
        Some(verb) => {
            let Some(page) = command.find_subcommand(verb) else {
                return Err(Error::new(ErrorKind::Usage, format!("there is no verb `{verb}`"))
                    .hint("`coroscope --help` lists them"));
            };
            page.clone()
        }
    };
    let examples = page.get_before_help().map(ToString::to_string).unwrap_or_default();
    let mut bytes = Vec::new();
    (Man::new(page).render(&mut bytes))
        .map_err(|error| Error::new(ErrorKind::Internal, "cannot write the page down").caused_by(error))?;
    bytes.extend_from_slice(section("EXAMPLES", &examples).as_bytes());
    Sink::stdout().write_all_of(&bytes)?;
    Ok(Ending::Done)
}

/// A section whose lines stand as they are. The generator of the page leaves out what stands before the options.
fn section(title: &str, text: &str) -> String {
    let mut section = format!(".SH {title}\n.nf\n");
    for line in text.lines().skip_while(|line| line.ends_with(':')) {
        section.push_str(&line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq"));
        section.push('\n');
    }
    section + ".fi\n"
}
