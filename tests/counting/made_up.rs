//! A process made up in a buffer of our own.

use crate::synth_heap::{Build, Coroutine, List, Program, State, Synth, numbers};
use allocation_counter::opt_out;
use coroscope::memory::{Address, LiveMemory, Memory, Piece, ReadError, ReadReason};
use coroscope::process::Pid;
use coroscope::runtime::Python;
use std::ops::Range;

/// Where the process believes its memory to be. Hashes of addresses, and so the order in which some things are read, follow from it.
const BASE: u64 = 0x5600_0000_0000;
/// Sweeps cut memory at multiples of this: the real place must have the same cuts.
const ALIGNMENT: usize = 8 << 20;
/// Bytes of a pool from 3.10 on.
const POOL: usize = 16 << 10;
/// Bytes of a pool's header.
const POOL_HEADER: u32 = 48;
/// Bytes behind the last object, so that reading ahead has the same to read everywhere.
const BEHIND: usize = 64 << 10;

/// How far apart the leaks lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// Side by side, as made in one loop.
    Dense,
    /// Each in pages of its own.
    Scattered,
}

/// How much of what there is, beside the small program that every made-up process has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mix {
    /// Coroutines that nobody awaits.
    pub(crate) leaks: usize,
    pub(crate) spread: Spread,
    /// Tasks, each waiting in a coroutine for another.
    pub(crate) tasks: usize,
    /// Other objects that the collector knows: tuples, lists and dicts.
    pub(crate) others: usize,
    /// Pools of blocks in which no coroutine fits.
    pub(crate) small_pools: usize,
}

impl Mix {
    pub(crate) const NOTHING: Self = Self { leaks: 0, spread: Spread::Dense, tasks: 0, others: 0, small_pools: 0 };
}

/// The process: what it believes to be at [`BASE`] lies in a buffer of ours.
pub(crate) struct MadeUp {
    python: Python,
    interpreter: u64,
    deque_type: u64,
    task_type: u64,
    leaks: Vec<Address>,
    /// Larger than needed.
    buffer: Vec<u8>,
    /// Where in it the memory begins, and how long that is.
    place: Range<usize>,
    live: LiveMemory,
}

impl MadeUp {
    pub(crate) fn new(build: Build, mix: Mix) -> Self {
        let Program { synth: mut s, code, event_loop, task, deque_type, .. } = Program::new(build, BASE);
        let task_type = s.word(task + s.at(numbers::OB_TYPE));
        let class = s.type_of("coroutine");
        let none = s.none();
        let globals = s.names(&[]);
        let function = s.function(code, "app.jobs", globals, 0);
        let make = |s: &mut Synth, state| {
            let locals = [none, none];
            s.coroutine(&Coroutine { class, code, state, locals: &locals, qualname: "Jobs.work", function, origin: 0 })
        };
        s.list = List::Old;
        let mut leaks = Vec::new();
        for _ in 0..mix.leaks {
            leaks.push(make(&mut s, State::Created));
            if mix.spread == Spread::Scattered {
                s.alloc(4 * 4096);
            }
        }
        s.list(&leaks);
        for number in 0..mix.tasks {
            let inner = make(&mut s, State::Suspended);
            let outer = make(&mut s, State::Awaiting(inner));
            let name = s.text(&format!("job-{number}"));
            let task = s.task(task_type, outer, event_loop, name);
            register(&mut s, task);
        }
        for number in 0..mix.others {
            match number % 3 {
                0 => s.tuple(&[none, none]),
                1 => s.list(&[none, none, none]),
                _ => s.dict(&[(none, none)]),
            };
        }
        s.link();
        s.bytes.resize((s.bytes.len() + BEHIND).next_multiple_of(POOL), 0);
        for _ in 0..mix.small_pools {
            s.bytes.extend(small_pool());
        }
        // Fresh memory of this size is zeros that nobody has touched: what is not used of it costs nothing.
        let mut buffer = vec![0; s.bytes.len() + ALIGNMENT];
        let start = buffer.as_ptr().align_offset(ALIGNMENT);
        let place = start..start + s.bytes.len();
        buffer[place.clone()].copy_from_slice(&s.bytes);
        Self {
            python: s.python(),
            interpreter: s.interpreter,
            deque_type,
            task_type,
            leaks: leaks.into_iter().map(Address::new).collect(),
            buffer,
            place,
            live: LiveMemory::new(Pid::own()),
        }
    }

    /// What the program under test knows of it.
    pub(crate) fn python(&self) -> &Python {
        &self.python
    }

    pub(crate) fn interpreter(&self) -> Address {
        Address::new(self.interpreter)
    }

    pub(crate) fn deque_type(&self) -> Address {
        Address::new(self.deque_type)
    }

    pub(crate) fn task_type(&self) -> Address {
        Address::new(self.task_type)
    }

    /// The coroutines that nobody awaits, without that of the small program.
    pub(crate) fn leaks(&self) -> &[Address] {
        &self.leaks
    }

    /// Reads the buffer, at the addresses that it really has.
    pub(crate) fn live(&self) -> &LiveMemory {
        &self.live
    }

    /// Where the memory really is.
    pub(crate) fn real_range(&self) -> Range<u64> {
        let bytes = &self.buffer[self.place.clone()];
        let start = bytes.as_ptr() as u64;
        start..start + bytes.len() as u64
    }

    /// All its pages, by the addresses that it believes in.
    pub(crate) fn pages(&self) -> impl Iterator<Item = Address> {
        let real = self.real_range();
        (BASE..BASE + (real.end - real.start)).step_by(4096).map(Address::new)
    }

    /// What the process calls a real address.
    pub(crate) fn made_up_address(&self, real: Address) -> Address {
        Address::new(real.get() - self.real_range().start + BASE)
    }

    /// Where bytes of the process really are; null if it does not have them.
    fn real_address(&self, address: Address, length: usize) -> Address {
        let real = self.real_range();
        let inside =
            address.get().checked_sub(BASE).filter(|at| at.saturating_add(length as u64) <= real.end - real.start);
        Address::new(inside.map_or(0, |at| real.start + at))
    }
}

impl Memory for MadeUp {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        match self.real_address(address, into.len()) {
            Address::NULL => Err(ReadError { address, wanted: into.len(), reason: ReadReason::NotMapped }),
            real => self.live.read(real, into).map_err(|error| ReadError { address, ..error }),
        }
    }

    fn read_pieces(&self, pieces: &mut [Piece<'_>]) {
        let mut moved = Vec::new();
        // Not an allocation of what is counted.
        opt_out(|| moved.reserve_exact(pieces.len()));
        for piece in pieces.iter_mut() {
            moved.push(Piece::new(self.real_address(piece.address, piece.into.len()), &mut *piece.into));
        }
        self.live.read_pieces(&mut moved);
        let outcomes = moved.iter().map(|piece| piece.outcome);
        // The pieces cannot be borrowed twice: their outcomes are kept in between.
        let mut kept = Vec::new();
        opt_out(|| kept.extend(outcomes));
        opt_out(|| drop(moved));
        pieces.iter_mut().zip(&kept).for_each(|(piece, outcome)| piece.outcome = *outcome);
        opt_out(|| drop(kept));
    }
}

/// Puts a task on its thread's list, where there is one (3.14+).
fn register(s: &mut Synth, task: u64) {
    if !s.has(numbers::TASK_NODE) {
        return;
    }
    let node = task + s.at(numbers::TASK_NODE);
    let head = s.thread + s.at(numbers::TS_TASKS);
    let last = s.word(head + 8);
    s.put(node, head);
    s.put(node + 8, last);
    s.put(last, node);
    s.put(head + 8, node);
}

/// A full pool of blocks of 64 bytes, as `Objects/obmalloc.c` writes its header: count, free list, two links, arena, class, next, last.
fn small_pool() -> Vec<u8> {
    const BLOCK: u32 = 64;
    let size = u32::try_from(POOL).expect("a small constant");
    let blocks = (size - POOL_HEADER) / BLOCK;
    let mut bytes = vec![0x11; POOL];
    bytes[..48].fill(0);
    for (at, number) in [(0, blocks), (36, BLOCK / 16 - 1), (40, POOL_HEADER + blocks * BLOCK), (44, size - BLOCK)] {
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    bytes
}
