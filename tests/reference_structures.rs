//! Structures of small types, on heaps made by hand: a type is taken for what its name says only where it lies and as large as it must,
//! and what contradicts itself is refused.

mod synth_heap;

use coroscope::heap::Heap;
use coroscope::heap::references::{Edge, References};
use coroscope::memory::Address;
use synth_heap::{Build, Synth, numbers};

const BASE: u64 = 0x5600_0000_0000;
/// Any address of a function that traverses.
const TRAVERSE: u64 = BASE + 8;

/// A heap whose `object` has nothing but a head.
fn heap(build: Build) -> (Synth, u64) {
    let mut synth = Synth::new(build, BASE);
    let head = synth.at(numbers::OBJECT_SIZE);
    let object = synth.type_of("object");
    synth.set(object, numbers::TP_BASICSIZE, head);
    (synth, head)
}

/// What is told of an object: by `visit` if it knows the structure, and with guesses.
type Told = (Option<Vec<(Edge, u64)>>, Result<Vec<(Edge, u64)>, ()>);

fn told(synth: &Synth, object: u64) -> Told {
    let memory = synth.memory();
    let python = synth.python();
    let heap = Heap::new(&memory, &python.layout, &python.types);
    let references = References::new(&heap, &[]);
    let mut visited = Vec::new();
    let known = references.visit(Address::new(object), &mut |edge, to| visited.push((edge, to.get())));
    let mut guessed = Vec::new();
    let read = references.visit_or_guess(Address::new(object), &mut |edge, to| guessed.push((edge, to.get())));
    ((known == Ok(true)).then_some(visited), read.map(|_| guessed).map_err(|_| ()))
}

/// A class written in C, that the collector traverses.
fn c_class(synth: &mut Synth, name: &str, basic_size: u64) -> u64 {
    let object = synth.type_of("object");
    let class = synth.class(name, object, 0, basic_size, 0);
    synth.set(class, numbers::TP_TRAVERSE, TRAVERSE);
    class
}

#[test]
fn a_structure_is_known_by_name_and_size() {
    for build in Build::ALL {
        let (mut synth, head) = heap(build);
        let (compare, wrapped) = (synth.text("compare"), synth.text("wrapped"));
        for (name, size, is_known) in [
            ("functools.KeyWrapper", head + 16, true),
            // A version that we have not seen.
            ("functools.KeyWrapper", head + 24, false),
            ("functools.KeyWrapper", head + 8, false),
            // Somebody else's.
            ("other.KeyWrapper", head + 16, false),
            ("KeyWrapper", head + 16, false),
        ] {
            let class = c_class(&mut synth, name, size);
            let object = synth.tracked(class, head + 24);
            synth.put(object + head, compare);
            synth.put(object + head + 8, wrapped);
            let (visited, guessed) = told(&synth, object);
            if is_known {
                let fields = vec![(Edge::Field("compare"), compare), (Edge::Field("object"), wrapped)];
                assert_eq!(visited, Some(fields.clone()), "{build:?} {name} {size}");
                assert_eq!(guessed, Ok(fields), "{build:?} {name} {size}");
            } else {
                assert_eq!(visited, None, "{build:?} {name} {size}");
                assert_eq!(guessed.unwrap()[0], (Edge::Word(head), compare), "{build:?} {name} {size}");
            }
        }
    }
}

#[test]
fn a_type_of_the_interpreter_is_known_by_its_place() {
    for build in Build::ALL {
        let (mut synth, head) = heap(build);
        // 3.8 and 3.9 have a word less.
        let size = head + if build <= Build::V39 { 24 } else { 32 };
        let (own, iterators) = (synth.type_of("zip"), synth.tuple(&[]));
        synth.set(own, numbers::TP_BASICSIZE, size);
        synth.set(own, numbers::TP_TRAVERSE, TRAVERSE);
        let other = c_class(&mut synth, "zip", size);
        for (class, is_known) in [(own, true), (other, false)] {
            let object = synth.tracked(class, size);
            synth.put(object + head + 8, iterators);
            let (visited, guessed) = told(&synth, object);
            assert_eq!(visited, is_known.then_some(vec![(Edge::Field("iterators"), iterators)]), "{build:?}");
            let edge = if is_known { Edge::Field("iterators") } else { Edge::Word(head + 8) };
            assert_eq!(guessed, Ok(vec![(edge, iterators)]), "{build:?}");
        }
    }
}

#[test]
fn a_guess_tells_living_objects_only() {
    for build in Build::ALL {
        let (mut synth, head) = heap(build);
        let class = c_class(&mut synth, "ext.Loop", head + 72);
        synth.set(class, numbers::TP_DICTOFFSET, head + 56);
        synth.set(class, numbers::TP_WEAKLISTOFFSET, head + 64);
        let (living, dict, reference) = (synth.text("living"), synth.dict(&[]), synth.weak_reference(class));
        let dead = synth.text("dead");
        // The word with the count; in a freed block there may be the address of the next one in its place.
        synth.put(dead + if build.is_free_threaded() { 8 } else { 0 }, 0);
        let freed = synth.text("freed");
        let odd_type = synth.text("typeless");
        synth.put(odd_type + synth.at(numbers::OB_TYPE), living);
        let object = synth.tracked(class, head + 72);
        let mut expected = vec![(Edge::Field("dict"), dict), (Edge::Word(head + 8), living)];
        if build.is_free_threaded() {
            expected.push((Edge::Word(head + 32), freed));
        } else {
            synth.put(freed, living);
        }
        let words = [7, living, dead, living + 4, freed, odd_type, BASE - 4096, dict, reference];
        synth.put_words(object + head, &words);
        let (visited, guessed) = told(&synth, object);
        assert_eq!(visited, None, "{build:?}");
        assert_eq!(guessed, Ok(expected), "{build:?}");
    }
}

#[test]
fn a_ring_is_read_from_its_first_item_to_its_last() {
    for build in Build::ALL.into_iter().filter(|build| *build >= Build::V313) {
        // Where the next item goes, where the first one is, length, count; and which items that are.
        for (put, first, length, count, items) in [
            (2, 0, 4, 2, Some(vec![0, 1])),
            (1, 3, 4, 2, Some(vec![3, 0])),
            (3, 3, 4, 4, Some(vec![3, 0, 1, 2])),
            (1, 1, 4, 0, Some(vec![])),
            (1, 9, 4, 2, None),
            (1, 0, 4, 5, None),
            (1, 0, 1 << 40, 1 << 39, None),
            (1, 0, u64::MAX, u64::MAX, None),
            (1, u64::MAX, 4, 4, None),
        ] {
            let (mut synth, head) = heap(build);
            let class = c_class(&mut synth, "_queue.SimpleQueue", head + 56);
            let held: Vec<u64> = (0..4).map(|index| synth.text(&format!("item {index}"))).collect();
            let array = synth.alloc(32);
            synth.put_words(array, &held);
            let object = synth.tracked(class, head + 56);
            synth.put_words(object + head + 8, &[put, first, array, length, count]);
            let expected = items.map(|items| {
                let numbered = (0u64..).zip(items);
                numbered.map(|(index, item): (u64, usize)| (Edge::Item(index), held[item])).collect::<Vec<_>>()
            });
            assert_eq!(told(&synth, object).0, expected, "{build:?} {first} {length} {count}");
        }
    }
}

#[test]
fn an_ordered_dict_tells_its_keys_twice_and_ends() {
    for build in Build::ALL {
        for (used, is_ring) in [(2, false), (1, false), (2, true)] {
            let (mut synth, head) = heap(build);
            let class = synth.type_of("collections.OrderedDict");
            let size = synth.at(numbers::DICT_SIZE) + 64;
            synth.set(class, numbers::TP_BASICSIZE, size);
            synth.set(class, numbers::TP_TRAVERSE, TRAVERSE);
            let (key, other, value) = (synth.text("key"), synth.text("other"), synth.text("value"));
            let plain = synth.dict(&[(key, value), (other, value)]);
            let object = synth.tracked(class, size);
            for at in [numbers::DICT_KEYS, numbers::DICT_VALUES] {
                let word = synth.word(plain + synth.at(at));
                synth.set(object, at, word);
            }
            // How many there are is the first field of a dict.
            synth.put(object + head, used);
            let (first, second) = (synth.alloc(32), synth.alloc(32));
            synth.put_words(first, &[key, 1, second, 0]);
            synth.put_words(second, &[other, 2, if is_ring { first } else { 0 }, first]);
            synth.put(object + synth.at(numbers::DICT_SIZE), first);
            let expected = vec![
                (Edge::Key, key),
                (Edge::Value(Address::new(key)), value),
                (Edge::Key, other),
                (Edge::Value(Address::new(other)), value),
                (Edge::Item(0), key),
                (Edge::Item(1), other),
            ];
            let whole = used == 2 && !is_ring;
            assert_eq!(told(&synth, object).0, whole.then_some(expected), "{build:?} {used} {is_ring}");
        }
    }
}
