//! What lies where in an address space: `/proc/PID/maps`, parsed without believing it.
//!
//! Format: `proc_pid_maps(5)`. The kernel writes a line feed in a path as `\012` and nothing else
//! escaped, appends ` (deleted)` to the path of a file that has no name any more, and puts names of its
//! own into brackets.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::Pid;

/// More than the most fragmented process has (65 530 mappings by default, about 100 bytes a line).
const LIMIT: u64 = 256 << 20;

/// What a mapping is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegionKind {
    /// Part of a file, or of shared memory that has an inode.
    File,
    /// The `brk` heap.
    Heap,
    /// The stack of the first thread (stacks of others are [`Anonymous`](Self::Anonymous)).
    Stack,
    /// Memory without a file; also memory the program named with `PR_SET_VMA_ANON_NAME`.
    Anonymous,
    /// Made by the kernel: `vdso`, `vvar`, `vsyscall`, … Some of these cannot be read from outside.
    Special(&'static str),
}

/// One line of the file: a range with one set of rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// First address.
    pub start: u64,
    /// Address behind the last; greater than `start`.
    pub end: u64,
    /// The target may read it.
    pub read: bool,
    /// The target may write it.
    pub write: bool,
    /// The target may execute it.
    pub execute: bool,
    /// Copy on write; otherwise shared.
    pub private: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// Major and minor number of the file's device. On overlayfs and btrfs not what `stat(2)` says.
    pub device: (u32, u32),
    /// Number of the file; 0 without one.
    pub inode: u64,
    /// Path of the file as the target's root has it, without ` (deleted)`. Only for [`RegionKind::File`].
    pub path: Option<PathBuf>,
    /// Whether the file has lost its name. A file whose name ends in ` (deleted)` looks the same.
    pub deleted: bool,
    /// What it is for.
    pub kind: RegionKind,
}

impl Region {
    /// Its length in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.end - self.start
    }

    /// Whether `address` lies in it.
    #[must_use]
    pub const fn contains(&self, address: u64) -> bool {
        self.start <= address && address < self.end
    }
}

/// A file that is mapped, with all its mappings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Path as the target's root has it, without ` (deleted)`.
    pub path: PathBuf,
    /// Whether the file has lost its name: replaced by an upgrade, or removed.
    pub deleted: bool,
    /// See [`Region::device`].
    pub device: (u32, u32),
    /// Number of the file.
    pub inode: u64,
    /// Its mappings by address; never empty.
    pub regions: Vec<Region>,
}

impl Image {
    /// The lowest address it is mapped at.
    #[must_use]
    pub fn start(&self) -> u64 {
        self.regions.first().map_or(0, |region| region.start)
    }
}

/// The mappings of a process at one moment, by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maps {
    regions: Vec<Region>,
    skipped: usize,
}

impl Maps {
    /// The present mappings of a process. Empty for a kernel thread and for one that has just ended.
    ///
    /// # Errors
    /// When the file cannot be opened or read: the process is gone, or the kernel refuses.
    pub fn read(pid: Pid) -> io::Result<Self> {
        // The kernel gives a page at a time; room for all of a usual process spares growing in steps.
        let mut bytes = Vec::with_capacity(64 << 10);
        File::open(format!("/proc/{pid}/maps"))?.take(LIMIT).read_to_end(&mut bytes)?;
        Ok(Self::parse(&bytes))
    }

    /// Reads the text of a maps file. Lines that make no sense are left out and counted.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut maps = Self::default();
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            match region(line) {
                Some(region) => maps.regions.push(region),
                None => maps.skipped += 1,
            }
        }
        // The kernel sorts already; `find` must not depend on it.
        maps.regions.sort_by_key(|region| (region.start, region.end));
        maps
    }

    /// All mappings by address.
    #[must_use]
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// How many lines made no sense.
    #[must_use]
    pub const fn skipped(&self) -> usize {
        self.skipped
    }

    /// The mapping that holds `address`.
    #[must_use]
    pub fn find(&self, address: u64) -> Option<&Region> {
        let after = self.regions.partition_point(|region| region.start <= address);
        self.regions.get(after.checked_sub(1)?).filter(|region| region.contains(address))
    }

    /// The mapped files by lowest address.
    #[must_use]
    pub fn images(&self) -> Vec<Image> {
        let mut images: Vec<Image> = Vec::new();
        let mut known: HashMap<((u32, u32), u64, &Path), usize> = HashMap::new();
        for region in &self.regions {
            let Some(path) = region.path.as_deref() else { continue };
            let index = *known.entry((region.device, region.inode, path)).or_insert_with(|| {
                images.push(Image {
                    path: path.to_owned(),
                    deleted: region.deleted,
                    device: region.device,
                    inode: region.inode,
                    regions: Vec::new(),
                });
                images.len() - 1
            });
            images[index].deleted |= region.deleted;
            images[index].regions.push(region.clone());
        }
        images
    }
}

/// `55d0c0000000-55d0c0001000 r-xp 00001000 fe:01 1234    /usr/bin/python3.13`
fn region(line: &[u8]) -> Option<Region> {
    let mut rest = line;
    let (start, end) = {
        let range = word(&mut rest)?;
        let dash = range.iter().position(|&byte| byte == b'-')?;
        (hex(&range[..dash])?, hex(&range[dash + 1..])?)
    };
    let rights: [u8; 4] = word(&mut rest)?.try_into().ok()?;
    let offset = hex(word(&mut rest)?)?;
    let device = {
        let numbers = word(&mut rest)?;
        let colon = numbers.iter().position(|&byte| byte == b':')?;
        let part = |digits| u32::try_from(hex(digits)?).ok();
        (part(&numbers[..colon])?, part(&numbers[colon + 1..])?)
    };
    let inode = std::str::from_utf8(word(&mut rest)?).ok().filter(|text| digits(text.as_bytes()))?.parse().ok()?;
    if start >= end {
        return None;
    }
    // One blank, padding up to a column, then the name to the end of the line, blanks included.
    let name = &rest[rest.iter().position(|&byte| byte != b' ').unwrap_or(rest.len())..];
    let (kind, path, deleted) = match inode {
        0 => (kind_of_bracketed(name), None, false),
        _ => {
            let (name, deleted) = match name.strip_suffix(b" (deleted)") {
                Some(name) => (name, true),
                None => (name, false),
            };
            (RegionKind::File, (!name.is_empty()).then(|| unescape(name)), deleted)
        }
    };
    Some(Region {
        start,
        end,
        read: right(rights[0], b'r')?,
        write: right(rights[1], b'w')?,
        execute: right(rights[2], b'x')?,
        private: match rights[3] {
            b'p' => true,
            b's' => false,
            _ => return None,
        },
        offset,
        device,
        inode,
        path,
        deleted,
        kind,
    })
}

fn right(byte: u8, letter: u8) -> Option<bool> {
    match byte {
        b'-' => Some(false),
        _ => (byte == letter).then_some(true),
    }
}

/// Takes the next word off the line; words are separated by single blanks.
fn word<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let line: &'a [u8] = rest;
    let length = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
    *rest = line.get(length + 1..).unwrap_or_default();
    (length > 0).then(|| &line[..length])
}

fn digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

fn hex(bytes: &[u8]) -> Option<u64> {
    let plain = !bytes.is_empty() && bytes.iter().all(u8::is_ascii_hexdigit);
    u64::from_str_radix(std::str::from_utf8(bytes).ok().filter(|_| plain)?, 16).ok()
}

fn kind_of_bracketed(name: &[u8]) -> RegionKind {
    match name {
        b"[heap]" => RegionKind::Heap,
        b"[stack]" => RegionKind::Stack,
        b"[vdso]" => RegionKind::Special("vdso"),
        b"[vsyscall]" => RegionKind::Special("vsyscall"),
        b"[uprobes]" => RegionKind::Special("uprobes"),
        b"[sigpage]" => RegionKind::Special("sigpage"),
        b"[vectors]" => RegionKind::Special("vectors"),
        _ if name.starts_with(b"[vvar") => RegionKind::Special("vvar"),
        _ if name.starts_with(b"[stack:") || name.starts_with(b"[anon") => RegionKind::Anonymous,
        _ if name.starts_with(b"[") => RegionKind::Special("other"),
        _ => RegionKind::Anonymous,
    }
}

fn unescape(name: &[u8]) -> PathBuf {
    const LINE_FEED: &[u8] = br"\012";
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some(&first) = rest.first() {
        if let Some(after) = rest.strip_prefix(LINE_FEED) {
            bytes.push(b'\n');
            rest = after;
        } else {
            bytes.push(first);
            rest = &rest[1..];
        }
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

/// The path without ` (deleted)`, and whether that was there: what `/proc/PID/exe` points to.
pub(crate) fn split_deleted(path: &Path) -> (PathBuf, bool) {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(name) => (PathBuf::from(OsStr::from_bytes(name)), true),
        None => (path.to_owned(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &[u8]) -> Region {
        let maps = Maps::parse(line);
        assert_eq!((maps.regions().len(), maps.skipped()), (1, 0), "{}", String::from_utf8_lossy(line));
        maps.regions()[0].clone()
    }

    #[test]
    fn a_line_of_a_file() {
        let region =
            one(b"55d0c0001000-55d0c0003000 r-xp 00001000 fe:1f 1234                       /usr/bin/python3.13\n");
        assert_eq!(
            region,
            Region {
                start: 0x55d0_c000_1000,
                end: 0x55d0_c000_3000,
                read: true,
                write: false,
                execute: true,
                private: true,
                offset: 0x1000,
                device: (0xfe, 0x1f),
                inode: 1234,
                path: Some("/usr/bin/python3.13".into()),
                deleted: false,
                kind: RegionKind::File,
            }
        );
        assert_eq!(region.size(), 0x2000);
    }

    #[test]
    fn names_are_taken_as_they_are() {
        let path = |name: &[u8]| one(&[b"1000-2000 r--p 00000000 08:01 7   ".as_slice(), name].concat());
        assert_eq!(path(b"/a b  c").path, Some("/a b  c".into()));
        assert_eq!(path(b"/a\\012b\\012").path, Some("/a\nb\n".into()));
        assert_eq!(path(b"/a\\040b").path, Some("/a\\040b".into()), "only the line feed is escaped");
        assert_eq!(path(b"/x\\01").path, Some("/x\\01".into()));
        assert_eq!(path(b"/\xff\xfe").path, Some(PathBuf::from(OsStr::from_bytes(b"/\xff\xfe"))));
        let gone = path(b"/usr/bin/python3 (deleted)");
        assert_eq!((gone.path, gone.deleted), (Some("/usr/bin/python3".into()), true));
        let kept = path(b"/tmp/(deleted)");
        assert_eq!((kept.path, kept.deleted), (Some("/tmp/(deleted)".into()), false));
        let shared = one(b"1000-2000 rw-s 00000000 00:01 2051  /memfd:ring (deleted)");
        assert_eq!((shared.private, shared.deleted, shared.kind), (false, true, RegionKind::File));
        assert_eq!(path(b"[heap]").kind, RegionKind::File, "a file of that name has an inode");
    }

    #[test]
    fn kinds_without_a_file() {
        let kind = |name: &str| one(format!("1000-2000 rw-p 00000000 00:00 0 {name}").as_bytes()).kind;
        assert_eq!(kind(""), RegionKind::Anonymous);
        assert_eq!(kind("      [heap]"), RegionKind::Heap);
        assert_eq!(kind("[stack]"), RegionKind::Stack);
        assert_eq!(kind("[stack:77]"), RegionKind::Anonymous);
        assert_eq!(kind("[vdso]"), RegionKind::Special("vdso"));
        assert_eq!(kind("[vvar]"), RegionKind::Special("vvar"));
        assert_eq!(kind("[vvar_vclock]"), RegionKind::Special("vvar"));
        assert_eq!(kind("[anon:cpython:pymalloc]"), RegionKind::Anonymous);
        assert_eq!(kind("[anon_shmem:x]"), RegionKind::Anonymous);
        assert_eq!(kind("[something new]"), RegionKind::Special("other"));
        assert_eq!(one(b"1000-2000 rw-p 00000000 00:00 0").kind, RegionKind::Anonymous, "no blank at the end");
    }

    #[test]
    fn the_last_page_of_the_address_space() {
        let region = one(b"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
        assert_eq!((region.start, region.end, region.read), (0xffff_ffff_ff60_0000, 0xffff_ffff_ff60_1000, false));
    }

    #[test]
    fn nonsense_is_left_out_and_counted() {
        let lines: &[&[u8]] = &[
            b"x",
            b"1000",
            b"1000-2000",
            b"1000-2000 r--p",
            b"1000-2000 r--p 0",
            b"1000-2000 r--p 0 08:01",
            b"1000-2000 r--p 0 08:01 ",
            b"2000-1000 r--p 0 08:01 1 /backwards",
            b"1000-1000 r--p 0 08:01 1 /empty",
            b"-2000 r--p 0 08:01 1 /x",
            b"1000- r--p 0 08:01 1 /x",
            b"1000-2000 r--p 0 0801 1 /x",
            b"1000-2000 rwxz 0 08:01 1 /x",
            b"1000-2000 wr-p 0 08:01 1 /x",
            b"1000-2000 r--px 0 08:01 1 /x",
            b"+1000-2000 r--p 0 08:01 1 /x",
            b"1000-2000 r--p 0 08:01 +1 /x",
            b"1000-2000 r--p 0 08:01 18446744073709551616 /x",
            b"1000-2000 r--p 0 100000000:01 1 /x",
            b"1000-10000000000000000 r--p 0 08:01 1 /x",
            b"1000-2000 r--p 11112222333344445 08:01 1 /x",
            b" 1000-2000 r--p 0 08:01 1 /x",
            b"\xff\xff-\xff r--p 0 08:01 1 /x",
        ];
        for line in lines {
            let maps = Maps::parse(line);
            assert_eq!((maps.regions().len(), maps.skipped()), (0, 1), "{}", String::from_utf8_lossy(line));
        }
        let mut text = lines.join(&b'\n');
        text.extend_from_slice(b"\n\n3000-4000 rw-p 00000000 00:00 0 \n");
        let maps = Maps::parse(&text);
        assert_eq!((maps.regions().len(), maps.skipped()), (1, lines.len()));
    }

    #[test]
    fn find_answers_at_the_edges() {
        let maps = Maps::parse(
            b"5000-6000 rw-p 00000000 00:00 0 \n1000-2000 rw-p 00000000 00:00 0 \n2000-3000 r--p 00000000 00:00 0 \n",
        );
        let start = |address| maps.find(address).map(|region| region.start);
        assert_eq!(start(0xfff), None);
        assert_eq!(start(0x1000), Some(0x1000));
        assert_eq!(start(0x1fff), Some(0x1000));
        assert_eq!(start(0x2000), Some(0x2000));
        assert_eq!(start(0x3000), None);
        assert_eq!(start(0x5fff), Some(0x5000));
        assert_eq!(start(u64::MAX), None);
        assert_eq!(Maps::default().find(0), None);
    }

    #[test]
    fn images_gather_the_mappings_of_one_file() {
        let maps = Maps::parse(
            b"1000-2000 r--p 00000000 08:01 7 /lib/a.so\n\
              2000-3000 r-xp 00001000 08:01 7 /lib/a.so\n\
              3000-4000 rw-p 00000000 00:00 0 \n\
              4000-5000 r--p 00000000 08:01 8 /lib/a.so\n\
              5000-6000 rw-p 00002000 08:01 7 /lib/a.so\n\
              7000-8000 r--p 00000000 08:02 7 /lib/a.so\n\
              8000-9000 rw-s 00000000 00:05 9 \n",
        );
        let images = maps.images();
        let facts: Vec<_> =
            images.iter().map(|image| (image.start(), image.device, image.inode, image.regions.len())).collect();
        assert_eq!(facts, [(0x1000, (8, 1), 7, 3), (0x4000, (8, 1), 8, 1), (0x7000, (8, 2), 7, 1)]);
    }

    #[test]
    fn our_own_maps_have_no_line_we_do_not_understand() {
        let maps = Maps::read(Pid::own()).expect("our own maps");
        assert_eq!(maps.skipped(), 0);
        let code = our_own_maps_have_no_line_we_do_not_understand as *const () as u64;
        let region = maps.find(code).expect("this very function is mapped");
        assert!(region.execute && region.kind == RegionKind::File);
        assert_eq!(region.path.as_deref(), Some(std::env::current_exe().expect("our own path").as_path()));
    }
}
