//! Our own memory in shapes that only the kernel can give, for tests.

use std::num::NonZeroUsize;

/// An anonymous mapping with a part that cannot be read; unmapped when dropped.
pub(crate) struct HoledMap {
    start: std::ptr::NonNull<libc::c_void>,
    length: usize,
}

/// Maps `length` bytes and takes all rights from the `hole_length` bytes at `hole`.
#[allow(unsafe_code)]
pub(crate) fn map_with_hole(length: usize, hole: usize, hole_length: usize) -> HoledMap {
    // SAFETY: a new private mapping of our own at a place the kernel picks; nothing refers to it yet.
    let start = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            NonZeroUsize::new(length).unwrap().get(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    assert_ne!(start, libc::MAP_FAILED);
    // Not unmapped: another thread's next mapping would fill the hole.
    // SAFETY: inside the mapping made above, to which no reference exists.
    assert_eq!(unsafe { libc::mprotect(start.wrapping_byte_add(hole), hole_length, libc::PROT_NONE) }, 0);
    HoledMap { start: std::ptr::NonNull::new(start).unwrap(), length }
}

impl HoledMap {
    /// Its first address.
    pub(crate) fn start(&self) -> u64 {
        self.start.as_ptr() as u64
    }

    /// Writes a word; `at` must not lie in the hole.
    #[allow(unsafe_code)]
    pub(crate) fn write_word(&self, at: usize, word: u64) {
        assert!(at + 8 <= self.length);
        // SAFETY: inside the mapping, aligned, and tests keep out of the hole.
        unsafe { self.start.as_ptr().wrapping_byte_add(at).cast::<u64>().write(word) };
    }
}

impl Drop for HoledMap {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the whole range belongs to this mapping.
        unsafe { libc::munmap(self.start.as_ptr(), self.length) };
    }
}
