//! The first bytes of a file that is read from its midst: there stand the header lines that its records may need.

use std::io;
use std::time::Instant;

use ipsbell_parsers::record::HEAD_BYTES_MAX;

use super::file::read_full;
use super::{Chunk, Finding, Tail};

impl Tail {
    /// The first bytes of the chunk's file, at most [`HEAD_BYTES_MAX`] and none of the chunk. `None` where they cannot be
    /// read now: that is among the findings of the next look, and the chunk is given again when it is not accepted.
    pub fn head(&mut self, now: Instant, chunk: &Chunk<'_>) -> Option<Vec<u8>> {
        let file = self.tracked.get_mut(&chunk.file)?;
        let bytes = usize::try_from(chunk.position().offset).unwrap_or(usize::MAX);
        let mut head = vec![0; bytes.min(HEAD_BYTES_MAX)];
        match read_full(&*file.handle, &mut head, 0) {
            Ok(read) => {
                head.truncate(read);
                Some(head)
            }
            // The way back to the beginning of a compressed file is longer than a turn.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.again(chunk.file);
                None
            }
            Err(error) => {
                if let Some(what) = file.failed(now, &error) {
                    self.findings.push(Finding::new(&file.path, what));
                }
                None
            }
        }
    }
}
