//! Foreign text made harmless for a terminal.
//!
//! A function may be named by whoever can write code or a file name in the target. Escape sequences in
//! it would move the cursor, change the title or hide lines; bidirectional controls would reorder them.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with everything that a terminal would obey written out as an escape (`\x1b`, `\u202e`); with
/// `unicode` false, everything beyond ASCII too.
pub(super) fn escape(text: &str, unicode: bool) -> Cow<'_, str> {
    if !text.chars().any(|c| must_escape(c, unicode)) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match (must_escape(c, unicode), c) {
            (false, c) => escaped.push(c),
            (true, '\n') => escaped.push_str("\\n"),
            (true, '\r') => escaped.push_str("\\r"),
            (true, '\t') => escaped.push_str("\\t"),
            (true, c) => {
                let number = u32::from(c);
                // Writing to a String cannot fail.
                let _ = match number {
                    0..=0xff => write!(escaped, "\\x{number:02x}"),
                    0x100..=0xffff => write!(escaped, "\\u{number:04x}"),
                    _ => write!(escaped, "\\U{number:08x}"),
                };
            }
        }
    }
    Cow::Owned(escaped)
}

fn must_escape(c: char, unicode: bool) -> bool {
    match c {
        ' '..='~' => false,
        _ if !unicode => true,
        // Zero-width and bidirectional controls, line and paragraph separators, byte order mark, tags.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn leaves_ordinary_names_alone() {
        for text in ["app.mail.notify", "Grüße_от_漢字", "C:\\temp"] {
            assert_eq!(escape(text, true), text);
        }
    }

    #[test]
    fn writes_out_what_a_terminal_would_obey() {
        assert_eq!(escape("a\x1b]0;owned\x07b", true), "a\\x1b]0;owned\\x07b");
        assert_eq!(escape("a\r\n\tb", true), "a\\r\\n\\tb");
        assert_eq!(escape("\u{9b}31m", true), "\\x9b31m");
        assert_eq!(escape("\u{202e}gpj.exe", true), "\\u202egpj.exe");
        assert_eq!(escape("\u{e0041}", true), "\\U000e0041");
        assert_eq!(escape("\x7f\0", true), "\\x7f\\x00");
    }

    #[test]
    fn writes_out_all_but_ascii_where_there_is_no_unicode() {
        assert_eq!(escape("Grüße 漢", false), "Gr\\xfc\\xdfe \\u6f22");
    }
}
