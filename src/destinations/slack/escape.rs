//! Slack's markup, "mrkdwn" (docs.slack.dev, "Formatting message text"): `&`, `<` and `>` are its
//! only control characters and the only ones with an escape; a code span ends at a backtick, which
//! has none.

use std::borrow::Cow;

use crate::message::{Line, Span, utc};

/// How instants are shown, in the reader's own zone.
pub(super) const DATE_FORMAT: &str = "{date_short_pretty} {time_secs}";

/// `&amp;`, `&lt;`, `&gt;` for the three control characters, in a single pass.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// A code span. A backtick within becomes a look-alike; blanks at the ends go, since Slack would
/// not see a span.
pub(super) fn code(text: &str) -> String {
    let text = text.trim().replace('`', "\u{2cb}");
    let text = if text.is_empty() { "\u{2420}".to_owned() } else { text };
    format!("`{}`", escape(&text))
}

/// A line as mrkdwn.
pub(super) fn mrkdwn(line: &Line) -> String {
    let mut output = String::new();
    for span in &line.0 {
        match span {
            Span::Words(words) => output.push_str(&escape(words)),
            Span::Strong(words) => {
                output.push('*');
                output.push_str(&escape(words));
                output.push('*');
            }
            Span::Quote(text) | Span::Command(text) => {
                // A span is seen only at a word's edge.
                if output.ends_with(|c: char| c.is_alphanumeric() || c == '`') {
                    output.push(' ');
                }
                output.push_str(&code(text));
            }
            Span::Link { text, url } => {
                output.push_str(&format!("<{}|{}>", escape(url), escape(text)));
            }
            Span::Time(at) => match at.as_second() {
                second @ 0.. => {
                    output.push_str(&format!("<!date^{second}^{DATE_FORMAT}|{}>", utc(*at)))
                }
                _ => output.push_str(&utc(*at)),
            },
        }
    }
    output
}

/// Is this one of the mentions that Slack knows: `<!here>`, `<!channel>`, `<!everyone>`, a user
/// group, a user?
pub fn mention_allowed(text: &str) -> bool {
    let id = |prefix, first: &[char]| {
        let id = text.strip_prefix(prefix).and_then(|rest: &str| rest.strip_suffix('>'));
        id.is_some_and(|id| {
            id.starts_with(first)
                && (2..=32).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        })
    };
    matches!(text, "<!here>" | "<!channel>" | "<!everyone>")
        || id("<!subteam^", &['S'])
        || id("<@", &['U', 'W'])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn control_characters_are_escaped_once() {
        let table = [
            ("plain", "plain"),
            ("<!channel>", "&lt;!channel&gt;"),
            ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
            ("a & b", "a &amp; b"),
        ];
        for (text, wanted) in table {
            assert_eq!(escape(text), wanted);
        }
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        let table = [
            ("a`b", "`a\u{2cb}b`"),
            ("```", "`\u{2cb}\u{2cb}\u{2cb}`"),
            (" x ", "`x`"),
            ("  ", "`\u{2420}`"),
            ("<@U1>", "`&lt;@U1&gt;`"),
        ];
        for (text, wanted) in table {
            assert_eq!(code(text), wanted);
        }
    }

    #[test]
    fn a_line_becomes_markup() {
        let at: Timestamp = "2026-11-23T11:37:00Z".parse().expect("an instant");
        let line = Line(vec![
            Span::Strong("HIGH".into()),
            Span::Words(" a<b".into()),
            Span::Quote("x".into()),
            Span::Words(" ".into()),
            Span::Time(at),
            Span::Words(" ".into()),
            Span::Time(Timestamp::MIN),
        ]);
        let wanted = "*HIGH* a&lt;b `x` <!date^1795433820^{date_short_pretty} {time_secs}|2026-11-23 \
                      11:37:00 UTC> -9999-01-02 01:59:59 UTC";
        assert_eq!(mrkdwn(&line), wanted);
    }

    #[test]
    fn only_mentions_are_mentions() {
        let table = [
            ("<!here>", true),
            ("<!channel>", true),
            ("<!everyone>", true),
            ("<!subteam^S012AB3CD>", true),
            ("<@U012AB3CD>", true),
            ("<@W012AB3CD>", true),
            ("<@B012AB3CD>", false),
            ("<@U>", false),
            ("<@Uabc>", false),
            ("<!subteam^S1|ops>", false),
            ("<!here|ops>", false),
            ("<!group>", false),
            ("@here", false),
            ("<https://evil.example>", false),
            ("<!here> <!here>", false),
            ("", false),
        ];
        for (text, wanted) in table {
            assert_eq!(mention_allowed(text), wanted, "for {text}");
        }
    }
}
