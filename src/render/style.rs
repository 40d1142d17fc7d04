//! What the place that text is written to can show.

/// What the place that text is written to can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether it understands colours.
    pub color: bool,
    /// Whether it shows Unicode. If not, marks are ASCII and foreign names are escaped.
    pub unicode: bool,
    /// Its width in columns; `None` off a terminal, where nothing is wrapped or shortened.
    pub width: Option<usize>,
}

impl Style {
    /// Plain text for a file or a pipe.
    pub const PLAIN: Self = Self { color: false, unicode: true, width: None };

    /// The mark of this meaning. Each differs from the others without colour too.
    pub(super) fn mark(&self, mark: Mark) -> &'static str {
        let (unicode, ascii) = match mark {
            Mark::Good => ("✓", "ok"),
            Mark::Leaked => ("✗", "x"),
            Mark::Suspect => ("?", "?"),
            Mark::Pending => ("…", "."),
            Mark::Incomplete => ("!", "!"),
            Mark::Times => ("×", "x"),
            Mark::Arrow => ("→", "->"),
            Mark::And => (" · ", ", "),
            Mark::Gap => ("…", "..."),
            Mark::Branch => ("├─ ", "|- "),
            Mark::LastBranch => ("└─ ", "`- "),
            Mark::Trunk => ("│  ", "|  "),
            Mark::NoTrunk => ("   ", "   "),
            Mark::Back => ("←", "<-"),
        };
        if self.unicode { unicode } else { ascii }
    }
}

/// Marks with a plain form for terminals that have no Unicode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Good,
    Leaked,
    Suspect,
    Pending,
    Incomplete,
    Times,
    Arrow,
    And,
    Gap,
    Branch,
    LastBranch,
    Trunk,
    NoTrunk,
    Back,
}
