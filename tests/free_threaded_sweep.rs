//! Free-threaded builds have no lists of objects: they are read by a sweep. No such interpreter need be there: its objects are put into
//! our own memory, at real addresses, and swept as those of any process.

mod synth_heap;

use coroscope::heap::Heap;
use coroscope::heap::candidates::{Candidate, CandidateKind, Wanted, sweep};
use coroscope::memory::{Address, LiveMemory};
use coroscope::process::Pid;
use synth_heap::{Build, Coroutine, List, Program, State};

const PAGE: usize = 4096;

#[test]
fn the_sweep_finds_what_is_tracked_and_nothing_else() {
    for build in [Build::V314t, Build::V315t] {
        // Reserved first: the heap is full of its own addresses.
        let mut memory: Vec<u64> = vec![0; 100 * PAGE];
        let start = (memory.as_ptr() as usize).next_multiple_of(PAGE);
        let mut program = Program::new(build, start as u64);
        let mut planted = program.candidates();
        let synth = &mut program.synth;
        // An untracked one, and one that was freed: the allocator's link in its first word, the tracked bit gone.
        synth.list = List::None;
        let class = synth.type_of("coroutine");
        let made = Coroutine {
            class,
            code: program.code,
            state: State::Created,
            locals: &[],
            qualname: "gone",
            function: 0,
            origin: 0,
        };
        let untracked = synth.coroutine(&made);
        let freed = synth.coroutine(&made);
        synth.put(freed, untracked);
        synth.put(freed + 8, 0);
        // The address of the type, where no object is: in a table, not 8 bytes into a step of 16.
        let table = synth.alloc(64);
        synth.put(table, class);
        synth.put(table + 24, class);
        synth.put8(table + 11, 0);
        // The program's own ready queue is a deque, too.
        let python = synth.python();
        let words: Vec<u64> = synth
            .bytes
            .chunks(8)
            .map(|chunk| u64::from_le_bytes(std::array::from_fn(|i| *chunk.get(i).unwrap_or(&0))))
            .collect();
        let first = (start - memory.as_ptr() as usize) / 8;
        assert!(first + words.len() <= memory.len(), "{} words", words.len());
        memory[first..first + words.len()].copy_from_slice(&words);

        let live = LiveMemory::new(Pid::own());
        let range = start as u64..(start + words.len() * 8).next_multiple_of(PAGE) as u64;
        let deque_type = Some(Address::new(program.deque_type));
        let wanted = Wanted::of(&python.types, [deque_type]);
        let (mut found, swept) = sweep(&live, &python.layout, &[range], &wanted, (2, usize::MAX), || false);
        assert_eq!(swept.unreadable, 0);
        found.sort_unstable();
        found.retain(|candidate| candidate.kind != CandidateKind::Deque);
        planted.retain(|candidate| candidate.kind != CandidateKind::Deque);
        planted.sort_unstable();
        let show = |all: &[Candidate]| format!("{all:x?}");
        assert_eq!(show(&found), show(&planted), "{build:?}");
        for gone in [untracked, freed] {
            assert!(!found.iter().any(|candidate| candidate.address == Address::new(gone)));
        }

        // What the sweep found is read from the process as from any other.
        let heap = Heap::new(&live, &python.layout, &python.types);
        let states: Vec<_> = found
            .iter()
            .filter_map(|candidate| match candidate.kind {
                CandidateKind::Generator(kind) => Some(heap.generator(candidate.address, kind).unwrap().state),
                _ => None,
            })
            .collect();
        assert_eq!(states.len(), 11, "{build:?}");
        drop(memory);
    }
}
