//! What exceptions of some types have behind the fields that all exceptions have (`Include/cpython/pyerrors.h`).
//!
//! Words are counted from the end of `PyBaseExceptionObject`.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row("BaseException", &[0], &[]),
    row("StopIteration", &[1], &[("value", 0)]),
    row("SystemExit", &[1], &[("code", 0)]),
    // Behind the names, a number.
    row("OSError", &[5], &[("errno", 0), ("message", 1), ("filename", 2), ("second filename", 3)]),
    row("ImportError", &[3], &[("message", 0), ("name", 1), ("path", 2)]),
    row("ImportError", &[4], &[("message", 0), ("name", 1), ("path", 2), ("name from", 3)]),
    row(
        "SyntaxError",
        &[6],
        &[("message", 0), ("filename", 1), ("line", 2), ("offset", 3), ("text", 4), ("print_file_and_line", 5)],
    ),
    row("SyntaxError", &[8], SYNTAX_ERROR),
    row("SyntaxError", &[9], SYNTAX_ERROR_314),
    // Between object and reason, two numbers.
    row("UnicodeDecodeError", &[5], &[("encoding", 0), ("object", 1), ("reason", 4)]),
    row("UnicodeEncodeError", &[5], &[("encoding", 0), ("object", 1), ("reason", 4)]),
    row("UnicodeTranslateError", &[5], &[("object", 1), ("reason", 4)]),
    row("NameError", &[1], &[("name", 0)]),
    row("AttributeError", &[2], &[("object", 0), ("name", 1)]),
    // Late patch releases keep the text of the exceptions behind them.
    row("BaseExceptionGroup", &[2, 3], &[("message", 0), ("exceptions", 1)]),
];

/// Without the metadata, which came last.
const SYNTAX_ERROR: &[(&str, u8)] = SYNTAX_ERROR_314.split_at(8).0;

const SYNTAX_ERROR_314: &[(&str, u8)] = &[
    ("message", 0),
    ("filename", 1),
    ("line", 2),
    ("offset", 3),
    ("end line", 4),
    ("end offset", 5),
    ("text", 6),
    ("print_file_and_line", 7),
    ("metadata", 8),
];
