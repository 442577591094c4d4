//! One member of a document's outermost object, found without checking the document: to tell at the speed of memory what
//! a record is. Knows no key.

use memchr::{memchr_iter, memmem};

use super::own::own_from;

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
    let at = near_start(body, key).or_else(|| memmem::find(body, key.quoted))?;
    own_from(body, key.quoted, at)
}

// Where the key is in most layouts. A letter that is rare before it finds it sooner than a general
// search is set up.
fn near_start(body: &[u8], key: Key) -> Option<usize> {
    let near = body.get(..256).unwrap_or(body);
    let letter = *key.quoted.get(key.rare)?;
    let mut starts = memchr_iter(letter, near).filter_map(|at| at.checked_sub(key.rare));
    starts.find(|at| near.get(*at..).is_some_and(|rest| rest.starts_with(key.quoted)))
}
