//! Whose turn it is: files one after another, what was at a path before first, and of compressed ones one at a time.

use std::io;
use std::time::Instant;

use super::Tail;
use super::buffer::Buffer;
use super::checkpoint::FileKey;
use super::finding::{Finding, What};
use super::tracked::Tracked;
use super::turn::{Turn, Window};

impl Tail {
    /// A window of the next file that has something new.
    pub(super) fn next_window(
        &mut self,
        now: Instant,
        buffer: &mut Buffer,
    ) -> Option<(FileKey, Window)> {
        for _ in 0..self.queue.len() {
            let key = self.queue.pop_front()?;
            if self.has_predecessor(key, now) || !self.may_unpack(key, now) {
                self.queue.push_back(key);
                continue;
            }
            let is_to_be_read = self.is_to_be_read(now, key);
            let Some(file) = self.tracked.get_mut(&key) else { continue };
            file.queued = false;
            let turn = is_to_be_read.and_then(|_| file.turn(buffer));
            if turn.is_ok() && file.trouble.take().is_some() {
                self.findings.push(Finding::new(&file.path, What::Readable));
            }
            match turn {
                Ok(Turn::Window(window)) => return Some((key, window)),
                Ok(Turn::Nothing) => {}
                Ok(Turn::Again) => {
                    if file.read != file.base && file.claims.is_empty() {
                        self.dirty.insert(key);
                    }
                    self.enqueue(key);
                }
                Ok(Turn::Replaced) => self.replaced(now, key),
                Err(error) => {
                    if let Some(what) = file.failed(now, &error) {
                        self.findings.push(Finding::new(&file.path, what));
                    }
                }
            }
        }
        None
    }

    /// Has the file that was at its path before it something that can be read now?
    fn has_predecessor(&self, key: FileKey, now: Instant) -> bool {
        let before = self.tracked.get(&key).and_then(|file| self.tracked.get(&file.after?));
        before.is_some_and(|before| before.queued && !before.is_waiting(now))
    }

    /// Compares a compressed file with what it could be, if that is not done yet.
    fn is_to_be_read(&mut self, now: Instant, key: FileKey) -> io::Result<()> {
        match self.tracked.get(&key) {
            Some(file) if !file.claims.is_empty() => self.prove(now, key),
            Some(_) | None => Ok(()),
        }
    }

    /// Compressed files are decoded one after another, because each takes memory until it is read.
    fn may_unpack(&mut self, key: FileKey, now: Instant) -> bool {
        let is_packed = |file: &Tracked| file.handle.is_packed();
        if !self.tracked.get(&key).is_some_and(is_packed) || self.unpacking == Some(key) {
            return true;
        }
        let before = self.unpacking.and_then(|before| self.tracked.get(&before));
        if let Some(before) = before {
            // One that has no turn now, or must wait for this one, does not keep it waiting.
            let goes_on = before.queued && !before.is_waiting(now);
            if goes_on && !self.has_predecessor(before.key, now) {
                return false;
            }
            before.handle.rest();
        }
        self.unpacking = Some(key);
        true
    }
}
