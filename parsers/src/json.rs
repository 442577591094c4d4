//! Reading a JSON object member by member, in one pass and without a tree. What a grammar does not know stays a slice of the
//! record. Knows no format.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::{fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::alert::{Reject, Text, Value};

/// Takes the members of an object. Duplicate keys come as they stand: what was set first should stay.
pub(crate) trait Members<'a> {
    /// Must take the value from `map`, by [`raw`] or by [`into`].
    fn member<A: MapAccess<'a>>(&mut self, key: Text<'a>, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a whole document, which must be an object.
pub(crate) fn read<'a>(document: &'a str, members: &mut impl Members<'a>) -> Result<(), Reject> {
    let mut deserializer = serde_json::Deserializer::from_str(document);
    Object { members, strict: true, record: PhantomData }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|error| match error.is_eof() {
            true => Reject { at: document.len(), wanted: "the rest of the JSON object" },
            false => {
                let at = error.column().saturating_sub(1).min(document.len());
                Reject { at, wanted: "a JSON object" }
            }
        })
}

/// Reads an object inside a document that was read before; what is no object has no members.
pub(crate) fn read_again<'a>(json: &'a str, members: &mut impl Members<'a>) {
    // It was valid JSON when it was cut out of the document, so there is no error to tell.
    read(json, members).unwrap_or_default();
}

/// The next value as an object; a value of another type has no members.
pub(crate) fn into<'a, A: MapAccess<'a>>(
    map: &mut A,
    members: &mut impl Members<'a>,
) -> Result<(), A::Error> {
    map.next_value_seed(Object { members, strict: false, record: PhantomData })
}

/// The next value as it stands in the record.
pub(crate) fn raw<'a, A: MapAccess<'a>>(map: &mut A) -> Result<&'a str, A::Error> {
    map.next_value::<&'a RawValue>().map(RawValue::get)
}

/// The next value as text: a string without its quotes and escapes, a number or a truth as it stands; `None` for `null`, for an
/// empty string, for objects and lists.
pub(crate) fn text<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Option<Text<'a>>, A::Error> {
    raw(map).map(plain)
}

/// As [`text()`], for a value that was cut out before.
pub(crate) fn plain(json: &str) -> Option<Text<'_>> {
    match json.as_bytes() {
        [] | [b'{' | b'[' | b'n', ..] | [b'"', b'"'] => None,
        [b'"', inside @ .., b'"'] if memchr::memchr(b'\\', inside).is_none() => {
            json.get(1..json.len() - 1).map(Cow::Borrowed)
        }
        [b'"', ..] => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        _ => Some(Cow::Borrowed(json)),
    }
}

/// The texts of a list, at most `count_max`; a single text is a list of one.
pub(crate) fn list(json: &str, count_max: usize) -> Vec<Text<'_>> {
    if !json.starts_with('[') {
        return plain(json).into_iter().collect();
    }
    let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    items.into_iter().map(RawValue::get).filter_map(plain).take(count_max).collect()
}

/// A value that is kept: a text, a whole number, a truth, and anything else as it stands. None for `null`.
pub(crate) fn kept(json: &str) -> Option<Value<'_>> {
    let as_it_stands = || Value::Json(Cow::Borrowed(json));
    Some(match json.as_bytes().first()? {
        b'n' => return None,
        b'"' => Value::Text(plain(json).unwrap_or_default()),
        b't' => Value::Bool(true),
        b'f' => Value::Bool(false),
        b'{' | b'[' => as_it_stands(),
        _ => json.parse().map_or_else(|_| as_it_stands(), Value::Integer),
    })
}

struct Object<'b, 'a, M> {
    members: &'b mut M,
    // Must it be an object?
    strict: bool,
    record: PhantomData<&'a ()>,
}

impl<M> Object<'_, '_, M> {
    fn no_object<E: Error>(&self, found: &str) -> Result<(), E> {
        if self.strict { Err(E::custom(found)) } else { Ok(()) }
    }
}

impl<'a, M: Members<'a>> DeserializeSeed<'a> for Object<'_, 'a, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, M: Members<'a>> Visitor<'a> for Object<'_, 'a, M> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            self.members.member(key, &mut map)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut sequence: A) -> Result<(), A::Error> {
        while sequence.next_element::<IgnoredAny>()?.is_some() {}
        self.no_object("a list")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.no_object("a truth")
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.no_object("a number")
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.no_object("a number")
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.no_object("a number")
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.no_object("a text")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.no_object("null")
    }
}

struct Key<'a>(Text<'a>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'a> Visitor<'a> for KeyVisitor {
            type Value = Key<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, key: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }

            fn visit_str<E: Error>(self, key: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(key.into())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}
