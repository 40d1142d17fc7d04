//! How a key of a dict is shown.
//!
//! What a program keeps in its dicts may be nobody's business. A key is shown if it is short and a name for something: text, a number, bytes, an
//! enumerated value, a tuple of those. Of anything else only the type is told.

use super::Speaker;
use super::names::text_of;
use super::roles::Role;
use crate::heap::TypeFlags;
use crate::memory::Address;

/// Longest text or bytes shown.
const LONGEST: usize = 40;
/// Items of a tuple that are shown.
const MOST_ITEMS: usize = 4;

impl Speaker<'_, '_> {
    /// A key as it is shown.
    pub(super) fn key(&self, key: Address) -> String {
        self.plain(key)
            .or_else(|| self.tuple_key(key))
            .or_else(|| self.enumerated(key))
            .unwrap_or_else(|| self.by_type(key))
    }

    /// Keys that hold no others.
    fn plain(&self, key: Address) -> Option<String> {
        let (heap, known) = (self.heap, self.heap.known());
        let class = Some(heap.type_of(key).ok()?);
        if class == known.none_type {
            return Some("None".to_owned());
        }
        if let Some(flag) = heap.boolean(key) {
            return Some(if flag { "True" } else { "False" }.to_owned());
        }
        if class == known.int {
            return heap
                .integer(key)
                .ok()
                .map(|value| value.map_or_else(|| "<int>".to_owned(), |value| value.to_string()));
        }
        if class == known.str_type {
            return heap.text(key, LONGEST + 1).ok().map(|text| quoted(&text));
        }
        if class == known.bytes {
            let length = heap.unsigned(key, heap.layout().var_object.ob_size).ok()?;
            return Some(match heap.byte_string(key, LONGEST) {
                Ok(bytes) => format!("b'{}'", bytes.escape_ascii()),
                Err(_) => format!("<{length} bytes>"),
            });
        }
        None
    }

    fn tuple_key(&self, key: Address) -> Option<String> {
        let heap = self.heap;
        if Some(heap.type_of(key).ok()?) != heap.known().tuple {
            return None;
        }
        let count = heap.unsigned(key, heap.layout().var_object.ob_size).ok()?;
        let items = heap.tuple_start(key, MOST_ITEMS as u64).ok()?;
        let mut parts: Vec<String> = items
            .into_iter()
            .map(|item| self.plain(item).or_else(|| self.enumerated(item)).unwrap_or_else(|| self.by_type(item)))
            .collect();
        if count > MOST_ITEMS as u64 {
            parts.push("…".to_owned());
        }
        // Python writes a tuple of one with a comma, too.
        let close = if count == 1 { ",)" } else { ")" };
        Some(format!("({}{close}", parts.join(", ")))
    }

    /// `Color.RED`
    fn enumerated(&self, key: Address) -> Option<String> {
        let heap = self.heap;
        let classes = heap.mro(heap.type_of(key).ok()?).ok()?;
        let is_enum = |class: &Address| heap.qualified_type_name(*class).is_ok_and(|name| name == "enum.Enum");
        classes.iter().find(|class| is_enum(class))?;
        let name = heap.attribute(key, "_name_").ok()??;
        heap.is_a(name, TypeFlags::STR).then(|| format!("{}.{}", self.bare_label_of(key), text_of(heap, name)))
    }

    fn by_type(&self, key: Address) -> String {
        let known = self.heap.known();
        let class = self.heap.type_of(key).ok();
        if self.role(key) == Role::Class {
            let label = self.class_label(key);
            return format!("<class {}>", label.rsplit('.').next().unwrap_or(&label));
        }
        // What a weak reference refers to is the key to a person.
        let is_weak = class.is_some_and(|class| {
            [known.weak_reference, known.weak_reference_38]
                .into_iter()
                .flatten()
                .any(|weak| self.heap.derives_from(class, &[weak]))
        });
        match self.heap.weakly_referenced(key).ok().flatten().filter(|_| is_weak) {
            Some(object) if self.role(object) == Role::Function => format!("<{}>", self.function_label(object)),
            Some(object) => format!("<{} object>", self.bare_label_of(object)),
            None => format!("<{} object>", self.bare_label_of(key)),
        }
    }
}

/// Text in quotes, cut, on one line.
fn quoted(text: &str) -> String {
    let mut shown = String::from("'");
    for (number, character) in text.chars().enumerate() {
        match character {
            _ if number >= LONGEST => {
                shown.push('…');
                break;
            }
            '\'' | '\\' => shown.extend(['\\', character]),
            control if control.is_control() => shown.extend(control.escape_default()),
            other => shown.push(other),
        }
    }
    shown.push('\'');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_and_stays_on_its_line() {
        assert_eq!(quoted("user"), "'user'");
        assert_eq!(quoted("a\nb'c\\é"), r"'a\nb\'c\\é'");
        assert_eq!(quoted(&"x".repeat(40)), format!("'{}'", "x".repeat(40)));
        assert_eq!(quoted(&"x".repeat(41)), format!("'{}…'", "x".repeat(40)));
    }
}
