//! The offsets that asyncio publishes about itself (3.14+).
//!
//! They lie in a section `.AsyncioDebug` of whatever image holds the C part of asyncio: `_asyncio.*.so`, or
//! the interpreter itself where the distribution links it in. They have no cookie, and are there only once asyncio was imported.

use super::elf::Elf;
use super::layout::{Layout, asyncio_debug};
use crate::memory::{Address, Memory};
use crate::process::Target;
use crate::process::maps::{Image, Maps};

/// Puts the offsets over the table, if an image has them; returns notes about what was otherwise than the table says.
pub(super) fn apply(target: &Target, memory: &dyn Memory, maps: &Maps, layout: &mut Layout) -> Vec<String> {
    if layout.minor < 14 {
        return Vec::new();
    }
    let mut images = maps.images();
    // The likely ones first: a process maps dozens of images, and opening one costs several system calls.
    images.sort_by_key(|image| {
        let name = image.path.to_string_lossy();
        if name.contains("_asyncio") { 0 } else { 1 + u8::from(!name.contains("python")) }
    });
    let bytes = images.iter().find_map(|image| section(target, memory, image));
    match bytes.map(|bytes| asyncio_debug::apply_asyncio_debug(layout, &bytes)) {
        None => Vec::new(),
        Some(Ok(drifts)) => drifts.iter().filter(|drift| drift.moves_a_field()).map(ToString::to_string).collect(),
        Some(Err(error)) => vec![format!("the offsets asyncio publishes are not used: {error}")],
    }
}

fn section(target: &Target, memory: &dyn Memory, image: &Image) -> Option<Vec<u8>> {
    let elf = Elf::open(target.open_image(image).ok()?).ok()?;
    let section = elf.section(".AsyncioDebug")?;
    let place = section.address.wrapping_add(elf.bias(Address::new(image.start()))?);
    memory.bytes(Address::new(place), section.size, 4096).ok()
}
