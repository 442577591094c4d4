//! URLs and host names made so that no client turns them into a link: `hxxp[:]//shop[.]example`.
//! Knows no receiver.

use super::punycode;

/// Last labels that are file endings and no top-level domains: `index.php` stays as it is.
const FILE_ENDINGS: [&str; 30] = [
    "asp", "aspx", "bak", "bin", "cfg", "cgi", "conf", "css", "dat", "dll", "exe", "gif", "htm",
    "html", "ico", "ini", "jar", "jpeg", "jpg", "js", "json", "jsp", "log", "php", "png", "sql",
    "txt", "war", "xml", "yml",
];

/// Schemes without `//` that clients open.
const BARE_SCHEMES: [&str; 4] = ["mailto", "tel", "javascript", "data"];

/// The text with schemes and hosts broken (if `break_links`). In a host's own field, and behind
/// `//`, labels beyond ASCII are shown in their ASCII form.
pub(super) fn defang(text: &str, is_host: bool, break_links: bool) -> String {
    let mut output = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_bytes = rest.find(|c| !is_host_character(c)).unwrap_or(rest.len());
        if word_bytes == 0 {
            let sign_bytes = first.len_utf8();
            let (sign, tail) = rest.split_at(sign_bytes);
            output.push_str(sign);
            rest = tail;
            continue;
        }
        let (word, tail) = rest.split_at(word_bytes);
        let is_authority = output.ends_with("//") || output.ends_with('@');
        if break_links && tail.starts_with("://") {
            output.push_str(&word.replace("http", "hxxp").replace("HTTP", "HXXP"));
            output.push_str("[:]//");
            rest = tail.get(3..).unwrap_or_default();
        } else if break_links && tail.starts_with(':') && is_bare_scheme(word) {
            output.push_str(word);
            output.push_str("[:]");
            rest = tail.get(1..).unwrap_or_default();
        } else {
            let in_path = output.ends_with('/') && !is_authority;
            push_host(&mut output, word, is_authority || is_host, break_links && !in_path);
            rest = tail;
        }
    }
    // What remains (`é://`, `+://`) has no word that we know before it.
    if break_links { output.replace("://", "[:]//") } else { output }
}

fn is_host_character(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '.' | '。' | '．' | '｡')
}

fn is_bare_scheme(word: &str) -> bool {
    BARE_SCHEMES.iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The word, its last dot in brackets if it looks like a host name.
fn push_host(output: &mut String, word: &str, certain: bool, break_links: bool) {
    let ascii: String;
    let word = if certain && !word.is_ascii() {
        let labels = word.split(['.', '。', '．', '｡']);
        let labels: Vec<String> =
            labels.map(|label| punycode::encode_label(label).unwrap_or(label.to_owned())).collect();
        ascii = labels.join(".");
        &ascii
    } else {
        word
    };
    // A sentence's full stop and the root's dot are no separators.
    let name = word.trim_end_matches('.');
    match name.rsplit_once('.') {
        Some((head, last)) if break_links && is_top_level(last, certain) && !head.is_empty() => {
            output.push_str(head);
            output.push_str("[.]");
            output.push_str(last);
            output.push_str(word.get(name.len()..).unwrap_or_default());
        }
        _ => output.push_str(word),
    }
}

/// Could this label end a host name?
fn is_top_level(label: &str, certain: bool) -> bool {
    let lower = label.to_lowercase();
    let is_name = label.chars().count() >= 2 && label.chars().any(char::is_alphabetic);
    is_name && (certain || !FILE_ENDINGS.contains(&lower.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_broken_and_plain_text_is_left() {
        let table = [
            ("https://evil.example/a.png", "hxxps[:]//evil[.]example/a.png"),
            ("HTTP://EVIL.EXAMPLE", "HXXP[:]//EVIL[.]EXAMPLE"),
            ("evil.example", "evil[.]example"),
            ("//evil.example/x", "//evil[.]example/x"),
            ("www.evil.example.", "www.evil[.]example."),
            ("slack://open?x=1", "slack[:]//open?x=1"),
            ("mailto:ciso@corp.example", "mailto[:]ciso@corp[.]example"),
            ("tel:+3112345", "tel[:]+3112345"),
            ("203.0.113.7:80", "203.0.113.7:80"),
            ("/cgi-bin/index.php?a=b.c", "/cgi-bin/index.php?a=b.c"),
            ("GPL WEB robots.txt access", "GPL WEB robots.txt access"),
            ("nginx/1.18.0 (x)", "nginx/1.18.0 (x)"),
            ("end. Next", "end. Next"),
            ("//bücher.example", "//xn--bcher-kva[.]example"),
            ("Grüße.", "Grüße."),
            ("", ""),
        ];
        for (text, wanted) in table {
            assert_eq!(defang(text, false, true), wanted, "for {text}");
        }
        assert_eq!(defang("аррӏе.example", true, true), "xn--80ak6aa92e[.]example");
        assert_eq!(defang("bücher.example", true, false), "xn--bcher-kva.example");
        assert_eq!(defang("https://evil.example", false, false), "https://evil.example");
    }
}
