//! A JSON object as dotted keys and their values, so that an event printed from them again is the same tree.

use alloc::{string::String, vec::Vec};

use crate::alert::{Alert, Reject, Text, Value};
use crate::json::{self, Members};

/// The deepest that objects are opened: what stands deeper stays a piece of JSON.
const DEPTH_MAX: usize = 12;

/// The most values that objects give together. One of many members that would give more stays a piece of JSON, so that
/// an alert's limit of details does not cut it; the event's own objects have few.
const VALUES_MAX: usize = Alert::DETAILS_MAX / 2;
const FEW_MEMBERS: usize = 16;

/// Gives each value with its dotted key, in the document's order.
pub(super) fn read<'a>(
    document: &'a str,
    take: &mut dyn FnMut(&str, &'a str),
) -> Result<(), Reject> {
    let mut walk = Walk { path: String::new(), depth: 1, left: VALUES_MAX, take };
    json::read(document, &mut walk)
}

/// A value as a detail has it.
pub(super) fn value(leaf: &str) -> Value<'_> {
    if let Some(texts) = texts(leaf) {
        return Value::List(texts);
    }
    json::kept(leaf).unwrap_or(Value::Json(leaf.into()))
}

/// A list of nothing but texts; `None` for all else.
pub(super) fn texts(leaf: &str) -> Option<Vec<Text<'_>>> {
    if !leaf.starts_with('[') {
        return None;
    }
    let (mut texts, mut only_texts) = (Vec::new(), true);
    json::items(leaf, usize::MAX, |item| {
        only_texts &= item.starts_with('"');
        texts.push(json::plain(item).unwrap_or_default());
    });
    only_texts.then_some(texts)
}

struct Walk<'b, 'a> {
    path: String,
    depth: usize,
    left: usize,
    take: &'b mut dyn FnMut(&str, &'a str),
}

impl<'a> Members<'a> for Walk<'_, 'a> {
    fn member(&mut self, key: &str, value: &'a str) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        if self.depth < DEPTH_MAX && value.starts_with('{') && self.opens(value) {
            self.depth += 1;
            json::inside(value, self);
            self.depth -= 1;
        } else {
            self.left = self.left.saturating_sub(1);
            (self.take)(&self.path, value);
        }
        self.path.truncate(length);
    }
}

impl Walk<'_, '_> {
    // Can an object be told by dotted keys? Not an empty one, nor one whose own keys hold points. Those on top are the
    // event's own and the products', and have none.
    fn opens(&self, object: &str) -> bool {
        if self.depth == 1 {
            return object != "{}";
        }
        let mut keys = Keys::default();
        json::inside(object, &mut keys);
        keys.plain && (1..=self.left.max(FEW_MEMBERS)).contains(&keys.count)
    }
}

struct Keys {
    count: usize,
    plain: bool,
}

impl Default for Keys {
    fn default() -> Self {
        Self { count: 0, plain: true }
    }
}

impl<'a> Members<'a> for Keys {
    fn member(&mut self, key: &str, _value: &'a str) {
        self.count += 1;
        self.plain &= !key.is_empty() && !key.contains('.');
    }
}
