//! Where objects of a running process can live, and which of those pages exist.
//!
//! Objects are made with `malloc` or in pymalloc's arenas: private, writable, anonymous memory, the brk heap among it. A mapped file or a
//! shared mapping holds none. Pages that were never touched are passed over: reading them would find zeros and make the kernel build
//! page tables in the target.

use super::pagemap::Pagemap;
use crate::process::Pid;
use crate::process::maps::{Region, RegionKind};
use std::ops::Range;

/// Variables of one library take less than this.
const LARGEST_DATA: u64 = 64 << 20;

/// Whether objects can live in this region.
#[must_use]
pub fn may_hold_objects(region: &Region) -> bool {
    region.read && region.write && region.private && matches!(region.kind, RegionKind::Anonymous | RegionKind::Heap)
}

/// Whether references to objects can be in this region: beside objects those are variables of C code, and stacks.
#[must_use]
pub fn may_hold_references(region: &Region) -> bool {
    may_hold_objects(region)
        || (region.read
            && region.write
            && region.private
            && match region.kind {
                RegionKind::Stack => true,
                // Larger ones are data files that are mapped, not variables of a program.
                RegionKind::File => region.end - region.start <= LARGEST_DATA,
                _ => false,
            })
}

/// What is left of `ranges` when `cuts` are taken out. Both are in order, and do not overlap among themselves.
#[must_use]
pub fn without(ranges: impl Iterator<Item = Range<u64>>, cuts: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut left = Vec::new();
    let mut cuts = cuts.iter().peekable();
    for range in ranges {
        let mut start = range.start;
        while let Some(cut) = cuts.peek().filter(|cut| cut.start < range.end) {
            if start < cut.start {
                left.push(start..cut.start);
            }
            start = start.max(cut.end);
            if cut.end > range.end {
                // The rest of it is for the next range.
                break;
            }
            cuts.next();
        }
        if start < range.end {
            left.push(start..range.end);
        }
    }
    left
}

/// The parts of `regions` that have content, in order. Where the kernel does not tell, whole regions.
#[must_use]
pub fn with_content<'r>(pid: Pid, regions: impl Iterator<Item = &'r Region>) -> Vec<Range<u64>> {
    ranges_with_content(pid, regions.map(|region| region.start..region.end))
}

/// The parts of `regions`, which begin and end with pages, that have content, in order. Where the kernel does not tell, all of them.
#[must_use]
pub fn ranges_with_content(pid: Pid, regions: impl Iterator<Item = Range<u64>>) -> Vec<Range<u64>> {
    let pagemap = Pagemap::open(pid);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    let mut add = |part: Range<u64>| match ranges.last_mut() {
        Some(last) if last.end == part.start => last.end = part.end,
        _ => ranges.push(part),
    };
    for region in regions {
        match &pagemap {
            Some(pagemap) => pagemap.content(region, &mut add),
            None => add(region),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::maps::Maps;

    const PAGE: u64 = 4096;

    #[test]
    fn untouched_pages_are_passed_over_and_touched_ones_are_not() {
        let map = crate::memory::test_support::map_with_hole(64 * 4096, 32 * 4096, 4096);
        for page in [0usize, 1, 7, 63] {
            map.write_word(page * 4096, 1);
        }
        let maps = Maps::read(Pid::own()).unwrap();
        let wanted = map.start()..map.start() + 64 * 4096;
        let ranges = with_content(Pid::own(), maps.regions().iter().filter(|region| may_hold_objects(region)));
        let pages: Vec<u64> = ranges
            .iter()
            .flat_map(|range| (range.start / PAGE..range.end / PAGE).map(|page| page * PAGE))
            .filter(|page| wanted.contains(page))
            .map(|page| (page - map.start()) / PAGE)
            .collect();
        assert_eq!(pages, [0, 1, 7, 63]);
    }

    #[test]
    fn cuts_leave_what_lies_around_them() {
        let ranges = [10..20, 20..30, 40..50, 60..70, 80..90];
        let cuts = [0..5, 12..14, 16..16, 18..42, 44..60, 66..70, 79..95];
        let left = without(ranges.iter().cloned(), &cuts);
        assert_eq!(left, [10..12, 14..16, 16..18, 42..44, 60..66]);
        assert_eq!(without(ranges.iter().cloned(), &[]), ranges);
    }

    #[test]
    fn files_and_stacks_hold_no_objects() {
        let text = "\
55d0c0000000-55d0c0001000 rw-p 00000000 fe:00 12 /usr/bin/python3.11
55d0c1000000-55d0c1001000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0000001000 rw-p 00000000 00:00 0
7f0000001000-7f0000002000 r--p 00000000 00:00 0
7f0000002000-7f0000003000 rw-s 00000000 00:05 9 /dev/zero (deleted)
7f0000003000-7f0000004000 ---p 00000000 00:00 0
7f0000004000-7f0000005000 rw-p 00000000 00:00 0 [anon: cpython:pymalloc]
7ffd00000000-7ffd00001000 rw-p 00000000 00:00 0 [stack]
";
        let maps = Maps::parse(text.as_bytes());
        let starts: Vec<u64> =
            maps.regions().iter().filter(|region| may_hold_objects(region)).map(|region| region.start).collect();
        assert_eq!(starts, [0x55d0_c100_0000, 0x7f00_0000_0000, 0x7f00_0000_4000]);
    }
}
