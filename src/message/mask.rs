//! Secrets of others that a log may hold: the values of credential headers and of parameters such
//! as `password=`. Knows nothing of where the text goes.

/// What stands for a masked value.
pub(super) const MASK: &str = "***";

/// Headers whose whole value is a secret. `-` and `_` are the same, case too.
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// A parameter is secret if its name ends so.
const NAME_ENDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "token",
    "secret",
    "apikey",
    "api-key",
    "sessionid",
    "sessid",
    "credential",
];

/// A parameter is secret if this is its name.
const NAMES: [&str; 3] = ["pass", "session", "auth"];

/// A name is looked for in so many bytes before `=` or `:`.
const NAME_BYTES_MAX: usize = 40;

/// The text with secret values replaced by `***`.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['=', ':', '%']) {
        let (before, from) = rest.split_at(at);
        masked.push_str(before);
        let delimiter = delimiter(from);
        let (sign, after) = from.split_at(delimiter.len());
        masked.push_str(sign);
        rest = match secret_after(&masked, delimiter, after) {
            None => after,
            Some(value) => {
                let (lead, value_bytes) = value;
                let (lead, tail) = after.split_at(lead);
                masked.push_str(lead);
                let (value, tail) = tail.split_at(value_bytes);
                masked.push_str(if value.is_empty() { "" } else { MASK });
                tail
            }
        };
    }
    masked.push_str(rest);
    masked
}

/// The delimiter that `from` starts with; a percent sign that is none is taken alone.
fn delimiter(from: &str) -> &str {
    let encoded = from
        .get(..3)
        .filter(|code| code.eq_ignore_ascii_case("%3d") || code.eq_ignore_ascii_case("%3a"));
    encoded.or_else(|| from.get(..1)).unwrap_or(from)
}

/// Where the secret value is: how many bytes stand before it, and how many it has.
fn secret_after(before: &str, delimiter: &str, after: &str) -> Option<(usize, usize)> {
    let name = name_before(before.strip_suffix(delimiter)?);
    let is_header = delimiter == ":" && HEADERS.contains(&name.as_str());
    if is_header {
        let lead = after.len() - after.trim_start_matches(' ').len();
        return Some((lead, header_value_bytes(after.get(lead..)?)));
    }
    if delimiter == ":" && after.starts_with("//") {
        return user_info(after);
    }
    let is_secret =
        NAMES.contains(&name.as_str()) || NAME_ENDS.iter().any(|end| name.ends_with(end));
    (delimiter != "%" && is_secret).then(|| {
        let blanks = after.len() - after.trim_start_matches(' ').len();
        let value = after.get(blanks..).unwrap_or_default();
        match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = value.get(1..).unwrap_or_default();
                let end = inner.find([quote, '\r', '\n']).unwrap_or(inner.len());
                (blanks + 1, end)
            }
            _ => (blanks, value.find(ends_value).unwrap_or(value.len())),
        }
    })
}

/// The name that ends here, in lower case with `-` for `_`; a closing quote (JSON) is stepped over.
fn name_before(text: &str) -> String {
    let text = text.strip_suffix(['"', '\'']).unwrap_or(text).trim_end_matches(' ');
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let name = text.bytes().rev().take(NAME_BYTES_MAX).collect::<Vec<_>>();
    let mut name: Vec<u8> = name.iter().take_while(is_name).copied().collect();
    name.reverse();
    String::from_utf8_lossy(&name).to_ascii_lowercase().replace('_', "-")
}

/// A header's value goes to the end of its line; the end may itself be written as `\r` or `\n`.
fn header_value_bytes(value: &str) -> usize {
    let line = value.split(['\r', '\n']).next().unwrap_or_default();
    let ends = ["\\r", "\\n", "\\x0d", "\\x0a"];
    ends.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len())
}

/// `//user:password@host`: the whole of what stands before `@`.
fn user_info(after: &str) -> Option<(usize, usize)> {
    let authority = after.get(2..)?;
    let end = authority.find(['/', '?', '#', ' ', '"', '\'', '<', '>']).unwrap_or(authority.len());
    authority.get(..end)?.rfind('@').map(|at| (2, at))
}

fn ends_value(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '&' | ';' | ',' | '"' | '\'' | '<' | '>' | ')' | '}' | '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let table = [
            ("/login?user=bob&password=hunter2&x=1", "/login?user=bob&password=***&x=1"),
            ("PASSWORD=hunter2", "PASSWORD=***"),
            ("user_password=a;b", "user_password=***;b"),
            ("access_token=abc.def-ghi", "access_token=***"),
            ("?api_key=1&k=2", "?api_key=***&k=2"),
            ("password%3Dhunter2&a", "password%3D***&a"),
            ("{\"password\": \"hunter 2\", \"a\": 1}", "{\"password\": \"***\", \"a\": 1}"),
            ("password='x' OR 1=1", "password='***' OR 1=1"),
            ("password=", "password="),
            (
                "GET / HTTP/1.1\r\nAuthorization: Basic Ym9iOmI=\r\nA: b",
                "GET / HTTP/1.1\r\nAuthorization: ***\r\nA: b",
            ),
            ("Cookie: a=b; c=d", "Cookie: ***"),
            ("Set-Cookie:x=y\\r\\nHost: h", "Set-Cookie:***\\r\\nHost: h"),
            ("http://bob:hunter2@host/x", "http://***@host/x"),
            ("http://host:80/a@b", "http://host:80/a@b"),
            ("100%, compass=north-east", "100%, compass=north-east"),
            ("a=b: c=d %3D", "a=b: c=d %3D"),
            ("id=1'%20OR%20'1'='1", "id=1'%20OR%20'1'='1"),
        ];
        for (text, wanted) in table {
            assert_eq!(mask(text), wanted, "for {text}");
        }
    }
}
