//! Finding the interpreter in a process: where its runtime begins, which version it is, how it is laid out.
//!
//! The anchor is the symbol `_PyRuntime`: CPython exports its symbols dynamically, so it survives `strip`, in the
//! executable or in a shared library. Where even that is gone (an interpreter linked into a program without exports),
//! the section `.PyRuntime` (3.10+) and at last py-spy's heuristics lead to it. Everything else is found
//! from there by following the target's own pointers, and what is found is checked before anything is believed.

use super::asyncio_debug as asyncio_section;
use super::elf::{Elf, ElfError};
use super::known_types::KnownTypes;
use super::layout::{self, GcLocation, Layout, overlay, validate};
use super::version::{FIRST_MINOR, LAST_MINOR, Version};
use super::{Python, py_spy_adapter};
use crate::error::{Error, ErrorKind, Result};
use crate::memory::{Address, Memory};
use crate::process::Target;
use crate::process::maps::{Image, Maps, Region, RegionKind};
use std::ops::Range;

/// First word of `_PyRuntime` from 3.13 on.
const COOKIE: &[u8; 8] = b"xdebugpy";
/// A `.bss` beyond this is searched for the version's text only so far.
const BSS_LIMIT: u64 = 16 << 20;

/// What a search through the images of a process came up with.
struct Anchor {
    runtime: Address,
    version: Version,
    free_threaded: bool,
}

/// Finds the interpreter of `target`, whose memory is `memory`.
///
/// # Errors
/// [`ErrorKind::NotPython`], [`ErrorKind::UnsupportedVersion`], [`ErrorKind::NotInitialized`],
/// [`ErrorKind::LayoutMismatch`], or what keeps its memory from us; [`ErrorKind::ProcessGone`] when it ends meanwhile.
pub fn locate(target: &Target, memory: &dyn Memory) -> Result<Python> {
    // The memory of a process that is ending looks like a layout that nobody knows.
    locate_in(target, memory).map_err(|error| target.check_alive().err().unwrap_or(error))
}

fn locate_in(target: &Target, memory: &dyn Memory) -> Result<Python> {
    let maps = target.maps()?;
    let anchor = find_anchor(target, memory, &maps)?;
    let Anchor { runtime, version, free_threaded } = anchor;
    let unsupported = || unsupported(target, version, free_threaded);
    if !version.is_supported() {
        return Err(unsupported());
    }
    let mut layout = layout::for_version(version.minor, version.micro, free_threaded).ok_or_else(unsupported)?;
    let mut notes = Vec::new();
    let length = overlay::debug_offsets_length(version.minor);
    if length > 0 {
        let bytes = read(target, memory, runtime, length, "its debug offsets")?;
        let drifts = overlay::apply_debug_offsets(&mut layout, &bytes).map_err(|error| refused(target, error))?;
        notes.extend(drifts.iter().filter(|drift| drift.moves_a_field()).map(ToString::to_string));
    }
    check_initialized(target, memory, &layout, runtime)?;
    let lost = "the way from runtime over interpreter, modules and their type does not lead to `type`";
    let type_type = type_of_types(memory, &layout, runtime).ok_or_else(|| mismatch(target, version, lost))?;
    notes.extend(place_generations(target, memory, &mut layout, runtime)?);
    let data = data_around(&maps, type_type);
    let types = KnownTypes::find(memory, &layout, &data, type_type);
    let observed = observe(memory, &layout, &types);
    validate::validate(&layout, &observed).map_err(|found| refused(target, found))?;
    let asyncio_notes = asyncio_section::apply(target, memory, &maps, &mut layout);
    notes.extend(asyncio_notes);
    Ok(Python { version, free_threaded, layout, runtime, types, notes })
}

/// Searches the images for the runtime: the executable first, then what is named like Python, then all others.
fn find_anchor(target: &Target, memory: &dyn Memory, maps: &Maps) -> Result<Anchor> {
    let mut images = maps.images();
    images.sort_by_key(|image| rank(target, image));
    // A Python too old to have a runtime structure is a Python all the same, and the user wants to hear that.
    let mut too_old = None;
    let mut unreadable = None;
    for image in &images {
        let elf = match open(target, memory, image) {
            Ok(elf) => elf,
            Err(ElfError::NotElf) => continue,
            Err(error) => {
                unreadable.get_or_insert((image.path.clone(), error));
                continue;
            }
        };
        let names = ["_PyRuntime", "Py_Version", "Py_GetVersion"];
        let Ok([runtime, hex, get_version]) = elf.symbols(names) else { continue };
        let Some(bias) = elf.bias(Address::new(image.start())) else { continue };
        let place = |linked: u64| Address::new(linked.wrapping_add(bias));
        let runtime = runtime.map(|symbol| symbol.value).or_else(|| Some(elf.section(".PyRuntime")?.address));
        let version_text = || {
            let bss = elf.section(".bss")?;
            let bytes = memory.bytes(place(bss.address), bss.size.min(BSS_LIMIT), usize::MAX).ok()?;
            Version::find_in(&bytes)
        };
        let Some(runtime) = runtime.map(place) else {
            if get_version.is_some() && too_old.is_none() {
                too_old = version_text();
            }
            continue;
        };
        let Ok(cookie) = memory.bytes(runtime, 24, 24) else { continue };
        if let (Some(COOKIE), Some(hex), Some(free_threaded)) =
            (cookie.first_chunk(), word(&cookie, 8), word(&cookie, 16))
            && let Some(version) = Version::from_hex(hex)
        {
            return Ok(Anchor { runtime, version, free_threaded: free_threaded == 1 });
        }
        let exported = hex
            .and_then(|symbol| memory.bytes(place(symbol.value), 4, 4).ok())
            .and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)))
            .and_then(|hex| Version::from_hex(u64::from(hex)));
        if let Some(version) = exported.or_else(version_text).or_else(|| version_in_name(image)) {
            return Ok(Anchor { runtime, version, free_threaded: false });
        }
    }
    if let Some(version) = too_old {
        return Err(unsupported(target, version, false));
    }
    if let Some(found) = py_spy_adapter::find(target, memory) {
        return Ok(Anchor { runtime: found.runtime, version: found.version, free_threaded: false });
    }
    target.check_alive()?;
    let error = Error::new(ErrorKind::NotPython, format!("{} is not CPython", target.name()));
    Err(match unreadable {
        Some((path, why)) => {
            error.caused_by(format!("no interpreter in it; {} could not be looked into: {why}", path.display()))
        }
        None => error.caused_by("no interpreter is mapped into it").hint("see what can be looked at: `coroscope list`"),
    })
}

fn rank(target: &Target, image: &Image) -> u8 {
    let name = image.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if name.starts_with("libpython") {
        1
    } else if image.path == target.exe() {
        0
    } else if name.contains("python") {
        2
    } else {
        3
    }
}

fn open(target: &Target, memory: &dyn Memory, image: &Image) -> Result<Elf, ElfError> {
    match target.open_image(image) {
        Ok(file) => Elf::open(file),
        // The file is out of reach; what the loader mapped is not.
        Err(error) => Elf::from_memory(memory, Address::new(image.start())).map_err(|mapped| match mapped {
            ElfError::NotElf => ElfError::NotElf,
            _ => error.into(),
        }),
    }
}

/// `libpython3.10.so.1.0` and `python3.8` name their minor version: the last resort.
fn version_in_name(image: &Image) -> Option<Version> {
    let name = image.path.file_name()?.to_string_lossy().into_owned();
    let digits = name.split_once("python3.")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    let minor: u64 = digits.get(..end)?.parse().ok()?;
    Version::from_hex(0x0300_00f0 | minor.checked_mul(1 << 16)?)
}

fn check_initialized(target: &Target, memory: &dyn Memory, layout: &Layout, runtime: Address) -> Result<()> {
    let initialized = layout
        .runtime
        .initialized
        .at(runtime)
        .ok()
        .and_then(|at| memory.bytes(at, 4, 4).ok())
        .and_then(|bytes| Some(i32::from_le_bytes(bytes.try_into().ok()?)));
    if initialized == Some(1) {
        return Ok(());
    }
    target.check_alive()?;
    Err(Error::new(ErrorKind::NotInitialized, format!("Python in {} is not running", target.name()))
        .caused_by("its runtime is not initialized: it is starting, or shutting down")
        .hint("try again in a moment"))
}

/// `type`, found from the runtime alone: the main interpreter's dict of modules has a type, and that has `type` as its type, as `type` itself has.
fn type_of_types(memory: &dyn Memory, layout: &Layout, runtime: Address) -> Option<Address> {
    let follow = |base: Address, field: layout::Field| memory.pointer(field.at(base).ok()?).ok()?.non_null();
    let interpreter = follow(runtime, layout.runtime.interpreters_main)
        .or_else(|| follow(runtime, layout.runtime.interpreters_head))?;
    let modules = follow(interpreter, layout.interpreter.modules)?;
    let class = follow(modules, layout.object.ob_type)?;
    let type_type = follow(class, layout.object.ob_type)?;
    (follow(type_type, layout.object.ob_type)? == type_type).then_some(type_type)
}

/// Lets the collector of the main interpreter say where its lists are.
fn place_generations(
    target: &Target,
    memory: &dyn Memory,
    layout: &mut Layout,
    runtime: Address,
) -> Result<Option<String>> {
    let gc = match layout.gc_location {
        GcLocation::Runtime => layout.runtime.gc.at(runtime).ok(),
        GcLocation::Interpreter => layout
            .runtime
            .interpreters_main
            .at(runtime)
            .ok()
            .and_then(|at| memory.pointer(at).ok())
            .and_then(|interpreter| layout.interpreter.gc.at(interpreter).ok()),
    };
    let place = gc.and_then(|gc| Some((gc, layout.gc.generation0.at(gc).ok()?)));
    let Some((gc, at)) = place else { return Ok(None) };
    let generation0 = memory.pointer(at).map_err(|error| unreadable(target, "the collector's state", &error))?;
    let drift = overlay::apply_generation0(layout, gc, generation0).map_err(|error| refused(target, error))?;
    Ok(drift.map(|drift| drift.to_string()))
}

/// The writable data of the image that `type_type` lies in: its region, and those that touch it.
fn data_around(maps: &Maps, type_type: Address) -> Vec<Range<u64>> {
    let is_data = |region: &Region| {
        region.read && region.write && matches!(region.kind, RegionKind::File | RegionKind::Anonymous)
    };
    let mut joined: Vec<Range<u64>> = Vec::new();
    for region in maps.regions().iter().filter(|region| is_data(region)) {
        match joined.last_mut() {
            Some(last) if last.end == region.start => last.end = region.end,
            _ => joined.push(region.start..region.end),
        }
    }
    joined.retain(|range| range.contains(&type_type.get()));
    joined
}

fn observe(memory: &dyn Memory, layout: &Layout, types: &KnownTypes) -> validate::Observed {
    let basic_size = |class: Option<Address>| memory.word(layout.type_object.tp_basicsize.at(class?).ok()?).ok();
    validate::Observed {
        type_object: basic_size(types.type_type),
        coroutine: basic_size(types.coroutine),
        generator: basic_size(types.generator),
        async_generator: basic_size(types.async_generator),
        code: basic_size(types.code),
        function: basic_size(types.function),
        method: basic_size(types.method),
        module: basic_size(types.module),
        tuple: basic_size(types.tuple),
        list: basic_size(types.list),
        dict: basic_size(types.dict),
        set: basic_size(types.set),
        ..validate::Observed::default()
    }
}

fn read(target: &Target, memory: &dyn Memory, address: Address, length: usize, what: &str) -> Result<Vec<u8>> {
    memory.bytes(address, length as u64, length).map_err(|error| unreadable(target, what, &error))
}

fn unreadable(target: &Target, what: &str, why: &dyn std::fmt::Display) -> Error {
    match target.check_alive() {
        Err(gone) => gone,
        Ok(()) => Error::new(ErrorKind::Unreadable, format!("cannot read {what} in {}", target.name())).caused_by(why),
    }
}

fn unsupported(target: &Target, version: Version, free_threaded: bool) -> Error {
    let build = if free_threaded { " (free-threaded)" } else { "" };
    Error::new(ErrorKind::UnsupportedVersion, format!("{} runs Python {version}{build}", target.name()))
        .caused_by(format!("coroscope reads CPython 3.{FIRST_MINOR} to 3.{LAST_MINOR}, and not {version}{build}"))
}

fn mismatch(target: &Target, version: Version, what: &str) -> Error {
    Error::new(
        ErrorKind::LayoutMismatch,
        format!("{} runs a build of Python {version} that is laid out otherwise", target.name()),
    )
    .caused_by(what)
    .hint("please report this line with where the interpreter comes from (distribution, build options)")
}

/// The target's own words, or its types, contradict our tables.
fn refused(target: &Target, why: impl Into<Error>) -> Error {
    let why = why.into();
    let error = Error::new(why.kind(), format!("{} cannot be read", target.name())).caused_by(&why);
    why.hints().iter().fold(error, Error::hint)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
