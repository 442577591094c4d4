//! One member of a document's outermost object, found without checking the document: to tell at the speed of memory what
//! a record is. Knows no key.

use memchr::{memchr, memchr_iter, memchr3, memmem};

/// A key that is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// With its quotes.
    pub(crate) quoted: &'static [u8],
    /// Which of its bytes is rare in documents, from 0.
    pub(crate) rare: usize,
}

/// What stands behind the object's own `"key":`. Another product's record may wrap such an object, and the object may
/// hold the key deeper, so the depth counts; text cannot, since quotes inside a string are escaped.
pub(crate) fn member(record: &[u8], key: Key) -> Option<&[u8]> {
    let body = record.trim_ascii_start();
    if body.first() != Some(&b'{') {
        return None;
    }
    let mut at = near_start(body, key).or_else(|| memmem::find(body, key.quoted))?;
    let mut depth = Depth::default();
    loop {
        let (before, behind) = body.split_at_checked(at)?;
        let behind = behind.get(key.quoted.len()..)?.trim_ascii_start();
        // Where no colon follows it is a value.
        if let Some(value) = behind.strip_prefix(b":")
            && depth.behind(before) == 1
        {
            return Some(value.trim_ascii_start());
        }
        let from = at + key.quoted.len();
        at = from + memmem::find(body.get(from..)?, key.quoted)?;
    }
}

// Where the key is in most layouts. A letter that is rare before it finds it sooner than a general
// search is set up.
fn near_start(body: &[u8], key: Key) -> Option<usize> {
    let near = body.get(..256).unwrap_or(body);
    let letter = *key.quoted.get(key.rare)?;
    let mut starts = memchr_iter(letter, near).filter_map(|at| at.checked_sub(key.rare));
    starts.find(|at| near.get(*at..).is_some_and(|rest| rest.starts_with(key.quoted)))
}

// How many objects are open; reads each byte once.
#[derive(Default)]
struct Depth {
    read: usize,
    open: usize,
    in_string: bool,
}

impl Depth {
    fn behind(&mut self, before: &[u8]) -> usize {
        // The common case: nothing was opened but the record itself.
        if self.read == 0 && before.get(1..).is_some_and(|rest| memchr(b'{', rest).is_none()) {
            return 1;
        }
        while let Some(byte) = before.get(self.read) {
            self.read += 1;
            match byte {
                b'\\' if self.in_string => self.read += 1,
                b'"' => self.in_string = !self.in_string,
                b'{' if !self.in_string => self.open += 1,
                b'}' if !self.in_string => self.open = self.open.saturating_sub(1),
                _ if self.in_string => {
                    let rest = before.get(self.read..).unwrap_or_default();
                    self.read += memchr3(b'"', b'\\', b'\\', rest).unwrap_or(rest.len());
                }
                _ => {}
            }
        }
        self.open
    }
}
