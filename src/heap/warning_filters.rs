//! The filters that decide about warnings, and where they are from.
//!
//! `warnings.filters` is a list of tuples (action, message, category, module, line), the first that fits decides. C code keeps the list
//! (`interp->warnings.filters`), and so do we. Message and module are `None`, a `str` (which must be equal: only the interpreter's
//! own first filters have such) or a compiled pattern, which is matched from the beginning of the text. A pattern's text and flags are
//! members of its structure, found by the descriptors of its type.

use super::{Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::Interpreter;

/// Filters beyond this are not read. A program that keeps adding filters has other problems.
const MOST_FILTERS: usize = 1000;
/// A pattern longer than this is not read.
const LONGEST_PATTERN: usize = 4096;
/// Words of `-W` and `PYTHONWARNINGS` beyond this are not read.
const MOST_OPTIONS: usize = 100;

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningFilter {
    /// What to do: `ignore`, `default`, `error`…
    pub action: String,
    /// Which texts it is about.
    pub message: FilterPattern,
    /// The class of warnings it is about: with its module, if it is none of the interpreter's own.
    pub category: String,
    /// Which modules it is about.
    pub module: FilterPattern,
    /// The line it is about; 0 for all.
    pub line: i64,
}

/// What a filter compares a text with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterPattern {
    /// Every text fits.
    Any,
    /// Only this text fits.
    Exactly(String),
    /// What a regular expression matches, from the beginning of the text on.
    Matches {
        /// The expression.
        pattern: String,
        /// Its flags, as `re` counts them.
        flags: u32,
    },
    /// It could not be read.
    Unreadable,
}

impl WarningFilter {
    /// Whether it makes no difference between modules.
    #[must_use]
    pub fn is_about_all_modules(&self) -> bool {
        match &self.module {
            FilterPattern::Any => true,
            FilterPattern::Matches { pattern, .. } => matches!(pattern.as_str(), "" | ".*"),
            FilterPattern::Exactly(_) | FilterPattern::Unreadable => false,
        }
    }

    /// The filter as one would write it behind `-W`; of patterns their text, whether it is one or not.
    #[must_use]
    pub fn text(&self) -> String {
        let pattern = |pattern: &FilterPattern| match pattern {
            FilterPattern::Any => String::new(),
            FilterPattern::Exactly(text) | FilterPattern::Matches { pattern: text, .. } => text.clone(),
            FilterPattern::Unreadable => "<pattern>".to_owned(),
        };
        let line = if self.line == 0 { String::new() } else { self.line.to_string() };
        let parts = [self.action.clone(), pattern(&self.message), self.category.clone(), pattern(&self.module), line];
        parts.join(":").trim_end_matches(':').to_owned()
    }
}

/// What the interpreter was told about warnings when it was started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WarningOptions {
    /// `sys.warnoptions`: the words of `PYTHONWARNINGS`, then those of `-W`. Development mode puts `default` before them.
    pub options: Vec<String>,
    /// `sys.flags.dev_mode`; `None` if it could not be read.
    pub dev_mode: Option<bool>,
}

impl Heap<'_> {
    /// The filters, in the order in which they are asked. One that cannot be read is left out.
    #[must_use]
    pub fn warning_filters(&self, interpreter: &Interpreter) -> Vec<WarningFilter> {
        let Ok(filters) = self.pointer(interpreter.address, self.layout.interpreter.warnings_filters) else {
            return Vec::new();
        };
        if self.type_of(filters).ok() != self.known.list {
            return Vec::new();
        }
        let items = self.list_items(filters).unwrap_or_default();
        items.into_iter().take(MOST_FILTERS).filter_map(|filter| self.warning_filter(filter).ok()?).collect()
    }

    fn warning_filter(&self, filter: Address) -> Result<Option<WarningFilter>> {
        let [action, message, category, module, line] = self.tuple_start(filter, 6)?[..] else { return Ok(None) };
        Ok(Some(WarningFilter {
            action: self.label(action)?,
            message: self.filter_pattern(message),
            category: self.qualified_type_name(category)?,
            module: self.filter_pattern(module),
            line: self.integer(line)?.unwrap_or(0),
        }))
    }

    fn filter_pattern(&self, part: Address) -> FilterPattern {
        if self.is_none(part) {
            return FilterPattern::Any;
        }
        if self.is_a(part, TypeFlags::STR) {
            return self.text(part, LONGEST_PATTERN).map_or(FilterPattern::Unreadable, FilterPattern::Exactly);
        }
        self.compiled_pattern(part).ok().flatten().unwrap_or(FilterPattern::Unreadable)
    }

    fn compiled_pattern(&self, object: Address) -> Result<Option<FilterPattern>> {
        let class = self.type_of(object)?;
        let (Some(text), Some(flags)) = (self.member_offset(class, "pattern")?, self.member_offset(class, "flags")?)
        else {
            return Ok(None);
        };
        let text = self.memory.pointer(object.offset(text))?;
        if !self.is_a(text, TypeFlags::STR) {
            return Ok(None);
        }
        // A C `int`, which always has another field or padding behind it.
        let flags = self.memory.word(object.offset(flags))?;
        let flags = u32::try_from(flags & u64::from(u32::MAX)).unwrap_or(0);
        Ok(Some(FilterPattern::Matches { pattern: self.text(text, LONGEST_PATTERN)?, flags }))
    }

    /// Where the objects of a C type have the member that the type itself makes visible under this name.
    fn member_offset(&self, class: Address, name: &str) -> Result<Option<u64>> {
        let Some(descriptor) = self.dict_value(self.type_dict(class)?, name)? else { return Ok(None) };
        if Some(self.type_of(descriptor)?) != self.known.member_descriptor {
            return Ok(None);
        }
        let member = self.pointer(descriptor, self.layout.member_descriptor.d_member)?;
        Ok(Some(self.unsigned(member, self.layout.member_def.offset)?))
    }

    /// What the interpreter was told about warnings when it was started.
    #[must_use]
    pub fn warning_options(&self, interpreter: &Interpreter) -> WarningOptions {
        /// The place of `dev_mode` in `sys.flags` (3.7–3.15).
        const DEV_MODE: usize = 13;
        let Some(globals) = self.imported_globals(interpreter.modules, "sys") else { return WarningOptions::default() };
        let value = |name| self.dict_value(globals, name).ok().flatten();
        let options = value("warnoptions").filter(|options| self.is_a(*options, TypeFlags::LIST));
        let options = options.and_then(|options| self.list_items(options).ok()).unwrap_or_default();
        let flags = value("flags").filter(|flags| self.is_a(*flags, TypeFlags::TUPLE));
        let flags = flags.and_then(|flags| self.tuple_start(flags, DEV_MODE as u64 + 1).ok()).unwrap_or_default();
        WarningOptions {
            options: options.into_iter().take(MOST_OPTIONS).filter_map(|option| self.label(option).ok()).collect(),
            dev_mode: flags.get(DEV_MODE).and_then(|flag| self.boolean(*flag)),
        }
    }
}
