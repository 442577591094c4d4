//! Which file is this: device, inode, and a hash of bytes that were read. An inode alone is reused
//! by the next file; a hash alone is shared by files that begin alike. Pure.

use xxhash_rust::xxh3::xxh3_64;

/// The most bytes that a fingerprint covers.
pub const FINGERPRINT_BYTES_MAX: u16 = 1024;

/// A hash of a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// How many bytes it covers, at most [`FINGERPRINT_BYTES_MAX`]. Zero matches every file.
    pub bytes: u16,
    /// XXH3 of them, 64 bits; 0 when there are none.
    pub hash: u64,
}

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The file system's device number.
    pub device: u64,
    /// The number within the file system, which is reused once the file is deleted.
    pub inode: u64,
    /// The file's first bytes, as far as they were read: a file shorter than the fingerprint has a
    /// growing one.
    pub head: Fingerprint,
}

impl Fingerprint {
    /// How many bytes the fingerprints of a file cover in which reading stands at `offset`.
    pub(super) fn bytes_at(offset: u64) -> u16 {
        u16::try_from(offset).unwrap_or(u16::MAX).min(FINGERPRINT_BYTES_MAX)
    }

    /// The fingerprint of the first bytes of `bytes`, as many as fit.
    pub(super) fn of_first(bytes: &[u8]) -> Self {
        let first = bytes.get(..usize::from(FINGERPRINT_BYTES_MAX)).unwrap_or(bytes);
        Self::of(first)
    }

    /// The fingerprint of the last bytes of `bytes`, as many as fit.
    pub(super) fn of_last(bytes: &[u8]) -> Self {
        let from = bytes.len().saturating_sub(usize::from(FINGERPRINT_BYTES_MAX));
        Self::of(bytes.get(from..).unwrap_or_default())
    }

    /// Are these the bytes that the fingerprint was taken of? `bytes` has the same length.
    pub(super) fn matches(self, bytes: &[u8]) -> bool {
        usize::from(self.bytes) == bytes.len() && Self::of(bytes) == self
    }

    fn of(bytes: &[u8]) -> Self {
        let hash = if bytes.is_empty() { 0 } else { xxh3_64(bytes) };
        Self { bytes: Self::bytes_at(bytes.len() as u64), hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_covers_what_there_is_up_to_its_limit() {
        let long = vec![b'x'; 5000];
        for (length, covered) in [(0, 0), (1, 1), (1023, 1023), (1024, 1024), (5000, 1024)] {
            let bytes = &long[..length];
            assert_eq!(Fingerprint::of_first(bytes).bytes, covered);
            assert_eq!(Fingerprint::of_last(bytes).bytes, covered);
            assert_eq!(Fingerprint::bytes_at(length as u64), covered);
        }
    }

    #[test]
    fn first_and_last_bytes_differ_and_match_only_themselves() {
        let bytes: Vec<u8> = (0..3000_u32).map(|n| (n % 251) as u8).collect();
        let (first, last) = (Fingerprint::of_first(&bytes), Fingerprint::of_last(&bytes));
        assert_ne!(first, last);
        assert!(first.matches(&bytes[..1024]));
        assert!(last.matches(&bytes[3000 - 1024..]));
        assert!(!first.matches(&bytes[1..1025]));
        assert!(!first.matches(&bytes[..1023]));
    }
}
