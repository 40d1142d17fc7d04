//! Heaps made by hand. Offsets are those of CPython 3.12 (and of 3.14 without the lock), typed in here and taken from no table.

use super::*;
use crate::heap::GeneratorKind;
use crate::memory::SyntheticMemory;
use crate::runtime::KnownTypes;
use crate::runtime::layout::{self, Layout};

const POOL: u64 = 0x7f00_0000_0000;
const POOL_SIZE: u64 = 16384;
/// Memory of no pool.
const LARGE: u64 = 0x7f11_0000_0000;
const LARGE_SIZE: u64 = 1 << 18;
/// A collector's list head and a neighbour on that list.
const LIST: u64 = 0x7f22_0000_0000;

/// Types, each in a page of its own.
const TYPE: u64 = 0x5555_0000_0000;
const TUPLE: u64 = TYPE + 0x1000;
const LIST_TYPE: u64 = TYPE + 0x2000;
const FLOAT: u64 = TYPE + 0x3000;
const CLASS: u64 = TYPE + 0x4000;
const STR: u64 = TYPE + 0x5000;
/// In a program that is not loaded at a random place.
const LOW_FLOAT: u64 = 0x95_5000;

const READY: u64 = 1 << 12;
const HEAP_TYPE: u64 = 1 << 9;
const GC: u64 = 1 << 14;
const MANAGED_DICT: u64 = 1 << 4;
const IS_TYPE: u64 = 1 << 31;
const IS_TUPLE: u64 = 1 << 26;
const IS_STR: u64 = 1 << 28;

struct Made {
    memory: SyntheticMemory,
    layout: Layout,
    known: KnownTypes,
}

impl Made {
    fn new() -> Self {
        let mut made = Self {
            memory: SyntheticMemory::new(),
            layout: layout::for_version(12, 1, false).unwrap(),
            known: KnownTypes::default(),
        };
        made.known.type_type = Some(Address::new(TYPE));
        made.known.tuple = Some(Address::new(TUPLE));
        for (at, basic, item, flags) in [
            (TYPE, 920, 40, READY | GC | IS_TYPE),
            (TUPLE, 24, 8, READY | GC | IS_TUPLE),
            (LIST_TYPE, 40, 0, READY | GC),
            (FLOAT, 24, 0, READY),
            (LOW_FLOAT, 24, 0, READY),
            (CLASS, 16, 0, READY | GC | HEAP_TYPE | MANAGED_DICT),
            (STR, 64, 0, READY | IS_STR),
        ] {
            made.memory.map_zeroed(at & !0xfff, 0x1000);
            made.words(at, &[1000, TYPE, 0, at + 0x800, basic, item]);
            made.words(at + 168, &[flags]);
        }
        made.memory.map_zeroed(POOL, POOL_SIZE as usize);
        made.memory.map_zeroed(LARGE, LARGE_SIZE as usize);
        made.memory.map_zeroed(LIST, 4096);
        made
    }

    fn words(&mut self, at: u64, words: &[u64]) {
        for (i, word) in words.iter().enumerate() {
            assert!(self.memory.write_word(at + i as u64 * 8, *word), "{at:#x} is mapped");
        }
    }

    /// A pool of blocks of so many bytes, of which `used` are in use and `fresh` more were never used.
    fn pool(&mut self, block: u32, used: u32, blocks: u32, free: u64) {
        let numbers = [(0, used), (36, block / 16 - 1), (40, 48 + blocks * block), (44, POOL_SIZE as u32 - block)];
        for (at, number) in numbers {
            assert!(self.memory.write(POOL + at, &number.to_le_bytes()));
        }
        self.words(POOL + 8, &[free]);
    }

    /// Writes a tracked object behind its collector's head, which it gets a list for.
    fn tracked(&mut self, object: u64, words: &[u64]) {
        let head = object - 16;
        self.words(LIST, &[head, head]);
        self.words(head, &[LIST, LIST]);
        self.words(object, words);
    }

    fn objects<const N: usize>(&self, at: [u64; N]) -> [Option<u64>; N] {
        let heap = Heap::new(&self.memory, &self.layout, &self.known);
        let blocks = Blocks::new(&heap);
        at.map(|at| blocks.object_at(Address::new(at)).map(Address::get))
    }

    fn object(&self, at: u64) -> Option<u64> {
        self.objects([at])[0]
    }

    fn block(&self, at: u64) -> Block {
        let heap = Heap::new(&self.memory, &self.layout, &self.known);
        Blocks::new(&heap).block_of(Address::new(at))
    }
}

const FIRST: u64 = POOL + 48;

#[test]
fn a_block_belongs_to_the_object_that_it_begins_with() {
    let mut made = Made::new();
    made.pool(64, 4, 6, 0);
    made.tracked(FIRST + 16, &[1, LIST_TYPE, 2, 0x7f33_0000_0000, 4]);
    made.words(FIRST + 64, &[3, FLOAT, 0x3ff0_0000_0000_0000]);
    // The words for weak references and the dict, the collector's head, the object.
    made.words(FIRST + 128, &[0, 0x7f33_0000_1001, 0, 0, 1, CLASS]);
    // Immortal, as 3.12 writes it.
    made.words(FIRST + 192, &[0xffff_ffff, FLOAT, 0]);
    for at in (0..64).step_by(8) {
        let found = made.objects([FIRST + at, FIRST + 64 + at, FIRST + 128 + at, FIRST + 192 + at]);
        assert_eq!(found, [FIRST + 16, FIRST + 64, FIRST + 160, FIRST + 192].map(Some), "{at}");
    }
    assert_eq!(made.block(FIRST + 127), Block::Pool { start: Address::new(FIRST + 64), size: 64 });
}

#[test]
fn what_is_free_or_no_block_holds_no_object() {
    let mut made = Made::new();
    let float = [1, FLOAT, 0];
    made.pool(80, 2, 3, FIRST + 80);
    for block in 0..4 {
        made.words(FIRST + block * 80, &float);
    }
    // On the list of free blocks: the link is where the count was.
    made.words(FIRST + 80, &[0]);
    assert_eq!(made.objects([FIRST, FIRST + 80, FIRST + 160]), [Some(FIRST), None, Some(FIRST + 160)]);
    assert_eq!(made.object(FIRST + 3 * 80), None, "never used");
    assert_eq!(made.objects([POOL, POOL + 40]), [None, None], "the header");
    // 204 blocks of 80 bytes leave 16 bytes.
    assert_eq!(made.object(POOL + POOL_SIZE - 8), None);
    assert_eq!(made.block(POOL + POOL_SIZE - 8), Block::Other);
    assert_eq!(made.block(POOL + 8), Block::Other);
    assert_eq!(made.block(POOL + POOL_SIZE - 24), Block::Pool { start: Address::new(FIRST + 203 * 80), size: 80 });
    made.pool(80, 0, 3, FIRST + 80);
    assert_eq!(made.object(FIRST), None, "nothing in use");
}

#[test]
fn freed_and_moved_objects_are_none() {
    let mut made = Made::new();
    let object = FIRST + 16;
    made.pool(64, 2, 5, FIRST + 64);
    made.words(FIRST, &[0, 0, 1, TUPLE, 1, 0x7f33_0000_0000]);
    assert_eq!(made.object(object), Some(object), "untracked: a tuple of numbers");
    // What `_PyTuple_Resize` leaves behind when it moves a tuple: only the list of free blocks tells, if it ends here.
    made.words(FIRST + 64, &[0, 0, 1, TUPLE, 1, 0x7f33_0000_0000]);
    assert_eq!(made.object(object + 64), None);
    // The same further up the list: the link has become the collector's.
    made.words(FIRST + 128, &[FIRST + 64, 0, 1, TUPLE, 1, 0x7f33_0000_0000]);
    assert_eq!(made.object(object + 128), None);
    made.words(FIRST + 192, &[LIST, LIST, 0, LIST_TYPE, 1, 0x7f33_0000_0000]);
    assert_eq!(made.object(object + 192), None, "no references left");
    // A circle on the list does not matter.
    made.words(FIRST + 64, &[FIRST + 64]);
    assert_eq!(made.object(object), Some(object));
}

#[test]
fn what_looks_like_an_object_behind_an_objects_head_is_none() {
    let mut made = Made::new();
    made.pool(64, 1, 1, 0);
    // A tuple of one class: its size and first item look like an instance of the class, with all that belongs before it.
    made.tracked(FIRST + 16, &[1, TUPLE, 1, CLASS]);
    assert_eq!(made.objects([FIRST + 16, FIRST + 32, FIRST + 48]), [Some(FIRST + 16); 3]);
}

#[test]
fn buffers_are_no_objects() {
    let mut made = Made::new();
    made.pool(64, 20, 20, 0);
    let buffers: [[u64; 8]; 9] = [
        [FLOAT; 8],                                               // items of a list
        [LOW_FLOAT; 8],                                           // the same, at addresses that could be counts
        [LOW_FLOAT, CLASS, 0, 0, LOW_FLOAT, LIST_TYPE, 0, 0],     // of several types
        [1, 0x0302_0000, 5, 2, 0xffff_ff01_ff00_ffff, 0, 0, 0],   // the head of a dict's table
        [0, 0, CLASS, 12, FLOAT, 17, 0, 0],                       // a table of a set: keys and hashes
        [0x0108_0000_0000_0302, TUPLE, FLOAT, FLOAT, 0, 0, 0, 0], // values of an instance
        [5, 0x7f33_0000_0000, 0, 0, 1, TUPLE, 0, 0],              // an object would have the collector's head before it
        [0, 0, 1, FLOAT, 0, 0, 0, 0],                             // this one has a head, and none of its kind has
        [1, TYPE + 8, 0, 0, 1, FLOAT + 0x10, 0, 0],               // into types, not types
    ];
    for (i, words) in buffers.iter().enumerate() {
        made.words(FIRST + i as u64 * 64, words);
    }
    for at in (FIRST..FIRST + 9 * 64).step_by(8) {
        assert_eq!(made.object(at), None, "{}: {}", (at - FIRST) / 64, (at - FIRST) % 64);
    }
    // An object does not fit into what is smaller.
    made.pool(32, 20, 20, 0);
    made.tracked(FIRST + 16, &[1, LIST_TYPE]);
    assert_eq!(made.object(FIRST), None);
}

#[test]
fn types_are_types_up_to_the_first_one() {
    let mut made = Made::new();
    made.pool(32, 1, 1, 0);
    let object = |made: &mut Made| {
        made.words(FIRST, &[1, FLOAT, 0]);
        made.object(FIRST)
    };
    assert_eq!(object(&mut made), Some(FIRST));
    // A class of a metaclass.
    made.memory.map_zeroed(TYPE + 0x8000, 0x1000);
    made.words(TYPE + 0x8000, &[1, TYPE, 0, TYPE + 0x8800, 920, 40]);
    made.words(TYPE + 0x8000 + 168, &[READY | HEAP_TYPE | GC | IS_TYPE]);
    made.words(FLOAT + 8, &[TYPE + 0x8000]);
    assert_eq!(object(&mut made), Some(FIRST));
    // Of something that is no metaclass; of itself; and not finished.
    for (class, flags) in [(TUPLE, READY), (FLOAT, READY | IS_TYPE), (TYPE, 0)] {
        made.words(FLOAT + 8, &[class]);
        made.words(FLOAT + 168, &[flags]);
        assert_eq!(object(&mut made), None);
    }
}

#[test]
fn pools_have_to_look_exactly_like_pools() {
    let mut made = Made::new();
    made.words(FIRST + 64, &[1, FLOAT, 0]);
    made.pool(64, 4, 6, 0);
    assert!(matches!(made.block(FIRST), Block::Pool { .. }));
    for (at, number) in [(0, 300u32), (36, 32), (36, 4), (40, 40), (40, 48 + 65), (44, 64), (12, 0x7f01)] {
        let mut other = Made::new();
        other.pool(64, 4, 6, 0);
        assert!(other.memory.write(POOL + at, &number.to_le_bytes()));
        assert_eq!(other.block(FIRST), Block::Other, "{at} {number}");
    }
    // The free list begins in the pool.
    made.pool(64, 4, 6, POOL + POOL_SIZE);
    assert_eq!(made.block(FIRST), Block::Other);
}

#[test]
fn with_debug_hooks_objects_begin_later() {
    let mut made = Made::new();
    made.pool(96, 2, 2, 0);
    let mark = u64::from_le_bytes([b'o', 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd, 0xfd]);
    made.words(FIRST, &[56u64.swap_bytes(), mark]);
    made.tracked(FIRST + 32, &[1, LIST_TYPE, 0, 0, 0]);
    made.words(FIRST + 96, &[24u64.swap_bytes(), mark, 1, FLOAT, 0]);
    assert_eq!(made.objects([FIRST, FIRST + 72, FIRST + 120]), [FIRST + 32, FIRST + 32, FIRST + 112].map(Some));
}

/// What `malloc` writes before a chunk for so many bytes: its size, and that the one before is in use.
fn chunk(bytes: u64) -> u64 {
    (bytes + 8).next_multiple_of(16) | 1
}

#[test]
fn outside_of_pools_objects_are_searched_for_backwards() {
    let mut made = Made::new();
    let tuple = LARGE + 0x1010 + 16;
    let size = 24 + 5000 * 8;
    made.tracked(tuple, &[1, TUPLE, 5000]);
    let inside = [tuple - 16, tuple, tuple + 24, tuple + 4096, tuple + 8 * 2000, tuple + size - 8];
    assert_eq!(made.objects(inside), [Some(tuple); 6]);
    assert_eq!(made.objects([tuple - 24, tuple + size + 8]), [None; 2]);
    // In whichever order it is asked, and between others.
    let all = [tuple + size + 8, tuple + 16, tuple + size, tuple - 8, tuple - 24, tuple + 4096, tuple + size + 8];
    assert_eq!(made.objects(all), [None, Some(tuple), None, Some(tuple), None, Some(tuple), None]);
    // 64 KB behind its beginning it is too far away, unless it was met before.
    made.words(tuple + 16, &[20_000]);
    assert_eq!(made.objects([tuple + 0x10100]), [None]);
    assert_eq!(made.objects([tuple + 0xffe8]), [Some(tuple)]);
    assert_eq!(made.objects([tuple + 0xff00, tuple + 0x10100]), [Some(tuple); 2]);
}

#[test]
fn outside_of_pools_it_takes_evidence() {
    let mut made = Made::new();
    let tuple = LARGE + 0x1010 + 16;
    made.tracked(tuple, &[1, TUPLE, 100]);
    assert_eq!(made.object(tuple + 400), Some(tuple));
    // Its neighbours do not know it: it was moved, and freed.
    made.words(LIST, &[LARGE, LARGE]);
    made.words(tuple - 24, &[chunk(840)]);
    assert_eq!(made.object(tuple + 400), None);
    // Not tracked, in a chunk of its size, of another size, in none.
    made.words(tuple - 16, &[0, 0]);
    for (header, found) in
        [(chunk(840), true), (chunk(840 + 32), true), (chunk(800), false), (chunk(8000), false), (0, false)]
    {
        made.words(tuple - 24, &[header]);
        assert_eq!(made.object(tuple + 400), found.then_some(tuple), "{header}");
    }
    // Numbers that look like objects, in a large buffer.
    let buffer: Vec<u64> = [1, FLOAT, 0, 7, 33, FLOAT, 1, CLASS].repeat(1000);
    let start = LARGE + 0x10010;
    made.words(start - 8, &[chunk(64_000)]);
    made.words(start, &buffer);
    assert_eq!(made.objects([start, start + 8, start + 48, start + 4096, start + 60_000]), [None; 5]);
}

#[test]
fn static_types_are_objects() {
    let made = Made::new();
    let inside = [FLOAT, FLOAT + 168, FLOAT + 400, TYPE + 8];
    assert_eq!(made.objects(inside), [FLOAT, FLOAT, FLOAT, TYPE].map(Some));
    assert_eq!(made.object(FLOAT + 0x900), None);
}

#[test]
fn strings_are_as_long_as_their_characters() {
    let mut made = Made::new();
    let text = LARGE + 0x1010;
    // Compact, ASCII, one byte each: 40 bytes, the characters and a zero.
    made.words(text, &[1, STR, 999, 0, 0b110_0100]);
    made.words(text - 8, &[chunk(1040)]);
    assert_eq!(made.objects([text + 1032, text + 1040]), [Some(text), None]);
    // Two bytes each: 56 bytes before them.
    made.words(text + 32, &[0b010_1000]);
    made.words(text - 8, &[chunk(2056)]);
    assert_eq!(made.objects([text + 2048, text + 2056]), [Some(text), None]);
}

#[test]
fn nothing_beyond_the_end_of_memory_is_needed() {
    let mut made = Made::new();
    let tuple = LARGE + LARGE_SIZE - 32;
    made.tracked(tuple, &[1, TUPLE, 1, 5]);
    assert_eq!(made.objects([tuple, tuple + 24]), [Some(tuple); 2]);
    let first = LARGE + 16;
    made.tracked(first, &[1, TUPLE, 1, 5]);
    assert_eq!(made.objects([LARGE, first + 24, first + 32]), [Some(first), Some(first), None]);
    assert_eq!(made.objects([LARGE + LARGE_SIZE, 0, 8, u64::MAX, 0x6666_0000_0000]), [None; 5]);
}

#[test]
fn without_the_lock_the_bit_in_the_object_tells() {
    let mut made = Made::new();
    made.layout = layout::for_version(14, 10, true).unwrap();
    // Thread, then flags (8), lock (10), collector's bits (11) and own count (12), shared count, type.
    let head = |bits: u64, count: u64, class: u64| [0x7f44_0000_0000, bits << 24 | count << 32, 0, class];
    for class in [TYPE, LIST_TYPE, FLOAT] {
        let [basic, flags] = [(TYPE, [936, READY | GC | IS_TYPE]), (LIST_TYPE, [48, READY | GC]), (FLOAT, [40, READY])]
            .into_iter()
            .find(|(at, _)| *at == class)
            .unwrap()
            .1;
        made.words(class, &head(0, 1000, TYPE));
        // Size, name, size of an instance; flags.
        made.words(class + 32, &[0, class + 0x800, basic, 0]);
        made.words(class + 184, &[flags]);
    }
    let object = LARGE + 0x1000;
    made.words(object, &head(1, 1, LIST_TYPE));
    assert_eq!(made.objects([object, object + 40, object + 48]), [Some(object), Some(object), None]);
    made.words(object, &head(1, 0, LIST_TYPE));
    assert_eq!(made.object(object), None, "no references");
    made.words(object, &head(0, 1, LIST_TYPE));
    assert_eq!(made.object(object), None, "not tracked, and no evidence");
    assert_eq!(made.block(object), Block::Other);
}

#[test]
fn frames_inside_belong_to_their_generator() {
    let made = Made::new();
    let heap = Heap::new(&made.memory, &made.layout, &made.known);
    let mut known = made.known.clone();
    known.coroutine = Some(Address::new(TUPLE));
    let with_coroutines = Heap::new(&made.memory, &made.layout, &known);
    let items = |heap: &Heap<'_>| Blocks::new(heap).class(Address::new(TUPLE)).unwrap().items;
    // The word where other objects have their size is something else in a coroutine.
    assert_eq!(items(&heap), classes::Items::Count);
    assert_eq!(items(&with_coroutines), classes::Items::Generator(GeneratorKind::Coroutine));
}
