//! Where reading begins in a file of which only what comes next is wanted: not in the midst of the
//! line that is being written.

use std::io;

use memchr::memrchr;

use super::checkpoint::Position;
use super::file::{Handle, read_full};
use super::lines::LINE_BYTES_MAX;

/// How many bytes are read at once, going back.
const BLOCK_BYTES: u64 = 64 * 1024;

/// How far back a file's data is looked for behind the NULs that it ends with.
const NUL_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The beginning of the line that is unfinished at `size`, so that it is given whole. If that line
/// is longer than any that is given, `size` itself, in the midst of it. NULs at the end are space
/// that the writer set aside: reading begins before them.
pub(super) fn last_line(handle: &dyn Handle, size: u64) -> io::Result<Position> {
    let mut block = vec![0; usize::try_from(BLOCK_BYTES).unwrap_or(0)];
    let mut end = size;
    let mut data_end = None;
    loop {
        let from = end.saturating_sub(BLOCK_BYTES);
        let length = usize::try_from(end - from).unwrap_or(block.len());
        let space = block.get_mut(..length).unwrap_or_default();
        let read = read_full(handle, space, from)?;
        let bytes = space.get(..read).unwrap_or_default();
        if data_end.is_none()
            && let Some(last) = bytes.iter().rposition(|byte| *byte != 0)
        {
            data_end = Some(from.saturating_add(last as u64).saturating_add(1));
        }
        if let Some(newline) = memrchr(b'\n', bytes) {
            let offset = from.saturating_add(newline as u64).saturating_add(1);
            return Ok(Position { offset, ..Position::default() });
        }
        if from == 0 {
            return Ok(Position::default());
        }
        if data_end.is_some_and(|data_end| data_end - from > LINE_BYTES_MAX as u64) {
            return Ok(Position { offset: size, mid_line: true, ..Position::default() });
        }
        if data_end.is_none() && size - from >= NUL_BYTES_MAX {
            return Ok(Position { offset: from, ..Position::default() });
        }
        end = from;
    }
}
