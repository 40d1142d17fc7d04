//! A failure, for a person: what failed, why, what to do.

use std::io;

use super::{Line, Page, Role, Style};
use crate::error::Error;

/// Writes `error: …`, `  caused by: …` and one `hint: …` per way out.
///
/// # Errors
/// Those of `out`.
pub fn write_failure(error: &Error, out: &mut dyn io::Write, style: &Style) -> io::Result<()> {
    let mut page = Page::new(out, style);
    page.hang(&Line::new().with(Role::Leaked, "error:").plain(" "), &Line::new().plain(error.message()), 7)?;
    if let Some(cause) = error.cause() {
        page.row(2, "caused by:", 13, &Line::new().plain(cause))?;
    }
    for hint in error.hints() {
        page.hang(&Line::new().with(Role::Good, "hint:").plain(" "), &Line::new().with_commands(hint), 6)?;
    }
    Ok(())
}
