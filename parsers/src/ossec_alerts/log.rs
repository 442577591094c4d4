//! What follows the rule in `alerts.log`: the log on which it fired, and what the decoders made of it. Others write
//! here what they like, so nothing of it counts against what stood before.

use alloc::borrow::Cow;

use memchr::{memchr, memmem};

use super::{field, next_line};
use crate::alert::{Alert, Text, Value};
use crate::{places, text};

/// The most lines of a log that are looked at for what they say.
const LINES_MAX: usize = 512;

/// The longest name of a decoded field.
const KEY_BYTES_MAX: usize = 64;

// How the lines about a watched file begin, and what they say. OSSEC and older releases of Wazuh quote the value;
// Wazuh lists it.
const FILE: [(&[u8], &str); 12] = [
    (b"Integrity checksum changed for: ", "file.path"),
    (b"New file ", "file.path"),
    (b"File ", "file.path"),
    (b"Registry Key ", "registry.path"),
    (b"Registry Value ", "registry.path"),
    (b"New md5sum is : ", "file.hash.md5"),
    (b"New sha1sum is : ", "file.hash.sha1"),
    (b"New sha256sum is : ", "file.hash.sha256"),
    (b" - Size: ", "file.size"),
    (b" - MD5: ", "file.hash.md5"),
    (b" - SHA1: ", "file.hash.sha1"),
    (b" - SHA256: ", "file.hash.sha256"),
];

/// Keeps the log whole, and takes what its lines say.
pub(super) fn read<'a>(log: &'a [u8], alert: &mut Alert<'a>) {
    let log = log.trim_ascii_end();
    if log.is_empty() {
        return;
    }
    alert.note("ossec.full_log", Value::Text(text::shown(log)));
    // Only a file's events name one: a line of another program may begin like theirs.
    let of_a_file = alert.tags.iter().any(|group| group.starts_with("syscheck"));
    let mut rest = log;
    for count in 0..LINES_MAX {
        let (behind, line) = next_line(rest);
        match of_a_file {
            true => file(line, alert),
            // The first line is the log itself.
            false if count > 0 => pair(line, "ossec.data.", alert),
            false => {}
        }
        if behind.is_empty() {
            return;
        }
        rest = behind;
    }
}

/// Takes a line `key: value`, which stays under the prefix and its key if it has no other place.
pub(super) fn pair<'a>(line: &'a [u8], prefix: &str, alert: &mut Alert<'a>) {
    let Some((key, value)) = split(line) else { return };
    let value = text::shown(value);
    let value = if prefix == "ossec.data." { field(alert, &key, value) } else { Some(value) };
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        alert.note(places::joined(prefix, &key), Value::Text(value));
    }
}

// A key is one word, so that `Failed login: x` is none.
fn split(line: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let at = memchr(b':', line.get(..KEY_BYTES_MAX + 1).unwrap_or(line)).filter(|at| *at > 0)?;
    let (key, value) = line.split_at_checked(at)?;
    let value = value.strip_prefix(b": ")?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    key.iter().all(plain).then(|| (text::shown(key), value.trim_ascii()))
}

fn file<'a>(line: &'a [u8], alert: &mut Alert<'a>) {
    let Some((begin, name)) = FILE.iter().find(|(begin, _)| line.starts_with(begin)) else {
        return;
    };
    let value = unquoted(line.get(begin.len()..).unwrap_or_default());
    if !value.is_empty() {
        alert.note(Cow::Borrowed(*name), Value::Text(text::shown(value)));
    }
}

// `'/etc/x'`, `'/etc/x' modified`, `abc` without quotes.
fn unquoted(value: &[u8]) -> &[u8] {
    let value = value.trim_ascii();
    let Some(inside) = value.strip_prefix(b"'") else { return value };
    let ends: [&[u8]; 3] = [b"' ", b"'.", b"'"];
    let end = ends.iter().find_map(|end| memmem::rfind(inside, end));
    inside.get(..end.unwrap_or(inside.len())).unwrap_or(inside)
}
