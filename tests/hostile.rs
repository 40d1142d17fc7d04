//! Memory that lies in every field: heaps made by hand, then damaged at random, and read by everything that reads.
//!
//! The outcome may be any error or any nonsense – but no panic, and never more reads than a bound that holds for every case. Each case follows from
//! its number alone; `COROSCOPE_FUZZ_SEED` sets the first one, `COROSCOPE_FUZZ_CASES` how many there are,
//! `COROSCOPE_FUZZ_SECONDS` how long to go on instead.

mod synth_heap;

use coroscope::asyncio::Asyncio;
use coroscope::heap::candidates::{AsyncGeneratorMethod, Candidate, CandidateKind, Wanted};
use coroscope::heap::references::References;
use coroscope::heap::{GeneratorKind, Heap, TypeFlags};
use coroscope::look::{Settings, examine};
use coroscope::memory::{Address, Memory, ReadError, ReadReason};
use coroscope::process::maps::Maps;
use coroscope::report::Mode;
use coroscope::runtime::elf::Elf;
use coroscope::runtime::layout::{asyncio_debug, for_version, overlay, validate};
use coroscope::runtime::{KnownTypes, Python, Version, interpreters};
use std::cell::Cell;
use std::io::Write;
use std::time::{Duration, Instant};
use synth_heap::{Build, Program};

const BASE: u64 = 0x5600_0000_0000;
/// Cases in a run that is not told how long to take.
const CASES: u64 = 4000;
/// No case may need more of either. The worst of 140,000 cases took 4.7 million reads; 48 million before namespaces were bounded.
const MOST_READS: u64 = 20_000_000;
const MOST_BYTES: u64 = 4 << 30;

/// Different words that lie outside of the heap.
const WORDS: usize = 1024;

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// What lies where no block is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outside {
    Nothing,
    /// Words without end, that lead back into the heap or further out.
    Everything,
}

/// A damaged heap. Counts what is asked of it, and gives nothing more beyond the bound.
struct Hostile<'a> {
    start: u64,
    bytes: &'a [u8],
    outside: Outside,
    words: &'a [u64],
    reads: Cell<u64>,
    read_bytes: Cell<u64>,
}

impl Memory for Hostile<'_> {
    fn read(&self, address: Address, into: &mut [u8]) -> Result<(), ReadError> {
        self.reads.set(self.reads.get() + 1);
        self.read_bytes.set(self.read_bytes.get() + into.len() as u64);
        let failed = ReadError { address, wanted: into.len(), reason: ReadReason::NotMapped };
        if self.reads.get() > MOST_READS || self.read_bytes.get() > MOST_BYTES {
            return Err(failed);
        }
        let from = address.get().checked_sub(self.start).and_then(|from| usize::try_from(from).ok());
        let inside = from.and_then(|from| self.bytes.get(from..from.checked_add(into.len())?));
        match (inside, self.outside) {
            (Some(bytes), _) => into.copy_from_slice(bytes),
            // The lowest page is never mapped, and addresses end.
            (None, Outside::Everything) if address.get() >= 4096 && address.get() < u64::MAX / 2 => {
                for (number, chunk) in (address.get() / 8..).zip(into.chunks_mut(8)) {
                    let word = self.words[mix(number) as usize % WORDS];
                    chunk.copy_from_slice(&word.to_le_bytes()[..chunk.len()]);
                }
            }
            _ => return Err(failed),
        }
        Ok(())
    }
}

/// A word that a heap could never, or just, have.
fn nasty(random: &mut Random, program: &Program) -> u64 {
    let synth = &program.synth;
    let length = synth.bytes.len() as u64;
    let anywhere = synth.base + random.below(length);
    let objects = synth.tracked_objects();
    let object = objects.get(random.below(objects.len() as u64) as usize).copied().unwrap_or(anywhere);
    let types: Vec<u64> = synth.types.values().copied().collect();
    match random.below(16) {
        0 => 0,
        1 => 1,
        2 => u64::MAX,
        3 => random.below(300),
        4 => 1 << random.below(64),
        5 => (1 << random.below(64)) - 1,
        6 => random.next(),
        7 | 8 => object,
        9 => object.wrapping_add(random.below(17)).wrapping_sub(8),
        10 => anywhere & !7,
        11 => anywhere,
        12 => synth.base + length - random.below(64),
        13 => (anywhere & !0xfff).wrapping_sub(random.below(9)),
        14 => synth.base.wrapping_sub(1 << random.below(40)) & !7,
        _ => types.get(random.below(types.len() as u64) as usize).copied().unwrap_or(0),
    }
}

/// Damages some words; now and then a single byte, or a word copied from elsewhere.
fn damage(random: &mut Random, program: &Program, bytes: &mut [u8]) {
    let words = bytes.len() as u64 / 8;
    let changes = match random.below(8) {
        0 => 0,
        1..4 => 1 + random.below(4),
        4..7 => 1 + random.below(64),
        _ => words / 16,
    };
    // Most of the block is empty room in the state structures: prefer what holds something.
    for _ in 0..changes {
        let mut at = random.below(words) as usize * 8;
        for _ in 0..8 {
            if bytes[at..at + 8] != [0; 8] {
                break;
            }
            at = random.below(words) as usize * 8;
        }
        match random.below(8) {
            0 => bytes[at + random.below(8) as usize] = random.next() as u8,
            1 => {
                let from = random.below(words) as usize * 8;
                bytes.copy_within(from..from + 8, at);
            }
            2 => {
                let itself = program.synth.base + at as u64;
                bytes[at..at + 8].copy_from_slice(&(itself & !15).to_le_bytes());
            }
            _ => {
                let word = nasty(random, program);
                bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
            }
        }
    }
}

/// Everything that reads, at honest and at dishonest places. What comes out does not matter.
fn read_everything(python: &Python, memory: &Hostile<'_>, program: &Program, random: &mut Random) {
    let settings = Settings {
        mode: Mode::Nonblocking,
        settle: Duration::ZERO,
        timeout: Duration::from_secs(3600),
        pause_budget: Duration::from_millis(2),
        max_memory: Settings::DEFAULT_MEMORY,
        locals: true,
        instances: 8,
        retainers: true,
        call_sites: true,
    };
    let mut candidates = program.candidates();
    for _ in 0..8 {
        let kind = match random.below(12) {
            0 => CandidateKind::Generator(GeneratorKind::Coroutine),
            1 => CandidateKind::Generator(GeneratorKind::AsyncGenerator),
            2 => CandidateKind::Generator(GeneratorKind::Generator),
            3 => CandidateKind::CoroutineWrapper,
            4 => CandidateKind::Future,
            5 => CandidateKind::GatheringFuture,
            6 => CandidateKind::PythonFuture,
            7 => CandidateKind::ConcurrentFuture,
            8 => CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Send),
            9 => CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Throw),
            10 => CandidateKind::AsyncGeneratorMethod(AsyncGeneratorMethod::Next),
            _ => CandidateKind::Deque,
        };
        candidates.push(Candidate { address: Address::new(nasty(random, program)), kind });
    }
    let _ = examine(python, memory, Some(&candidates), &settings);
    let _ = examine(python, memory, None, &settings);

    let heap = Heap::new(memory, &python.layout, &python.types);
    let mut places: Vec<Address> = candidates.iter().map(|candidate| candidate.address).collect();
    places.extend((0..8).map(|_| Address::new(nasty(random, program))));
    for place in &places {
        read_object(&heap, *place);
    }
    let Ok(interpreters) = interpreters(python, memory) else { return };
    for interpreter in interpreters.iter().take(2) {
        let asyncio = Asyncio::find(&heap, interpreter.modules);
        let references = References::new(&heap, &[asyncio.foreign_types()]);
        for place in &places {
            let _ = references.visit_or_guess(*place, &mut |edge, target| {
                let _ = (edge, heap.looks_like_object(target));
            });
        }
        if let Ok(gc) = heap.gc_state(python.runtime, interpreter.address) {
            let _ = heap.is_collecting(gc);
            let _ = heap.walk(&[gc], &Wanted::of(&python.types, [asyncio.deque_type]), || false);
        }
        let registered = asyncio.registered_tasks(&heap, interpreter);
        let tasks: Vec<_> = registered.addresses.iter().take(64).filter_map(|t| asyncio.task(&heap, *t).ok()).collect();
        let _ = asyncio.done_callbacks(&heap, &tasks);
        let loops: Vec<Address> = tasks.iter().filter_map(|task| task.event_loop).collect();
        let _ = asyncio.event_loops(&heap, interpreter, &loops);
        for task in &tasks {
            let _ = task.name(&heap);
        }
    }
}

fn read_object(heap: &Heap<'_>, place: Address) {
    for kind in [GeneratorKind::Coroutine, GeneratorKind::AsyncGenerator, GeneratorKind::Generator] {
        let Ok(generator) = heap.generator(place, kind) else { continue };
        let _ = heap.origin(&generator);
        let _ = heap.awaited_by(&generator);
        let _ = heap.generator_qualname(&generator);
        let _ = heap.generator_shallow_size(&generator);
        let _ = heap.generator_function(&generator).map(|function| heap.function_module(function));
        let Some(frame) = generator.frame else { continue };
        let _ = heap.frame_slots(&frame);
        let _ = heap.frame_stack(&frame);
        let _ = heap.frame_globals(&frame).map(|globals| heap.dict_value(globals, "__name__"));
        if let (Ok(code), Ok(offset)) = (heap.code(generator.code), heap.frame_offset(&frame)) {
            let _ = heap.code_line(&code, offset);
        }
    }
    if let Ok(code) = heap.code(place) {
        let _ = (heap.code_qualname(&code), heap.code_file(&code), heap.code_slots(&code), heap.bytecode(&code));
        for offset in [i64::MIN, -2, 0, 8, 1 << 20, i64::MAX] {
            let _ = heap.code_line(&code, offset);
        }
    }
    for method in [AsyncGeneratorMethod::Send, AsyncGeneratorMethod::Throw, AsyncGeneratorMethod::Next] {
        let _ = heap.method_call(place, method);
    }
    let _ = (heap.exception_arguments(place), heap.traceback(place), heap.refcount(place));
    let _ = (heap.subclasses(place, 100), heap.instance_block_of(place));
    let _ = heap.frame_chain(place);
    let _ = heap.type_of(place).map(|class| (heap.type_info(class), heap.qualified_type_name(class)));
    let _ = (heap.type_info(place), heap.type_dict(place), heap.qualified_type_name(place));
    let _ = (heap.is_a(place, TypeFlags::STR), heap.derives_from(place, &[Address::new(8)]));
    let _ = (heap.text(place, 100), heap.label(place), heap.byte_string(place, 1 << 16), heap.is_text(place, "data"));
    let _ = (heap.integer(place), heap.float(place), heap.boolean(place), heap.is_none(place));
    let _ = (heap.tuple_items(place), heap.list_items(place), heap.set_items(place), heap.deque_items(place));
    let _ = (heap.dict_entries(place), heap.dict_value(place, "data"));
    let _ = (heap.instance_entries(place), heap.attribute(place, "_ready"), heap.slot_value(place, "_callback"));
    let _ = (heap.cell_contents(place), heap.weakly_referenced(place), heap.wrapped_coroutine(place));
    let _ = (heap.context_mapping(place), heap.mapping_entries(place), heap.context_variable_name(place));
    let _ = (heap.class_attribute(place, "slow_callback_duration"), heap.number(place));
    let _ = (heap.method_parts(place), heap.builtin_self(place), heap.function_referents(place));
    let _ = (heap.slot_name(place, 64), heap.closure_names(place), heap.default_names(place));
    let _ = (heap.words(place, 1 << 12), heap.is_linked(place), heap.generator_kind(place));
}

/// A layout as a target may talk us into it: debug offsets that are plausible one by one.
fn talked_into(random: &mut Random, python: &Python) -> Option<coroscope::runtime::layout::Layout> {
    let mut layout = for_version(python.layout.minor, python.layout.micro, python.free_threaded)?;
    let mut block = plausible_offsets(&layout)?;
    for _ in 0..random.below(12) {
        let at = random.below(block.len() as u64) as usize;
        block[at] = match random.below(4) {
            0 => random.next(),
            1 => 4096,
            _ => random.below(64) * 8,
        };
    }
    overlay::apply_debug_offsets(&mut layout, &bytes_of(&block)).ok()?;
    let asyncio: Vec<u64> = (0..13).map(|_| random.below(32) * 8 + random.below(9) / 8).collect();
    let _ = asyncio_debug::apply_asyncio_debug(&mut layout, &bytes_of(&asyncio));
    let (gc, generation0) = (Address::new(random.next()), Address::new(random.next()));
    let _ = overlay::apply_generation0(&mut layout, gc, generation0);
    let _ = validate::validate(&layout, &validate::Observed::default());
    Some(layout)
}

fn bytes_of(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A block of debug offsets that is taken: all offsets 0, all sizes 4096. Which words are sizes is found by trying.
fn plausible_offsets(layout: &coroscope::runtime::layout::Layout) -> Option<Vec<u64>> {
    let length = overlay::debug_offsets_length(layout.minor) / 8;
    let mut block = vec![0; length];
    *block.first_mut()? = u64::from_le_bytes(*b"xdebugpy");
    block[1] = 0x0300_00f0 | u64::from(layout.minor) << 16 | u64::from(layout.micro) << 8;
    block[2] = u64::from(layout.free_threaded);
    let taken = |block: &[u64]| overlay::apply_debug_offsets(&mut layout.clone(), &bytes_of(block));
    let mut error = taken(&block).err();
    for at in 3..length {
        block[at] = 4096;
        let now = taken(&block).err();
        // Still the same complaint, or one about this very word: it is no size.
        if now == error || matches!(now, Some(overlay::OverlayError::Implausible { found: 4096, .. })) {
            block[at] = 0;
        } else {
            error = now;
        }
    }
    error.is_none().then_some(block)
}

#[test]
fn a_target_can_talk_us_into_a_layout() {
    // Otherwise the cases below would damage nothing but their own way in.
    for build in [Build::V313, Build::V314, Build::V315, Build::V314t, Build::V315t] {
        let (minor, micro) = build.release();
        let layout = for_version(minor, micro, build.is_free_threaded()).unwrap();
        assert!(plausible_offsets(&layout).is_some(), "{build:?}");
    }
}

/// One damaged heap; returns reads and bytes.
fn heap_case(number: u64, programs: &[(Program, Python)], words: &[Vec<u64>]) -> (u64, u64) {
    let mut random = Random(mix(number));
    let which = random.below(programs.len() as u64) as usize;
    let (program, python) = &programs[which];
    let mut bytes = program.synth.bytes.clone();
    if random.below(16) == 0 {
        // Nothing but lies.
        for at in (0..bytes.len() & !7).step_by(8) {
            let word = words[which][random.below(words[which].len() as u64) as usize];
            bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
    } else {
        damage(&mut random, program, &mut bytes);
    }
    let outside = if random.below(3) == 0 { Outside::Everything } else { Outside::Nothing };
    let memory = Hostile {
        start: program.synth.base,
        bytes: &bytes,
        outside,
        words: &words[which],
        reads: Cell::new(0),
        read_bytes: Cell::new(0),
    };
    let mut python = python.clone();
    if random.below(8) == 0
        && let Some(layout) = talked_into(&mut random, &python)
    {
        python.layout = layout;
    }
    if random.below(4) == 0 {
        let data = program.synth.data();
        let type_type = Address::new(program.synth.type_of("type"));
        python.types = KnownTypes::find(&memory, &python.layout, &[data], type_type);
    }
    read_everything(&python, &memory, program, &mut random);
    let (reads, read_bytes) = (memory.reads.get(), memory.read_bytes.get());
    assert!(reads <= MOST_READS && read_bytes <= MOST_BYTES, "case {number}: {reads} reads, {read_bytes} bytes");
    (reads, read_bytes)
}

/// One of our own images, damaged: as a file, and as the loader leaves it in memory.
fn image_case(number: u64, image: &[u8], words: &[u64]) {
    let mut random = Random(mix(number));
    let mut bytes = image.to_vec();
    for _ in 0..1 + random.below(24) {
        // Headers at the start, section headers at the end, tables between.
        let length = bytes.len() as u64;
        let at = match random.below(4) {
            0 => random.below(64),
            1 => random.below(1024),
            2 => length - 1 - random.below(4096),
            _ => random.below(length),
        } as usize;
        let width = [1, 2, 4, 8][random.below(4) as usize].min(bytes.len() - at);
        let word = [0, 1, u64::MAX, random.next(), 1 << random.below(64), length, random.below(4096)]
            [random.below(7) as usize];
        bytes[at..at + width].copy_from_slice(&word.to_le_bytes()[..width]);
    }
    if random.below(8) == 0 {
        bytes.truncate(random.below(image.len() as u64) as usize);
    }
    let ask = |elf: &Elf| {
        let _ = elf.symbols(["_PyRuntime", "Py_Version", "malloc"]);
        let _ = (elf.section(".PyRuntime"), elf.section(".bss"), elf.bias(Address::new(BASE)), elf.segments().count());
    };
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    if let Ok(elf) = Elf::open(file) {
        ask(&elf);
    }
    let memory = Hostile {
        start: BASE,
        bytes: &bytes,
        outside: if random.below(2) == 0 { Outside::Everything } else { Outside::Nothing },
        words,
        reads: Cell::new(0),
        read_bytes: Cell::new(0),
    };
    if let Ok(elf) = Elf::from_memory(&memory, Address::new(BASE)) {
        ask(&elf);
    }
    assert!(memory.reads.get() < 100 && memory.read_bytes.get() < 1 << 28, "image case {number}");
}

/// Texts: the list of mappings, the version's text.
fn text_case(number: u64, maps: &[u8]) {
    let mut random = Random(mix(number));
    let mut text = maps.to_vec();
    for _ in 0..1 + random.below(40) {
        let at = random.below(text.len() as u64) as usize;
        text[at] =
            [b' ', b'-', b':', b'\n', b'\\', b'0', b'f', 0, 0xff, random.next() as u8][random.below(10) as usize];
    }
    text.truncate(random.below(text.len() as u64 + 1) as usize);
    let parsed = Maps::parse(&text);
    let _ = (parsed.images(), parsed.find(random.next()));
    let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count();
    assert_eq!(parsed.regions().len() + parsed.skipped(), lines, "text case {number}");
    let versions: Vec<u8> = (0..200).map(|_| b" (3.13.2+rcab19\0"[random.below(16) as usize]).collect();
    let _ = (Version::find_in(&versions), Version::from_hex(random.next()));
}

/// The smallest ELF image that is mapped into ourselves.
fn small_image() -> Vec<u8> {
    let maps = Maps::read(coroscope::process::Pid::own()).unwrap();
    let images = maps.images();
    let files = images.iter().filter_map(|image| std::fs::read(&image.path).ok());
    files.filter(|bytes| bytes.starts_with(b"\x7fELF")).min_by_key(Vec::len).unwrap()
}

#[test]
fn no_lie_makes_a_reader_panic_or_read_without_end() {
    let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = setting("COROSCOPE_FUZZ_SEED").unwrap_or(0);
    let seconds = setting("COROSCOPE_FUZZ_SECONDS");
    let most_cases = setting("COROSCOPE_FUZZ_CASES").unwrap_or(CASES);
    let begun = Instant::now();
    let programs: Vec<(Program, Python)> = Build::ALL
        .into_iter()
        .map(|build| {
            let program = Program::new(build, BASE);
            let python = program.synth.python();
            (program, python)
        })
        .collect();
    // The same for every run: a case follows from its number alone.
    let mut random = Random(1);
    let words: Vec<Vec<u64>> =
        programs.iter().map(|(program, _)| (0..WORDS).map(|_| nasty(&mut random, program)).collect()).collect();
    let image = small_image();
    let maps = std::fs::read("/proc/self/maps").unwrap();
    let (mut most, mut cases) = ((0, 0, 0), 0u64);
    let mut slowest = (Duration::ZERO, 0);
    loop {
        let number = first + cases;
        let done = seconds.map_or(cases >= most_cases, |seconds| begun.elapsed().as_secs() >= seconds);
        if done {
            break;
        }
        let started = Instant::now();
        let outcome = std::panic::catch_unwind(|| {
            let counts = heap_case(number, &programs, &words);
            if number % 8 == 0 {
                image_case(number, &image, &words[0]);
            }
            text_case(number, &maps);
            counts
        });
        let Ok((reads, bytes)) = outcome else {
            panic!("case {number} failed: run again with COROSCOPE_FUZZ_SEED={number} COROSCOPE_FUZZ_CASES=1");
        };
        most = most.max((reads, bytes, number));
        slowest = slowest.max((started.elapsed(), number));
        cases += 1;
    }
    println!(
        "{cases} cases from {first} on; the most expensive: {} reads, {} bytes (case {}); the slowest: {:?} (case {})",
        most.0, most.1, most.2, slowest.0, slowest.1
    );
}
