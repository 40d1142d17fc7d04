//! Whether a regular expression of Python matches a text of which a part is not known.
//!
//! `re` has no counterpart in Rust that takes the same expressions, and a part of the text is open: the name of a coroutine. So the expression is
//! followed here, twice. Once so that what is in doubt does not match: then it matches whatever the open part is. Once so that what is in
//! doubt matches: if it does not even then, it never does. Matching is `re.match()`: from the beginning of the text, to anywhere.
//! The open part is a qualified name: letters, digits, `_`, `.`, and the `<>` of `<locals>`.

/// Expressions nested deeper than this are not understood.
const DEEPEST: usize = 50;
/// Steps of one match beyond this are given up: the answer is then the doubtful one.
const MOST_STEPS: usize = 200_000;
/// Characters between the braces of `{3,5}`.
const LONGEST_COUNT: usize = 16;
/// Symbols of a text: one position each, and one behind the last, in 128 bits.
const LONGEST_TEXT: usize = 127;

/// `re.IGNORECASE`
const IGNORE_CASE: u32 = 2;
/// `re.MULTILINE`, `re.DOTALL` and `re.UNICODE` make no difference to a text of one line; `re.DEBUG` makes none at all. Others may.
const HARMLESS: u32 = IGNORE_CASE | 8 | 16 | 32 | 128;

/// What qualified names are made of; one letter stands for those beyond ASCII.
const IN_NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.<>\u{e9}";

/// Whether an expression matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matches {
    /// Whatever the open part is.
    Always,
    /// It depends on the open part.
    Depends,
    /// It may. The expression uses what is not followed here.
    Undecided,
    /// Whatever the open part is, it does not.
    Never,
}

/// A text on one line, whose open part, if there is one, is a qualified name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Symbol>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Symbol {
    Known(char),
    Open,
}

impl Template {
    /// A text that is known. `None` if it is too long.
    #[must_use]
    pub fn known(text: &str) -> Option<Self> {
        Self::new(text.chars().map(Symbol::Known).collect())
    }

    /// A text with an open part between two that are known. `None` if it is too long.
    #[must_use]
    pub fn open(before: &str, behind: &str) -> Option<Self> {
        let (before, behind) = (before.chars().map(Symbol::Known), behind.chars().map(Symbol::Known));
        Self::new(before.chain([Symbol::Open]).chain(behind).collect())
    }

    fn new(symbols: Vec<Symbol>) -> Option<Self> {
        (symbols.len() <= LONGEST_TEXT).then_some(Self(symbols))
    }
}

/// A regular expression, as far as it is understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// `None` if it is not.
    root: Option<Vec<Vec<Node>>>,
    /// Whether there are parts that may match or not.
    has_unknown: bool,
    ignore_case: bool,
}

impl Pattern {
    /// The expression of `re.compile(text, flags)`.
    #[must_use]
    pub fn new(text: &str, flags: u32) -> Self {
        let (text, flags) = leading_flags(text).map_or((text, flags), |(more, rest)| (rest, flags | more));
        let mut parser = Parser { rest: text.chars().peekable(), has_unknown: false };
        let root = if flags & !HARMLESS == 0 { parser.whole() } else { None };
        Self { root, has_unknown: parser.has_unknown, ignore_case: flags & IGNORE_CASE != 0 }
    }

    /// Whether `match()` finds something in such a text. That takes some of `steps`; without them it is undecided.
    pub fn matches(&self, template: &Template, steps: &mut usize) -> Matches {
        let Some(root) = &self.root else { return Matches::Undecided };
        let mut run = |doubtful| {
            let given = MOST_STEPS.min(*steps);
            let mut run = Run { template, ignore_case: self.ignore_case, doubtful, steps_left: given };
            let reached = run.alternatives(root, run.closed(1));
            *steps -= given - run.steps_left;
            (reached != 0, run.steps_left > 0)
        };
        match (run(false), run(true)) {
            ((true, _), _) => Matches::Always,
            (_, (false, true)) => Matches::Never,
            ((_, true), (_, true)) if !self.has_unknown => Matches::Depends,
            _ => Matches::Undecided,
        }
    }
}

/// The flags that an expression begins with, such as `(?i)`, and what is behind them.
fn leading_flags(pattern: &str) -> Option<(u32, &str)> {
    let (letters, rest) = pattern.strip_prefix("(?")?.split_once(')')?;
    let flags = letters.chars().map(|letter| match letter {
        'i' => Some(IGNORE_CASE),
        'm' | 's' | 'u' => Some(0),
        _ => None,
    });
    Some((flags.sum::<Option<u32>>().filter(|_| !letters.is_empty())?, rest))
}

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    Character(char),
    /// `.`
    Any,
    Class {
        negated: bool,
        items: Vec<Item>,
    },
    Start,
    End,
    Group(Vec<Vec<Node>>),
    Repeat {
        node: Box<Node>,
        least: u32,
        /// `None`: without end.
        most: Option<u32>,
    },
    /// Takes nothing, and may hold or not: looking ahead and behind, edges of words.
    Condition,
    /// May take anything: what an earlier group matched.
    Anything,
}

/// A part of `[…]`, or a class with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Range(char, char),
    Word,
    NoWord,
    Digit,
    NoDigit,
    Space,
    NoSpace,
}

impl Item {
    /// What a backslash and this letter stand for.
    fn named(letter: char) -> Option<Self> {
        Some(match letter {
            'w' => Self::Word,
            'W' => Self::NoWord,
            'd' => Self::Digit,
            'D' => Self::NoDigit,
            's' => Self::Space,
            'S' => Self::NoSpace,
            _ => return None,
        })
    }

    fn has(self, character: char) -> bool {
        let is_word = character.is_alphanumeric() || character == '_';
        match self {
            Self::Range(first, last) => (first..=last).contains(&character),
            Self::Word => is_word,
            Self::NoWord => !is_word,
            Self::Digit => character.is_numeric(),
            Self::NoDigit => !character.is_numeric(),
            Self::Space => character.is_whitespace(),
            Self::NoSpace => !character.is_whitespace(),
        }
    }
}

struct Parser<'p> {
    rest: std::iter::Peekable<std::str::Chars<'p>>,
    has_unknown: bool,
}

impl Parser<'_> {
    /// The whole expression; `None` for what this is too small for.
    fn whole(&mut self) -> Option<Vec<Vec<Node>>> {
        let root = self.alternatives(0)?;
        self.rest.next().is_none().then_some(root)
    }

    /// Up to the end, or to the parenthesis that closes.
    fn alternatives(&mut self, depth: usize) -> Option<Vec<Vec<Node>>> {
        let mut found = vec![Vec::new()];
        while let Some(next) = self.rest.peek().copied().filter(|next| *next != ')') {
            self.rest.next();
            if next == '|' {
                found.push(Vec::new());
                continue;
            }
            let node = self.atom(next, depth)?;
            let node = self.repeated(node)?;
            found.last_mut()?.push(node);
        }
        Some(found)
    }

    fn atom(&mut self, first: char, depth: usize) -> Option<Node> {
        Some(match first {
            '.' => Node::Any,
            '^' => Node::Start,
            '$' => Node::End,
            '[' => self.class()?,
            '(' if depth >= DEEPEST => return None,
            '(' => {
                let node = self.group(depth + 1)?;
                if self.rest.next()? != ')' {
                    return None;
                }
                node
            }
            '\\' => self.escaped()?,
            '*' | '+' | '?' | ')' => return None,
            other => Node::Character(other),
        })
    }

    fn group(&mut self, depth: usize) -> Option<Node> {
        if self.rest.next_if_eq(&'?').is_none() {
            return Some(Node::Group(self.alternatives(depth)?));
        }
        match self.rest.next()? {
            ':' => {}
            'P' if self.rest.next()? == '<' => while self.rest.next()? != '>' {},
            '=' | '!' => return self.condition(depth),
            '<' if matches!(self.rest.next()?, '=' | '!') => return self.condition(depth),
            // Flags, comments, references to groups.
            _ => return None,
        }
        Some(Node::Group(self.alternatives(depth)?))
    }

    fn condition(&mut self, depth: usize) -> Option<Node> {
        self.alternatives(depth)?;
        Some(self.unknown(Node::Condition))
    }

    fn unknown(&mut self, node: Node) -> Node {
        self.has_unknown = true;
        node
    }

    fn escaped(&mut self) -> Option<Node> {
        let letter = self.rest.next()?;
        if let Some(item) = Item::named(letter) {
            return Some(Node::Class { negated: false, items: vec![item] });
        }
        Some(match letter {
            'A' => Node::Start,
            'Z' | 'z' => Node::End,
            'b' | 'B' => self.unknown(Node::Condition),
            '1'..='9' => {
                while self.rest.next_if(char::is_ascii_digit).is_some() {}
                self.unknown(Node::Anything)
            }
            other => Node::Character(literal(other)?),
        })
    }

    fn class(&mut self) -> Option<Node> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut items = Vec::new();
        loop {
            let first = match self.rest.next()? {
                // The first one stands for itself.
                ']' if !items.is_empty() => return Some(Node::Class { negated, items }),
                '\\' => {
                    let letter = self.rest.next()?;
                    if let Some(item) = Item::named(letter) {
                        items.push(item);
                        continue;
                    }
                    literal(letter)?
                }
                other => other,
            };
            let mut ahead = self.rest.clone();
            let last = match (ahead.next(), ahead.next()) {
                (Some('-'), Some(last)) if last != ']' => {
                    self.rest.nth(1);
                    if last == '\\' { literal(self.rest.next()?)? } else { last }
                }
                _ => first,
            };
            items.push(Item::Range(first, last));
        }
    }

    fn repeated(&mut self, mut node: Node) -> Option<Node> {
        loop {
            let (least, most) = match self.rest.peek() {
                Some('*') => (0, None),
                Some('+') => (1, None),
                Some('?') => (0, Some(1)),
                Some('{') => {
                    let ahead: String = self.rest.clone().skip(1).take(LONGEST_COUNT).collect();
                    // Without a number it stands for itself.
                    let Some((inside, _)) = ahead.split_once('}') else { return Some(node) };
                    let Some((least, most)) = counts(inside) else { return Some(node) };
                    self.rest.nth(inside.chars().count());
                    (least, most)
                }
                _ => return Some(node),
            };
            self.rest.next();
            // `*?` takes as little as it can and matches the same texts; `*+` gives nothing back, and may match fewer.
            if self.rest.next_if_eq(&'?').is_none() && self.rest.next_if_eq(&'+').is_some() {
                return None;
            }
            if matches!(node, Node::Repeat { .. }) {
                return None;
            }
            node = Node::Repeat { node: Box::new(node), least, most };
        }
    }
}

/// `3`, `3,`, `,5`, `3,5`
fn counts(inside: &str) -> Option<(u32, Option<u32>)> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    match inside.split_once(',') {
        None => number(inside).map(|count| (count, Some(count))),
        Some(("", "")) => None,
        Some((least, most)) => {
            let least = if least.is_empty() { 0 } else { number(least)? };
            Some((least, if most.is_empty() { None } else { Some(number(most)?) }))
        }
    }
}

/// What a backslash makes of a character. Letters and digits that are not known here have, or may get, a meaning.
fn literal(escaped: char) -> Option<char> {
    Some(match escaped {
        't' => '\t',
        'n' => '\n',
        'r' => '\r',
        other if other.is_ascii_alphanumeric() => return None,
        other => other,
    })
}

/// One way through an expression. Positions are bits: where in the text the match may have come to.
struct Run<'t> {
    template: &'t Template,
    ignore_case: bool,
    /// Whether what is in doubt matches.
    doubtful: bool,
    steps_left: usize,
}

impl Run<'_> {
    /// The open part may have come to its end at any time, if that is in doubt's favour.
    fn closed(&self, positions: u128) -> u128 {
        let at_open = self.open_positions() & positions;
        if self.doubtful { positions | at_open << 1 } else { positions }
    }

    fn open_positions(&self) -> u128 {
        let open = self.template.0.iter().enumerate().filter(|(_, symbol)| **symbol == Symbol::Open);
        open.fold(0, |positions, (at, _)| positions | 1 << at)
    }

    fn alternatives(&mut self, alternatives: &[Vec<Node>], from: u128) -> u128 {
        alternatives.iter().fold(0, |reached, nodes| reached | self.sequence(nodes, from))
    }

    fn sequence(&mut self, nodes: &[Node], from: u128) -> u128 {
        nodes.iter().fold(from, |positions, node| if positions == 0 { 0 } else { self.node(node, positions) })
    }

    fn node(&mut self, node: &Node, from: u128) -> u128 {
        if from == 0 {
            return 0;
        }
        let Some(left) = self.steps_left.checked_sub(1) else { return if self.doubtful { !0 } else { 0 } };
        self.steps_left = left;
        match node {
            Node::Start => from & 1,
            // Behind the last symbol. The text has one line.
            Node::End => from & 1 << self.template.0.len(),
            Node::Condition => {
                if self.doubtful {
                    from
                } else {
                    0
                }
            }
            Node::Anything => {
                if self.doubtful {
                    !0 << from.trailing_zeros()
                } else {
                    0
                }
            }
            Node::Group(alternatives) => self.alternatives(alternatives, from),
            Node::Repeat { node, least, most } => self.repeat(node, *least, *most, from),
            Node::Character(_) | Node::Any | Node::Class { .. } => self.take(node, from, false),
        }
    }

    /// Takes one character at each position; with `whole` also the open part as a whole, if it can only be of characters that fit.
    fn take(&self, node: &Node, from: u128, whole: bool) -> u128 {
        let mut reached = 0;
        for (at, symbol) in self.template.0.iter().enumerate().filter(|(at, _)| from >> at & 1 == 1) {
            match symbol {
                Symbol::Known(found) if self.fits(node, *found) => reached |= 1 << (at + 1),
                Symbol::Open if whole && IN_NAMES.chars().all(|one| self.fits(node, one)) => reached |= 1 << (at + 1),
                // Some character of it, and there may be more.
                Symbol::Open if self.doubtful && self.may_be_in_name(node) => reached |= 1 << at,
                _ => {}
            }
        }
        self.closed(reached)
    }

    fn fits(&self, node: &Node, found: char) -> bool {
        match node {
            Node::Character(wanted) => {
                *wanted == found || (self.ignore_case && wanted.to_lowercase().eq(found.to_lowercase()))
            }
            Node::Any => found != '\n',
            Node::Class { negated, items } => {
                let has = |one: char| items.iter().any(|item| item.has(one));
                let in_cases = || has(found.to_ascii_lowercase()) || has(found.to_ascii_uppercase());
                (has(found) || (self.ignore_case && in_cases())) != *negated
            }
            _ => false,
        }
    }

    fn may_be_in_name(&self, node: &Node) -> bool {
        let is_letter = matches!(node, Node::Character(wanted) if wanted.is_alphanumeric());
        is_letter || IN_NAMES.chars().any(|one| self.fits(node, one))
    }

    fn repeat(&mut self, node: &Node, least: u32, most: Option<u32>, from: u128) -> u128 {
        // `.*` and `.+` take a name of any length.
        let is_single = matches!(node, Node::Character(_) | Node::Any | Node::Class { .. });
        let whole = is_single && most.is_none() && least <= 1;
        let mut once =
            |positions: u128| if whole { self.take(node, positions, true) } else { self.node(node, positions) };
        let mut positions = from;
        for _ in 0..least.min(u32::from(u8::MAX)) {
            positions = once(positions);
        }
        let mut reached = positions;
        // Each round reaches a new position, or it was the last one.
        for _ in 0..most.map_or(LONGEST_TEXT as u32 + 1, |most| most.saturating_sub(least)) {
            positions = once(positions);
            if positions & !reached == 0 {
                break;
            }
            reached |= positions;
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_warning(pattern: &str) -> Matches {
        let text = Template::open("coroutine '", "' was never awaited").unwrap();
        Pattern::new(pattern, IGNORE_CASE | 32).matches(&text, &mut 1_000_000)
    }

    #[test]
    fn what_matches_whatever_the_name_is() {
        for pattern in [
            "",
            "coroutine",
            "Coroutine '",
            r"coroutine\ ",
            ".*never awaited",
            ".*never awaited.*",
            "^.* was never awaited$",
            r"\A.+\Z",
            "coroutine '.+' was never awaited",
            "coroutine '(.*)' was (never|not) awaited",
            "(?:xyz|coroutine)",
            "(?P<what>coroutine|task) ",
            "xyz|coro",
            "[a-z]+ '",
            r"\w{9}\s",
            "(overflow|.*awaited)",
            ".{0,}awaited",
            "c?o?r?outine",
            ".*?never",
            "(?i)COROUTINE",
            "coroutine '[^']*' was never awaited",
        ] {
            assert_eq!(of_warning(pattern), Matches::Always, "{pattern}");
        }
    }

    #[test]
    fn what_never_matches() {
        for pattern in [
            "overflow",
            "never awaited",
            "coroutines",
            "(overflow|invalid value|divide by zero) encountered",
            "numpy.ufunc size changed",
            ".*size changed",
            r"\d",
            "[^c]",
            "Task was destroyed",
            "coroutine 'f' was awaited",
            ".*never awaited.",
            "coroutine.{3}$",
            "(?=overflow)x",
            "coroutine '.*' is",
            r"(o)\1",
            "x{",
        ] {
            assert_eq!(of_warning(pattern), Matches::Never, "{pattern}");
        }
    }

    #[test]
    fn what_depends_on_the_name() {
        for pattern in [
            "coroutine 'fetch'",
            r"coroutine 'Client\.",
            ".*Client",
            r"coroutine '\w+' was",
            "coroutine '.' was",
            "coroutine '.{2,}' was",
            ".*x.*",
            ".{60}",
        ] {
            assert_eq!(of_warning(pattern), Matches::Depends, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_followed_is_not_decided() {
        for pattern in [
            "(?x)coroutine",
            "(?=coroutine)",
            r"\bcoroutine",
            "(?#text)coroutine",
            r"(.).*\1",
            "co++",
            "(",
            ")",
            "a**",
            "[",
            r"\q",
            &("(".repeat(60) + &")".repeat(60)),
        ] {
            assert_eq!(of_warning(pattern), Matches::Undecided, "{pattern}");
        }
        let template = Template::open("coroutine '", "'").unwrap();
        let with = |text: &str, flags, mut steps| Pattern::new(text, flags).matches(&template, &mut steps);
        // re.VERBOSE
        assert_eq!(with("coroutine", 64, 1000), Matches::Undecided);
        assert_eq!(with("Coroutine", 32, 1000), Matches::Never, "case counts without the flag");
        assert_eq!(with("coroutine", 32, 3), Matches::Undecided, "it is given up");
    }

    #[test]
    fn known_texts_are_decided() {
        let module = |pattern: &str, name: &str| {
            Pattern::new(pattern, 32).matches(&Template::known(name).unwrap(), &mut 1_000_000)
        };
        for (pattern, name, expected) in [
            (r"app\Z", "app", Matches::Always),
            (r"app\z", "app", Matches::Always),
            (r"app\Z", "app.jobs", Matches::Never),
            ("app", "app.jobs", Matches::Always),
            (r"(app|lib)\.[a-z_]+$", "lib.the_jobs", Matches::Always),
            (r"(app|lib)\.[a-z_]+$", "lib.Jobs", Matches::Never),
            (r"(?!app)", "app", Matches::Undecided),
        ] {
            assert_eq!(module(pattern, name), expected, "{pattern} {name}");
        }
        assert_eq!(Template::known(&"x".repeat(128)), None);
        assert!(Template::known(&"x".repeat(127)).is_some());
    }

    #[test]
    fn expressions_that_take_forever_elsewhere_come_to_an_end() {
        let slow = format!("{}{}", "(a*)*".repeat(20), "b");
        let nested = format!("{}a{}", "(".repeat(40), "*)".repeat(40));
        for pattern in [slow.as_str(), nested.as_str(), "(.*){200}{200}", "(((.{1,200}){1,200}){1,200}){1,200}x"] {
            let found = of_warning(pattern);
            assert!(found != Matches::Always || pattern == nested, "{pattern}: {found:?}");
        }
    }
}
