//! Which pages of a process have content: `/proc/PID/pagemap`.
//!
//! Linux 6.7 and later can be asked for ranges of pages (`PAGEMAP_SCAN`, `include/uapi/linux/fs.h`), which takes half the time; before that,
//! 8 bytes are read for each page. Neither needs a privilege beyond that of reading the process. We ask only where the kernel tells guards
//! apart (6.16): these look swapped out, and nobody may read them. glibc makes them at the end of stacks.

use crate::process::Pid;
use std::fs::File;
use std::ops::Range;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicBool, Ordering};

const PAGE: u64 = 4096;
/// Page is in memory (bit 63) or swapped out (bit 62): either way it has content.
const HAS_CONTENT: u64 = 0b11 << 62;
/// Page is a guard (bit 58, Linux 6.14+).
const IS_GUARD: u64 = 1 << 58;
/// Entries read at a time.
const ENTRIES: usize = 16 * 1024;
/// `_IOWR('f', 16, struct pm_scan_arg)`.
const PAGEMAP_SCAN: u64 = 3 << 30 | (size_of::<ScanArguments>() as u64) << 16 | (b'f' as u64) << 8 | 16;
/// Categories of `PAGEMAP_SCAN`: in memory, swapped out, guard.
const SCAN_PRESENT: u64 = 1 << 3;
const SCAN_SWAPPED: u64 = 1 << 4;
const SCAN_GUARD: u64 = 1 << 8;
/// Ranges asked for at a time.
const RANGES: usize = 1024;

/// `struct pm_scan_arg`.
#[repr(C)]
#[derive(Debug, Default)]
struct ScanArguments {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct ScannedRange {
    start: u64,
    end: u64,
    categories: u64,
}

/// The open file of one process.
pub(super) struct Pagemap {
    file: File,
    /// Whether the kernel was found not to know `PAGEMAP_SCAN`, or not all of what we ask.
    by_pages: AtomicBool,
}

impl Pagemap {
    /// Of process `pid`. `None` where the kernel refuses, or counts in pages of another size (aarch64 has those).
    pub(super) fn open(pid: Pid) -> Option<Self> {
        let page_size = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
        let file = File::open(format!("/proc/{pid}/pagemap")).ok().filter(|_| page_size == Some(4096))?;
        Some(Self { file, by_pages: AtomicBool::new(false) })
    }

    /// Calls `add` with the parts of `range`, which begins and ends with pages, that have content, in order. Where the kernel does not tell,
    /// with the rest of it.
    pub(super) fn content(&self, range: Range<u64>, add: &mut impl FnMut(Range<u64>)) {
        let mut start = range.start;
        if !self.by_pages.load(Ordering::Relaxed) {
            start = self.scan(&range, add);
            if start < range.end {
                self.by_pages.store(true, Ordering::Relaxed);
            }
        }
        if start < range.end {
            self.read(start..range.end, add);
        }
    }

    /// Asks for ranges. Returns how far the kernel told.
    fn scan(&self, range: &Range<u64>, add: &mut impl FnMut(Range<u64>)) -> u64 {
        let mut found = vec![ScannedRange::default(); RANGES];
        let mut at = range.start;
        while at < range.end {
            let mut arguments = ScanArguments {
                size: size_of::<ScanArguments>() as u64,
                start: at,
                end: range.end,
                vec: found.as_mut_ptr() as u64,
                vec_len: found.len() as u64,
                category_inverted: SCAN_GUARD,
                category_mask: SCAN_GUARD,
                category_anyof_mask: SCAN_PRESENT | SCAN_SWAPPED,
                return_mask: SCAN_PRESENT | SCAN_SWAPPED,
                ..ScanArguments::default()
            };
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_possible_wrap,
                clippy::unnecessary_cast,
                reason = "its type differs between C libraries; 32 bits matter"
            )]
            let request = PAGEMAP_SCAN as libc::Ioctl;
            #[allow(unsafe_code)] // ioctl(2) of this kind has no wrapper in nix
            // SAFETY: the kernel reads and writes `arguments`, whose size it is told, and writes at most `vec_len`
            // elements of `found`. Both live through the call, and any bytes are valid in them.
            let count = unsafe { libc::ioctl(self.file.as_raw_fd(), request, &raw mut arguments) };
            let Ok(count) = usize::try_from(count) else { return at };
            for part in found.iter().take(count) {
                let (start, end) = (part.start.max(at), part.end.min(range.end));
                if start < end {
                    add(start..end);
                }
            }
            if count < found.len() {
                // It has come to the end, and there need not say so: where it paused before is what stands in `walk_end` then.
                return range.end;
            }
            let reached = found.last().map_or(0, |last| last.end).max(arguments.walk_end);
            if reached <= at {
                return at;
            }
            at = reached;
        }
        at
    }

    /// Reads what is told of each page.
    fn read(&self, range: Range<u64>, add: &mut impl FnMut(Range<u64>)) {
        let mut buffer = vec![0; ENTRIES * 8];
        let mut page = range.start / PAGE;
        let last = range.end / PAGE;
        while page < last {
            let count = usize::try_from(last - page).unwrap_or(ENTRIES).min(ENTRIES);
            let into = buffer.get_mut(..count * 8).unwrap_or_default();
            if self.file.read_exact_at(into, page * 8).is_err() {
                return add(page * PAGE..range.end);
            }
            for (number, entry) in (page..).zip(into.chunks_exact(8)) {
                let mut word = [0; 8];
                word.copy_from_slice(entry);
                let flags = u64::from_le_bytes(word);
                if flags & HAS_CONTENT != 0 && flags & IS_GUARD == 0 {
                    add(number * PAGE..(number + 1) * PAGE);
                }
            }
            page += count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(ask: impl FnOnce(&mut dyn FnMut(Range<u64>))) -> Vec<Range<u64>> {
        let mut found: Vec<Range<u64>> = Vec::new();
        ask(&mut |part| match found.last_mut() {
            Some(last) if last.end == part.start => last.end = part.end,
            _ => found.push(part),
        });
        found
    }

    #[test]
    fn both_ways_of_asking_agree() {
        let map = crate::memory::test_support::map_with_hole(5000 * 4096, 32 * 4096, 4096);
        // More ranges than are asked for at a time.
        let touched: Vec<u64> = (0..5000u64).filter(|page| page % 2 == 0 && page % 3 != 0 && *page != 32).collect();
        for page in &touched {
            map.write_word(usize::try_from(*page).unwrap() * 4096, 1);
        }
        let pagemap = Pagemap::open(Pid::own()).unwrap();
        let range = map.start()..map.start() + 5000 * 4096;
        let by_pages = joined(|mut add| pagemap.read(range.clone(), &mut add));
        let expected: Vec<Range<u64>> =
            touched.iter().map(|page| map.start() + page * 4096..map.start() + (page + 1) * 4096).collect();
        assert!(by_pages == expected, "{} ranges, not {}", by_pages.len(), expected.len());
        let either = joined(|mut add| pagemap.content(range.clone(), &mut add));
        assert!(either == expected, "{} ranges, not {}", either.len(), expected.len());
        // Where the kernel knows the request, it answers for all of the range.
        let scanned = joined(|mut add| {
            let told = pagemap.scan(&range, &mut add);
            assert!(told == range.end || told == range.start && pagemap.by_pages.load(Ordering::Relaxed));
        });
        assert!(scanned == expected || pagemap.by_pages.load(Ordering::Relaxed), "{} ranges", scanned.len());
    }
}
