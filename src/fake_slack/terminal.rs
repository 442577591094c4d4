//! A post as Slack would show it, for a terminal: read back from the JSON, so that what is seen is
//! what was sent.

use serde_json::Value;

use super::Received;
use crate::destinations::console::printable;

/// Emoji that posts of this agent use; others stay as `:name:`.
const EMOJI: [(&str, &str); 9] = [
    ("rotating_light", "🚨"),
    ("red_circle", "🔴"),
    ("large_orange_circle", "🟠"),
    ("large_yellow_circle", "🟡"),
    ("large_blue_circle", "🔵"),
    ("white_check_mark", "✅"),
    ("warning", "⚠"),
    ("test_tube", "🧪"),
    ("cop", "👮"),
];

/// The post with the colours that Slack gives it: bold, code, the bar at the left.
pub fn render_terminal(received: &Received) -> String {
    lines(received, Style { colour: true })
}

/// The post's text without any colour.
pub(super) fn plain(received: &Received) -> String {
    lines(received, Style { colour: false })
}

#[derive(Clone, Copy)]
struct Style {
    colour: bool,
}

impl Style {
    fn sgr(self, parameters: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{parameters}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The bar of an attachment in its own colour (SGR 38;2, ISO 8613-6).
    fn bar(self, colour: &str) -> String {
        let part = |at: usize| {
            let digits = colour.get(at..at + 2).unwrap_or_default();
            u8::from_str_radix(digits, 16).unwrap_or(128)
        };
        self.sgr(&format!("38;2;{};{};{}", part(1), part(3), part(5)), "┃")
    }
}

fn lines(received: &Received, style: Style) -> String {
    let mut output = mrkdwn(received.text(), style);
    output.push('\n');
    let attachments = received.json.get("attachments").and_then(Value::as_array);
    for attachment in attachments.into_iter().flatten() {
        let colour = attachment.get("color").and_then(Value::as_str).unwrap_or_default();
        let blocks = attachment.get("blocks").and_then(Value::as_array);
        for block in blocks.into_iter().flatten() {
            for line in self::block(block, style).lines() {
                output.push_str(&format!("{} {line}\n", style.bar(colour)));
            }
        }
    }
    output
}

fn block(block: &Value, style: Style) -> String {
    let elements = block.get("elements").and_then(Value::as_array).into_iter().flatten();
    let is_context = block.get("type").and_then(Value::as_str) == Some("context");
    if is_context {
        let texts = elements.filter_map(|element| element.get("text").and_then(Value::as_str));
        return texts.map(|text| mrkdwn(text, style)).collect::<Vec<_>>().join("  ");
    }
    let sections = elements.map(|section| {
        let pieces = section.get("elements").and_then(Value::as_array).into_iter().flatten();
        pieces.map(|piece| self::piece(piece, style)).collect::<String>()
    });
    sections.collect::<Vec<_>>().join("\n")
}

fn piece(piece: &Value, style: Style) -> String {
    let text = |key: &str| piece.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "emoji" => emoji(text("name")),
        "date" => printable(text("fallback")),
        _ => {
            let shown: Vec<String> = text("text").split('\n').map(printable).collect();
            let shown = shown.join("\n");
            let has = |name: &str| {
                piece.get("style").and_then(|s| s.get(name)) == Some(&Value::Bool(true))
            };
            match (has("code"), has("bold")) {
                (true, _) => style.sgr("38;5;203", &shown),
                (_, true) => style.sgr("1", &shown),
                _ => shown,
            }
        }
    }
}

fn emoji(name: &str) -> String {
    match EMOJI.iter().find(|(known, _)| *known == name) {
        Some((_, sign)) => (*sign).to_owned(),
        None => format!(":{}:", printable(name)),
    }
}

/// Markup as it looks: `*bold*`, code, dates by their fallback, entities decoded once.
fn mrkdwn(text: &str, style: Style) -> String {
    let mut output = String::new();
    for (index, part) in text.split('`').enumerate() {
        // Every second part stands in backticks.
        if index % 2 == 1 {
            output.push_str(&style.sgr("38;5;203", &decode(part)));
            continue;
        }
        for (index, part) in part.split('*').enumerate() {
            let shown = tokens(part);
            output.push_str(&if index % 2 == 1 { style.sgr("1", &shown) } else { shown });
        }
    }
    output
}

/// `<!date^…|fallback>` as its fallback, `:emoji:` as its sign.
fn tokens(text: &str) -> String {
    let mut output = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        output.push_str(&decode(before));
        let (inside, tail) = after.split_once('>').unwrap_or((after, ""));
        let label = inside.split_once('|').map_or(inside, |(_, label)| label);
        output.push_str(&decode(label.trim_start_matches('!')));
        rest = tail;
    }
    output.push_str(&decode(rest));
    for (name, sign) in EMOJI {
        output = output.replace(&format!(":{name}:"), sign);
    }
    output
}

fn decode(text: &str) -> String {
    printable(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
}
