//! The few things we ask of an ELF image: where a symbol is, where a section is, where it was linked to.
//!
//! Read piece by piece from the file (headers, `.dynsym`, and `.symtab` only when `.dynsym` does not
//! know): an interpreter with debug information has tens of megabytes. If the file cannot be had – the
//! package was removed, the mount is gone – the dynamic symbols are read from the target's own memory,
//! where the loader left them; sections have no such copy.

use crate::memory::{Address, Memory};
use goblin::container::{Container, Ctx, Endian};
use goblin::elf::program_header::{PT_DYNAMIC, PT_LOAD, ProgramHeader};
use goblin::elf::section_header::{SHT_DYNSYM, SHT_NOBITS, SHT_SYMTAB, SectionHeader};
use goblin::elf::{Header, Symtab};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// A table of symbols or strings beyond this is not believed (the largest seen has 3 MB).
const TABLE_LIMIT: u64 = 64 << 20;
/// Headers beyond this number are not believed.
const HEADERS_LIMIT: u64 = 4096;

/// A symbol: its value as linked, and its size in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// The address before the load bias is added.
    pub value: u64,
    /// Size in bytes; 0 if the linker did not say.
    pub size: u64,
}

/// A section that is loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The address before the load bias is added.
    pub address: u64,
    /// Size in memory.
    pub size: u64,
    /// Whether the file has no bytes for it (`.bss`).
    pub zero_filled: bool,
}

/// An ELF image, as linked.
pub struct Elf {
    source: Source,
    loads: Vec<(u64, u64)>,
    sections: Vec<(String, SectionHeader)>,
}

enum Source {
    File(File),
    /// Symbol table and its strings, copied out of the target.
    Tables {
        symbols: Vec<u8>,
        strings: Vec<u8>,
    },
}

/// Why an image told us nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElfError {
    /// The bytes are no ELF image, or one of another word size or byte order.
    #[error("not a 64-bit little-endian ELF image")]
    NotElf,
    /// The image is cut off, or its tables claim impossible sizes.
    #[error("the ELF image is damaged: {0}")]
    Damaged(&'static str),
    /// The file cannot be read.
    #[error("{0}")]
    Io(String),
}

impl From<std::io::Error> for ElfError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error.to_string())
    }
}

fn context() -> Ctx {
    Ctx::new(Container::Big, Endian::Little)
}

fn header(bytes: &[u8]) -> Result<Header, ElfError> {
    // ELF magic, 64 bits, little endian.
    if bytes.get(..6) != Some(&[0x7f, b'E', b'L', b'F', 2, 1][..]) {
        return Err(ElfError::NotElf);
    }
    goblin::elf::Elf::parse_header(bytes).map_err(|_| ElfError::NotElf)
}

fn take(file: &File, offset: u64, length: u64) -> Result<Vec<u8>, ElfError> {
    if length > TABLE_LIMIT {
        return Err(ElfError::Damaged("a table is larger than any linker makes it"));
    }
    let length = usize::try_from(length).map_err(|_| ElfError::Damaged("a table does not fit"))?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}

fn loads(programs: &[ProgramHeader]) -> Vec<(u64, u64)> {
    programs.iter().filter(|p| p.p_type == PT_LOAD).map(|p| (p.p_vaddr, p.p_memsz)).collect()
}

impl Elf {
    /// Reads the headers of an image file.
    ///
    /// # Errors
    /// When it is no image of our word size, or cannot be read.
    pub fn open(file: File) -> Result<Self, ElfError> {
        let mut bytes = [0; 64];
        file.read_exact_at(&mut bytes, 0).map_err(|_| ElfError::NotElf)?;
        let header = header(&bytes)?;
        let table = |offset, count: u16, size: u16| {
            let (count, size) = (u64::from(count), u64::from(size));
            if count > HEADERS_LIMIT {
                return Err(ElfError::Damaged("too many headers"));
            }
            take(&file, offset, count * size)
        };
        let bytes = table(header.e_phoff, header.e_phnum, header.e_phentsize)?;
        let programs = ProgramHeader::parse(&bytes, 0, usize::from(header.e_phnum), context())
            .map_err(|_| ElfError::Damaged("program headers"))?;
        // To the parser a table at offset 0 means that there is none, so the table is moved behind its first entry's place.
        let mut bytes = vec![0; usize::from(header.e_shentsize)];
        bytes.extend(table(header.e_shoff, header.e_shnum, header.e_shentsize)?);
        let headers =
            SectionHeader::parse(&bytes, usize::from(header.e_shentsize), usize::from(header.e_shnum), context())
                .map_err(|_| ElfError::Damaged("section headers"))?;
        // A fully stripped section table is legal: the image then has symbols only through its dynamic segment.
        let names = match headers.get(usize::from(header.e_shstrndx)) {
            Some(names) => take(&file, names.sh_offset, names.sh_size)?,
            None => Vec::new(),
        };
        let sections = headers.into_iter().map(|section| (string(&names, section.sh_name), section)).collect();
        Ok(Self { loads: loads(&programs), sections, source: Source::File(file) })
    }

    /// Reads the dynamic symbols of an image that is mapped at `base` in the target; it has no sections then.
    ///
    /// # Errors
    /// When there is no image of our word size, or it has no dynamic symbols.
    pub fn from_memory(memory: &dyn Memory, base: Address) -> Result<Self, ElfError> {
        let unreadable = |_| ElfError::Damaged("the mapped image cannot be read");
        let bytes = memory.bytes(base, 64, 64).map_err(unreadable)?;
        let header = header(&bytes)?;
        let length = u64::from(header.e_phnum) * u64::from(header.e_phentsize);
        let bytes = memory.bytes(base.offset(header.e_phoff), length, 1 << 16).map_err(unreadable)?;
        let programs = ProgramHeader::parse(&bytes, 0, usize::from(header.e_phnum), context())
            .map_err(|_| ElfError::Damaged("program headers"))?;
        let loads = loads(&programs);
        let bias = bias_of(&loads, base).ok_or(ElfError::Damaged("no loadable segment"))?;
        let dynamic =
            programs.iter().find(|p| p.p_type == PT_DYNAMIC).ok_or(ElfError::Damaged("no dynamic segment"))?;
        let bytes = memory
            .bytes(Address::new(dynamic.p_vaddr.wrapping_add(bias)), dynamic.p_memsz, 1 << 16)
            .map_err(unreadable)?;
        let entry = |wanted: u64| {
            bytes.chunks_exact(16).find_map(|pair| (word(pair, 0)? == wanted).then(|| word(pair, 8)).flatten())
        };
        // The loader has added the bias to these on most systems (glibc), and has not on others (musl).
        let place = |tag| entry(tag).map(|at| Address::new(if at < base.get() { at.wrapping_add(bias) } else { at }));
        let (dt_strtab, dt_symtab, dt_strsz) = (5, 6, 10);
        let symbols = place(dt_symtab).ok_or(ElfError::Damaged("no dynamic symbol table"))?;
        let strings = place(dt_strtab).ok_or(ElfError::Damaged("no dynamic string table"))?;
        let strings_length = entry(dt_strsz).unwrap_or(0);
        // Nothing says how long the symbol table is; linkers put the strings right behind it.
        let length =
            strings.get().checked_sub(symbols.get()).ok_or(ElfError::Damaged("string table before symbols"))?;
        let limit = usize::try_from(TABLE_LIMIT).unwrap_or(usize::MAX);
        Ok(Self {
            loads,
            sections: Vec::new(),
            source: Source::Tables {
                symbols: memory.bytes(symbols, length, limit).map_err(unreadable)?,
                strings: memory.bytes(strings, strings_length, limit).map_err(unreadable)?,
            },
        })
    }

    /// What is to be added to a linked address when the image's first mapping begins at `lowest`.
    #[must_use]
    pub fn bias(&self, lowest: Address) -> Option<u64> {
        bias_of(&self.loads, lowest)
    }

    /// The loadable segments: linked address and size in memory.
    pub fn segments(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.loads.iter().copied()
    }

    /// The section of this name.
    #[must_use]
    pub fn section(&self, name: &str) -> Option<Section> {
        self.sections.iter().find(|(section, _)| section == name).map(|(_, header)| Section {
            address: header.sh_addr,
            size: header.sh_size,
            zero_filled: header.sh_type == SHT_NOBITS,
        })
    }

    /// Looks several symbols up at once: in the exported ones, and in all others only if none of them is exported. The names asked for
    /// belong together – who exports one of them exports all it has – and the table of all others has megabytes.
    ///
    /// # Errors
    /// When the tables cannot be read.
    pub fn symbols<const N: usize>(&self, names: [&str; N]) -> Result<[Option<Symbol>; N], ElfError> {
        let mut found = [None; N];
        match &self.source {
            Source::Tables { symbols, strings } => search(symbols, strings, &names, &mut found),
            Source::File(file) => {
                for kind in [SHT_DYNSYM, SHT_SYMTAB] {
                    if found.iter().any(Option::is_some) {
                        break;
                    }
                    let Some((_, table)) = self.sections.iter().find(|(_, section)| section.sh_type == kind) else {
                        continue;
                    };
                    let linked = usize::try_from(table.sh_link).unwrap_or(usize::MAX);
                    let Some((_, strings)) = self.sections.get(linked) else { continue };
                    let symbols = take(file, table.sh_offset, table.sh_size)?;
                    let strings = take(file, strings.sh_offset, strings.sh_size)?;
                    search(&symbols, &strings, &names, &mut found);
                }
            }
        }
        Ok(found)
    }
}

fn bias_of(loads: &[(u64, u64)], lowest: Address) -> Option<u64> {
    const PAGE: u64 = 4096;
    let first = loads.iter().map(|(address, _)| *address).min()?;
    Some(lowest.get().wrapping_sub(first & !(PAGE - 1)))
}

fn search<const N: usize>(symbols: &[u8], strings: &[u8], names: &[&str; N], found: &mut [Option<Symbol>; N]) {
    const ENTRY: usize = 24;
    let Ok(table) = Symtab::parse(symbols, 0, symbols.len() / ENTRY, context()) else { return };
    for symbol in table.iter() {
        if symbol.st_shndx == 0 || symbol.st_name == 0 {
            continue;
        }
        for (name, found) in names.iter().zip(found.iter_mut()) {
            if found.is_none() && is_string(strings, symbol.st_name, name) {
                *found = Some(Symbol { value: symbol.st_value, size: symbol.st_size });
            }
        }
    }
}

fn is_string(strings: &[u8], at: usize, name: &str) -> bool {
    strings
        .get(at..)
        .is_some_and(|rest| rest.get(..name.len()) == Some(name.as_bytes()) && rest.get(name.len()) == Some(&0))
}

fn string(strings: &[u8], at: usize) -> String {
    /// Longest name of a section we care for: a table without zero bytes would be copied whole for each section.
    const LONGEST: usize = 256;
    let rest = strings.get(at..).unwrap_or_default();
    let rest = rest.get(..LONGEST).unwrap_or(rest);
    let end = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
    String::from_utf8_lossy(rest.get(..end).unwrap_or_default()).into_owned()
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::LiveMemory;
    use crate::process::Pid;

    /// Our own image: every test binary exports at least what the C library asks of it.
    fn own_file() -> Elf {
        Elf::open(File::open("/proc/self/exe").unwrap()).unwrap()
    }

    #[test]
    fn sections_and_segments_of_our_own_image() {
        let elf = own_file();
        let data = elf.section(".bss").expect("every program has .bss");
        assert!(data.zero_filled && data.size > 0);
        assert!(elf.section(".no such section").is_none());
        assert!(elf.segments().any(|(start, size)| (start..start + size).contains(&data.address)));
    }

    #[test]
    fn symbols_of_the_file_are_where_the_program_has_them() {
        let elf = own_file();
        let [main, none] = elf.symbols(["main", "no such symbol"]).unwrap();
        assert!(none.is_none());
        assert!(main.is_some_and(|main| main.value > 0));
    }

    #[test]
    fn the_mapped_image_knows_the_same_dynamic_symbols_as_its_file() {
        // The C library is the one image of a test binary that surely exports something.
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.contains("/libc.so") || line.contains("/libc-")).unwrap();
        let base = Address::new(u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap());
        let path = &line[line.find('/').unwrap()..];
        let pid = Pid::own();
        let mapped = Elf::from_memory(&LiveMemory::new(pid), base).unwrap();
        let file = Elf::open(File::open(path).unwrap()).unwrap();
        let names = ["malloc", "getpid", "environ", "no such symbol"];
        let expected = file.symbols(names).unwrap();
        assert!(expected[0].is_some() && expected[3].is_none());
        assert_eq!(mapped.symbols(names).unwrap(), expected);
        assert_eq!(mapped.bias(base), file.bias(base));
    }

    #[test]
    fn damaged_images_are_refused() {
        let file = |bytes: &[u8]| {
            use std::io::Write;
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(bytes).unwrap();
            file
        };
        let refused = |bytes: &[u8]| Elf::open(file(bytes)).err();
        assert_eq!(refused(b""), Some(ElfError::NotElf));
        assert_eq!(
            refused(b"#!/bin/sh\nexec python3 \"$@\"\n                                        "),
            Some(ElfError::NotElf)
        );
        let image = std::fs::read("/proc/self/exe").unwrap();
        // A 32-bit image, a big-endian one, one that ends behind its header.
        for (at, byte) in [(4, 1), (5, 2)] {
            let mut changed = image[..4096].to_vec();
            changed[at] = byte;
            assert_eq!(refused(&changed), Some(ElfError::NotElf));
        }
        assert!(refused(&image[..64]).is_some());
        // Section headers that claim to lie where nothing is.
        let mut changed = image[..4096].to_vec();
        changed[40..48].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(refused(&changed).is_some());
    }
}
