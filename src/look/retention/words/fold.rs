//! Many paths that are alike, told as one: `list[0..9999]`, `dict['a', 'b', … 40 keys]`.

use super::{Place, Words};
use rustc_hash::FxHashMap;

/// Keys that are shown.
const MOST_KEYS: usize = 3;
/// Ranges of indexes that are shown.
const MOST_RANGES: usize = 4;

/// Folds paths that differ only in indexes and keys into one. Each comes with the number of paths it stands for, the most frequent first.
pub(in crate::look) fn fold(paths: &[Vec<Words>]) -> Vec<(Vec<String>, u64)> {
    let mut groups: FxHashMap<Vec<Head<'_>>, usize> = FxHashMap::default();
    let mut folded: Vec<Group<'_>> = Vec::new();
    for path in paths {
        let heads: Vec<Head<'_>> = path.iter().map(Head::of).collect();
        let at = *groups.entry(heads.clone()).or_insert_with(|| {
            folded.push(Group { places: vec![Vec::new(); heads.len()], heads, count: 0 });
            folded.len() - 1
        });
        let Some(group) = folded.get_mut(at) else { continue };
        group.count += 1;
        for (places, words) in group.places.iter_mut().zip(path) {
            places.extend(&words.place);
        }
    }
    let mut told: Vec<(Vec<String>, u64)> = folded.into_iter().map(|group| (group.words(), group.count)).collect();
    told.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    told
}

/// The part of words that has to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Head<'w> {
    Whole(&'w str),
    /// What stands before an index.
    Indexed(&'w str),
    /// What stands before a key.
    Keyed(&'w str),
}

impl<'w> Head<'w> {
    fn of(words: &'w Words) -> Self {
        // The name of a class has no brackets.
        let head = words.text.split('[').next().unwrap_or_default();
        match words.place {
            None => Self::Whole(&words.text),
            Some(Place::Index(_)) => Self::Indexed(head),
            Some(Place::Key(_)) => Self::Keyed(head),
        }
    }
}

struct Group<'w> {
    heads: Vec<Head<'w>>,
    /// The places of all paths, by position.
    places: Vec<Vec<&'w Place>>,
    count: u64,
}

impl Group<'_> {
    fn words(&self) -> Vec<String> {
        let word = |(head, places): (&Head<'_>, &Vec<&Place>)| match head {
            Head::Whole(text) => (*text).to_owned(),
            Head::Indexed(head) => format!("{head}[{}]", indexes(places)),
            Head::Keyed(head) => format!("{head}[{}]", keys(places)),
        };
        self.heads.iter().zip(&self.places).map(word).collect()
    }
}

/// `0..9, 12`
fn indexes(places: &[&Place]) -> String {
    let index = |place: &&Place| match place {
        Place::Index(index) => Some(*index),
        Place::Key(_) => None,
    };
    let mut indexes: Vec<u64> = places.iter().filter_map(index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for index in &indexes {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*index) => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let shown = ranges.iter().take(MOST_RANGES).map(|(first, last)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}..{last}"),
    });
    let mut shown: Vec<String> = shown.collect();
    if ranges.len() > MOST_RANGES {
        shown.push(format!("… {} places", indexes.len()));
    }
    shown.join(", ")
}

/// `'a', 'b', … 40 keys`
fn keys(places: &[&Place]) -> String {
    let key = |place: &&Place| match place {
        Place::Key(key) => Some(key.clone()),
        Place::Index(_) => None,
    };
    let mut keys: Vec<String> = places.iter().filter_map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    let count = keys.len();
    if count > MOST_KEYS {
        keys.truncate(MOST_KEYS - 1);
        keys.push(format!("… {count} keys"));
    }
    keys.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Address;

    fn list(index: u64) -> Words {
        Words::item(Address::new(index.wrapping_mul(16)), "list", index)
    }

    fn dict(key: &str) -> Words {
        Words::value(Address::new(16), "dict", format!("'{key}'"))
    }

    fn global(name: &str) -> Words {
        Words::new(Address::new(32), format!("global '{name}'"))
    }

    fn folded(paths: &[Vec<Words>]) -> Vec<(String, u64)> {
        fold(paths).into_iter().map(|(words, count)| (words.join(" "), count)).collect()
    }

    #[test]
    fn indexes_become_ranges() {
        let paths: Vec<Vec<Words>> = (0..10_000).map(|index| vec![global("PENDING"), list(index)]).collect();
        assert_eq!(folded(&paths), [("global 'PENDING' list[0..9999]".to_owned(), 10_000)]);
        let of =
            |numbers: &[u64]| fold(&numbers.iter().map(|index| vec![list(*index)]).collect::<Vec<_>>())[0].0[0].clone();
        assert_eq!(of(&[3]), "list[3]");
        assert_eq!(of(&[7, 3]), "list[3, 7]");
        assert_eq!(of(&[4, 3]), "list[3, 4]");
        assert_eq!(of(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12]), "list[0..9, 12]");
        assert_eq!(of(&[1, 3, 5, 7, 9, 11]), "list[1, 3, 5, 7, … 6 places]");
        assert_eq!(of(&[u64::MAX, 0]), format!("list[0, {}]", u64::MAX));
    }

    #[test]
    fn a_few_keys_are_shown() {
        let paths: Vec<Vec<Words>> = ["b", "a", "c"].iter().map(|key| vec![dict(key)]).collect();
        assert_eq!(folded(&paths), [("dict['a', 'b', 'c']".to_owned(), 3)]);
        let paths: Vec<Vec<Words>> = (10..50).map(|number| vec![dict(&format!("k{number}[")), list(0)]).collect();
        assert_eq!(folded(&paths), [("dict['k10[', 'k11[', … 40 keys] list[0]".to_owned(), 40)]);
    }

    #[test]
    fn what_differs_in_more_than_places_stays_apart() {
        let paths = [
            vec![global("A"), list(0)],
            vec![global("B"), list(0)],
            vec![global("B"), list(1)],
            vec![global("B"), dict("0")],
            vec![global("B")],
        ];
        assert_eq!(
            folded(&paths),
            [
                ("global 'B' list[0, 1]".to_owned(), 2),
                ("global 'A' list[0]".to_owned(), 1),
                ("global 'B'".to_owned(), 1),
                ("global 'B' dict['0']".to_owned(), 1),
            ]
        );
        assert!(fold(&[]).is_empty());
    }
}
