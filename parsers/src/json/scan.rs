//! The grammar of JSON, RFC 8259: where values end. Every byte is looked at once; nesting is a bit
//! each, not a call.

/// What was wanted, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) at: usize,
    pub(super) wanted: &'static str,
}

/// The deepest nesting inside a member.
pub(super) const DEPTH_MAX: u32 = 128;

type Scan = Result<usize, Wrong>;

/// The members of a document that is one object: key without quotes, value as it stands.
pub(super) fn object<'a>(
    document: &'a str,
    mut take: impl FnMut(&'a str, &'a str),
) -> Result<(), Wrong> {
    let bytes = document.as_bytes();
    let mut at = blanks(bytes, byte(bytes, blanks(bytes, 0), b'{', "an object")?);
    if bytes.get(at) != Some(&b'}') {
        loop {
            let key_at = byte(bytes, at, b'"', "a key in quotes")?;
            let key_end = string(bytes, key_at)?;
            let value_at = blanks(bytes, colon(bytes, key_end)?);
            let end = value(bytes, value_at)?;
            let key = document.get(key_at..key_end - 1).unwrap_or_default();
            take(key, document.get(value_at..end).unwrap_or_default());
            at = blanks(bytes, end);
            if bytes.get(at) != Some(&b',') {
                break;
            }
            at = blanks(bytes, at + 1);
        }
    }
    at = byte(bytes, at, b'}', "`,` or `}`")?;
    nothing_more(bytes, at)
}

/// The items of a document that is one list.
pub(super) fn list<'a>(document: &'a str, mut take: impl FnMut(&'a str)) -> Result<(), Wrong> {
    let bytes = document.as_bytes();
    let mut at = blanks(bytes, byte(bytes, blanks(bytes, 0), b'[', "a list")?);
    if bytes.get(at) != Some(&b']') {
        loop {
            let end = value(bytes, at)?;
            take(document.get(at..end).unwrap_or_default());
            at = blanks(bytes, end);
            if bytes.get(at) != Some(&b',') {
                break;
            }
            at = blanks(bytes, at + 1);
        }
    }
    at = byte(bytes, at, b']', "`,` or `]`")?;
    nothing_more(bytes, at)
}

// Behind the value that begins at `at`.
fn value(bytes: &[u8], mut at: usize) -> Scan {
    // The open objects (1) and lists (0), innermost in the lowest bit.
    let (mut open, mut depth) = (0_u128, 0_u32);
    loop {
        let opens = match bytes.get(at) {
            Some(b'"') => {
                at = string(bytes, at + 1)?;
                None
            }
            Some(b'{') => Some(true),
            Some(b'[') => Some(false),
            Some(b't') => {
                at = word(bytes, at, b"true")?;
                None
            }
            Some(b'f') => {
                at = word(bytes, at, b"false")?;
                None
            }
            Some(b'n') => {
                at = word(bytes, at, b"null")?;
                None
            }
            _ => {
                at = number(bytes, at)?;
                None
            }
        };
        if let Some(is_object) = opens {
            at = blanks(bytes, at + 1);
            let close = if is_object { b'}' } else { b']' };
            if bytes.get(at) == Some(&close) {
                at += 1;
            } else if depth == DEPTH_MAX {
                return Err(Wrong { at, wanted: "at most 128 levels of nesting" });
            } else {
                (open, depth) = (open << 1 | u128::from(is_object), depth + 1);
                at = if is_object { key(bytes, at)? } else { at };
                continue;
            }
        }
        // Behind a value: what it stands in goes on, or ends.
        loop {
            if depth == 0 {
                return Ok(at);
            }
            at = blanks(bytes, at);
            let is_object = open & 1 == 1;
            match (bytes.get(at), is_object) {
                (Some(b','), true) => {
                    at = key(bytes, blanks(bytes, at + 1))?;
                    break;
                }
                (Some(b','), false) => {
                    at = blanks(bytes, at + 1);
                    break;
                }
                (Some(b'}'), true) | (Some(b']'), false) => {
                    (open, depth, at) = (open >> 1, depth - 1, at + 1);
                }
                (_, true) => return Err(Wrong { at, wanted: "`,` or `}`" }),
                (_, false) => return Err(Wrong { at, wanted: "`,` or `]`" }),
            }
        }
    }
}

// Behind `"key" : `.
fn key(bytes: &[u8], at: usize) -> Scan {
    let end = string(bytes, byte(bytes, at, b'"', "a key in quotes")?)?;
    Ok(blanks(bytes, colon(bytes, end)?))
}

fn colon(bytes: &[u8], at: usize) -> Scan {
    byte(bytes, blanks(bytes, at), b':', "`:` behind the key")
}

fn byte(bytes: &[u8], at: usize, wanted_byte: u8, wanted: &'static str) -> Scan {
    if bytes.get(at) == Some(&wanted_byte) { Ok(at + 1) } else { Err(Wrong { at, wanted }) }
}

fn blanks(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

fn nothing_more(bytes: &[u8], at: usize) -> Result<(), Wrong> {
    let at = blanks(bytes, at);
    if at == bytes.len() { Ok(()) } else { Err(Wrong { at, wanted: "the end of the record" }) }
}

fn word(bytes: &[u8], at: usize, word: &[u8]) -> Scan {
    let found = bytes.get(at..).is_some_and(|rest| rest.starts_with(word));
    if found { Ok(at + word.len()) } else { Err(Wrong { at, wanted: "a JSON value" }) }
}

// Behind the quote that ends the string whose inside begins at `at`.
fn string(bytes: &[u8], mut at: usize) -> Scan {
    loop {
        at = plain_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(bytes, at + 1)?,
            Some(_) => return Err(Wrong { at, wanted: "no control character in a string" }),
            None => return Err(Wrong { at, wanted: "the closing quote" }),
        }
    }
}

// The first byte that is a quote, a backslash or a control character: eight at a time, by the
// carry-free trick for "a byte of this word is zero" (Bit Twiddling Hacks); the lowest bit that is
// set is right even where higher ones are not.
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    while let Some(Ok(eight)) = bytes.get(at..at + 8).map(<[u8; 8]>::try_from) {
        let word = u64::from_le_bytes(eight);
        let zero = |word: u64| word.wrapping_sub(ONES) & !word & TOPS;
        let control = word.wrapping_sub(ONES * 0x20) & !word & TOPS;
        let found = control | zero(word ^ (ONES * 0x22)) | zero(word ^ (ONES * 0x5c));
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | ..0x20)) {
        at += 1;
    }
    at
}

fn escape(bytes: &[u8], at: usize) -> Scan {
    match bytes.get(at) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
        Some(b'u') => match bytes.get(at + 1..at + 5) {
            Some(hex) if hex.iter().all(u8::is_ascii_hexdigit) => Ok(at + 5),
            _ => Err(Wrong { at: at + 1, wanted: "four hex digits" }),
        },
        _ => Err(Wrong { at, wanted: "a JSON escape" }),
    }
}

// `-`, `0` or digits without a leading zero, a fraction, an exponent.
fn number(bytes: &[u8], at: usize) -> Scan {
    let wrong = |at| Err(Wrong { at, wanted: "a JSON value" });
    let sign = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = digits(bytes, sign);
    if end == sign || (bytes.get(sign) == Some(&b'0') && end > sign + 1) {
        return wrong(at);
    }
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(bytes, end + 1);
        if fraction == end + 1 {
            return wrong(fraction);
        }
        end = fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(bytes, sign);
        if exponent == sign {
            return wrong(exponent);
        }
        end = exponent;
    }
    Ok(end)
}

fn digits(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}
