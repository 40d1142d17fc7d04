//! Chunks that glibc's `malloc` maps for one request each.
//!
//! A request above a threshold (`M_MMAP_THRESHOLD`: 128 KiB at first, up to 32 MiB once such memory was freed) gets pages of its own from
//! `mmap(2)` (`malloc/malloc.c`, `sysmalloc_mmap`). They begin with two words, and what the program asked for lies behind these:
//!
//! * The first is 0; since glibc 2.43 bit 0 says that the pages are huge ones. Chunks of `memalign` begin elsewhere in
//!   their pages and keep the distance here; they are not recognised.
//! * The second is the length of all pages, since 2.43 without these two words. Of the flags in its low three bits only
//!   `IS_MMAPPED` (2) is set.
//!
//! Any bytes may look like that. Only where a mapping is known to begin do they prove something.

use crate::process::maps::Maps;

/// Bytes of the two words.
pub const HEADER: u64 = 16;
/// Other allocators that programs are started with, as the names of their libraries have it.
const OTHERS: [&str; 7] = ["jemalloc", "tcmalloc", "mimalloc", "rpmalloc", "snmalloc", "hoard", "scudo"];
const PAGE: u64 = 4096;
const IS_MMAPPED: u64 = 2;
const FLAGS: u64 = 7;
const HUGE_PAGES: u64 = 1;

/// The length in bytes of the mapping that begins with this header, if it is one of a chunk.
#[must_use]
pub fn mapped_length(header: [u64; 2]) -> Option<u64> {
    let [offset, head] = header;
    let length = match (offset, head & (PAGE - 1)) {
        (0, IS_MMAPPED) => head & !FLAGS,
        (0 | HUGE_PAGES, rest) if rest == PAGE - HEADER + IS_MMAPPED => (head & !FLAGS).checked_add(HEADER)?,
        _ => return None,
    };
    (length > 0).then_some(length)
}

/// Whether the process takes its memory from glibc's `malloc`: it is loaded, and nothing that is known to take its place.
#[must_use]
pub fn is_glibc(maps: &Maps) -> bool {
    let images = maps.images();
    let names = || images.iter().filter_map(|image| image.path.file_name()).map(std::ffi::OsStr::to_string_lossy);
    let is_glibc = |name: &str| name == "libc.so.6" || name.starts_with("libc-2.");
    names().any(|name| is_glibc(&name)) && !names().any(|name| OTHERS.iter().any(|other| name.contains(other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_both_forms_are_recognised_and_others_are_not() {
        // As glibc 2.36 and 2.43 write them for a bytearray of 150,000 bytes and one of 64 MiB.
        assert_eq!(mapped_length([0, 0x2_5002]), Some(0x2_5000));
        assert_eq!(mapped_length([0, 0x400_1002]), Some(0x400_1000));
        assert_eq!(mapped_length([0, 0x2_4ff2]), Some(0x2_5000));
        assert_eq!(mapped_length([1, 0x3f_fff2]), Some(0x40_0000));
        for header in [
            [0, 2],            // no length
            [0, 0x2_5001],     // a chunk of the heap, before which one is in use
            [0, 0x2_5006],     // one of another arena
            [0, 0x2_5012],     // not whole pages
            [0x10, 0x2_5002],  // begins elsewhere
            [1, 0x2_5002],     // the old form has no flags in the first word
            [0, 0],            // never written
            [0, u64::MAX - 5], // all bits but those
        ] {
            assert_eq!(mapped_length(header), None, "{header:x?}");
        }
    }

    #[test]
    fn the_allocator_is_told_by_the_loaded_libraries() {
        let maps = |paths: &[&str]| {
            let lines = paths
                .iter()
                .enumerate()
                .map(|(at, path)| format!("7f00000{at}0000-7f00000{at}1000 r-xp 00000000 fe:00 {} {path}\n", at + 7));
            Maps::parse(lines.collect::<String>().as_bytes())
        };
        assert!(is_glibc(&maps(&["/usr/bin/python3.13", "/lib/x86_64-linux-gnu/libc.so.6"])));
        assert!(is_glibc(&maps(&["/lib64/libc-2.28.so"])));
        assert!(!is_glibc(&maps(&["/lib/ld-musl-x86_64.so.1"])));
        assert!(!is_glibc(&maps(&["/lib/libc.so.6", "/usr/lib/libjemalloc.so.2"])));
        assert!(!is_glibc(&maps(&["/lib/libc.so.6", "/usr/lib/libtcmalloc_minimal.so.4"])));
    }
}
