//! The bytes of one object, as they were read: objects are read by the ten thousand, and few are larger than this has room for.

use std::ops::Deref;

/// Objects up to this many bytes need no memory of their own.
const ROOM: usize = 256;

/// The first bytes of an object.
pub struct ObjectBytes {
    inline: [u8; ROOM],
    length: usize,
    /// All of them, when there are more than there is room for.
    large: Vec<u8>,
}

impl ObjectBytes {
    /// As many zeros.
    pub(super) fn zeroed(length: usize) -> Self {
        let large = if length > ROOM { vec![0; length] } else { Vec::new() };
        Self { inline: [0; ROOM], length, large }
    }

    /// The place to read them into.
    pub(super) fn as_mut(&mut self) -> &mut [u8] {
        self.inline.get_mut(..self.length).unwrap_or(&mut self.large)
    }
}

impl Deref for ObjectBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.inline.get(..self.length).unwrap_or(&self.large)
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectBytes;

    #[test]
    fn small_and_large_objects_have_all_their_bytes() {
        for length in [0, 1, 255, 256, 257, 4096] {
            let mut bytes = ObjectBytes::zeroed(length);
            assert_eq!(bytes.len(), length);
            bytes.as_mut().fill(7);
            assert!(bytes.iter().all(|byte| *byte == 7));
        }
    }
}
