//! What the `warnings` module remembers: which coroutines died without ever having been awaited.
//!
//! A created coroutine that dies makes `warnings.warn(…, RuntimeWarning)`. With the usual filters, the globals of the Python frame that is executing at that
//! moment get `__warningregistry__`: a dict of `'version'` → int and of (text, category, line) → true. The same text at the same line is one key, however
//! often it happened. A registry whose version is not the interpreter's `filters_version` is emptied by the next warning of that module. The
//! text begins with ``coroutine 'QUALNAME' was never awaited``; where origins are tracked, the stack of the creation follows in it.

use super::generators::OriginFrame;
use super::{Heap, Result, TypeFlags};
use crate::memory::Address;
use crate::runtime::Interpreter;
use rustc_hash::FxHashSet;

/// Modules beyond this are not looked at.
const MOST_MODULES: usize = 100_000;
/// Keys of one registry beyond this are not looked at.
const MOST_KEYS: usize = 10_000;
/// A text with a creation stack is long; beyond this it is not read.
const LONGEST_TEXT: usize = 64 << 10;

/// A warning about a coroutine that died.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardedCoroutine {
    /// The coroutine's qualified name.
    pub qualname: String,
    /// The first line of the warning.
    pub text: String,
    /// The module whose code was executing.
    pub module: String,
    /// Its file, where the module has one.
    pub file: Option<String>,
    /// Its globals.
    pub globals: Address,
    /// The line that was executing.
    pub line: i64,
    /// Where it was created, innermost first; empty where nobody wrote it down.
    pub origin: Vec<OriginFrame>,
    /// The filters have changed since: the next warning of this module wipes it away.
    pub stale: bool,
}

/// A warning about a coroutine that died, which the interpreter remembers for the whole process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiscardedOnce {
    /// The coroutine's qualified name.
    pub qualname: String,
    /// The first line of the warning.
    pub text: String,
    /// Where it was created, innermost first; empty where nobody wrote it down.
    pub origin: Vec<OriginFrame>,
}

impl Heap<'_> {
    /// The warnings about coroutines in `warnings.onceregistry`, a dict of (text, category) → true. The interpreter's own warnings do not
    /// get there: with the action `once` they are kept by the module that was executing. Those that a program gives by itself
    /// (`warnings.warn_explicit()` without a registry) do.
    #[must_use]
    pub fn discarded_once(&self, interpreter: &Interpreter) -> Vec<DiscardedOnce> {
        let registry = self
            .imported_globals(interpreter.modules, "warnings")
            .and_then(|globals| self.dict_value(globals, "onceregistry").ok()?)
            .filter(|registry| self.is_a(*registry, TypeFlags::DICT));
        let entries = registry.and_then(|registry| self.dict_entries(registry).ok()).unwrap_or_default();
        entries.into_iter().take(MOST_KEYS).filter_map(|(key, _)| self.warning_once(key).ok()?).collect()
    }

    fn warning_once(&self, key: Address) -> Result<Option<DiscardedOnce>> {
        if Some(self.type_of(key)?) != self.known.tuple {
            return Ok(None);
        }
        let [text, _category] = self.tuple_start(key, 3)?[..] else { return Ok(None) };
        let text = self.text(text, LONGEST_TEXT)?;
        Ok(qualname(&text).map(|qualname| DiscardedOnce {
            qualname: qualname.to_owned(),
            text: text.lines().next().unwrap_or_default().to_owned(),
            origin: origin(&text),
        }))
    }

    /// The warnings about coroutines in the registries of all modules of an interpreter.
    #[must_use]
    pub fn discarded_coroutines(&self, interpreter: &Interpreter) -> Vec<DiscardedCoroutine> {
        let version = self.signed(interpreter.address, self.layout.interpreter.warnings_filters_version).ok();
        let (mut found, mut seen) = (Vec::new(), FxHashSet::default());
        for (_, module) in self.dict_entries(interpreter.modules).unwrap_or_default().into_iter().take(MOST_MODULES) {
            let Some(globals) = self.module_globals(module) else { continue };
            // A module can be imported under several names.
            if !seen.insert(globals) {
                continue;
            }
            let Ok(entries) = self.dict_entries(globals) else { continue };
            if let Some(registry) = self.find_named(&entries, "__warningregistry__") {
                let label = |name: &str| self.label(self.find_named(&entries, name)?).ok();
                let place = Place { module: label("__name__").unwrap_or_default(), file: label("__file__"), globals };
                found.extend(self.registry(registry, &place, version).unwrap_or_default());
            }
        }
        found
    }

    fn registry(&self, registry: Address, place: &Place, version: Option<i64>) -> Result<Vec<DiscardedCoroutine>> {
        let entries = self.dict_entries(registry)?;
        let of_registry = self.find_named(&entries, "version").and_then(|number| self.integer(number).ok().flatten());
        let stale = matches!((of_registry, version), (Some(one), Some(other)) if one != other);
        let warnings =
            entries.into_iter().take(MOST_KEYS).filter_map(|(key, _)| self.warning(key, place, stale).ok()?);
        Ok(warnings.collect())
    }

    fn warning(&self, key: Address, place: &Place, stale: bool) -> Result<Option<DiscardedCoroutine>> {
        if Some(self.type_of(key)?) != self.known.tuple {
            return Ok(None);
        }
        let [text, _category, line] = self.tuple_start(key, 4)?[..] else { return Ok(None) };
        let text = self.text(text, LONGEST_TEXT)?;
        let Some(qualname) = qualname(&text) else { return Ok(None) };
        Ok(Some(DiscardedCoroutine {
            qualname: qualname.to_owned(),
            text: text.lines().next().unwrap_or_default().to_owned(),
            module: place.module.clone(),
            file: place.file.clone(),
            globals: place.globals,
            line: self.integer(line)?.unwrap_or(0),
            origin: origin(&text),
            stale,
        }))
    }

    /// The code of a function that a namespace has under this name.
    #[must_use]
    pub fn function_code_named(&self, namespace: Address, name: &str) -> Option<Address> {
        let function = self.dict_value(namespace, name).ok()??;
        if self.type_of(function).ok()? != self.known.function? {
            return None;
        }
        self.pointer(function, self.layout.function.func_code).ok()?.non_null()
    }
}

/// A module's registry, and how the module is called.
struct Place {
    module: String,
    file: Option<String>,
    globals: Address,
}

fn qualname(text: &str) -> Option<&str> {
    text.lines().next()?.strip_prefix("coroutine '")?.strip_suffix("' was never awaited")
}

/// The stack in the text of a warning, as `traceback.format_list` writes it: the most recent call last.
fn origin(text: &str) -> Vec<OriginFrame> {
    let frame = |line: &str| {
        let (file, rest) = line.strip_prefix("  File \"")?.rsplit_once("\", line ")?;
        let (line, function) = rest.split_once(", in ")?;
        Some(OriginFrame { file: file.to_owned(), line: line.parse().ok()?, function: function.to_owned() })
    };
    text.lines().skip(1).filter_map(frame).collect::<Vec<_>>().into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_warnings() {
        assert_eq!(qualname("coroutine 'App.send' was never awaited"), Some("App.send"));
        assert_eq!(qualname("coroutine 'it's' was never awaited\nCoroutine created at"), Some("it's"));
        for other in ["", "coroutine method 'asend' of 'f' was never awaited", "coroutine 'f' was awaited"] {
            assert_eq!(qualname(other), None, "{other}");
        }
    }

    #[test]
    fn stacks_in_texts() {
        let text = "coroutine 'f' was never awaited\nCoroutine created at (most recent call last)\n  File \"/a \"b\".py\", line 3, in <module>\n    \
                    main()\n  File \"/c.py\", line 41, in main\n    f()\n  File \"broken\n  File \"/x\", line y, in z";
        let frame =
            |file: &str, line, function: &str| OriginFrame { file: file.into(), line, function: function.into() };
        assert_eq!(origin(text), [frame("/c.py", 41, "main"), frame("/a \"b\".py", 3, "<module>")]);
        assert_eq!(origin("coroutine 'f' was never awaited"), []);
    }
}
