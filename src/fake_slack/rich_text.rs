//! The `rich_text` block: typed elements instead of markup. Text in it is not read for markup;
//! whether clients make links of bare URLs in it is not known, so those count as links here.

use serde_json::{Map, Value};

use super::check::{Checked, Walk, list, object};
use super::markup::Automatic;
use crate::message::sanitize::escaped_chars;

const BLOCKS: &str = "invalid_blocks";
const STYLES: [&str; 5] = ["bold", "italic", "strike", "code", "underline"];

/// One element of the block.
pub(super) fn check(walk: &mut Walk, element: &Value) -> Checked {
    let kind = element.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "rich_text_section" | "rich_text_quote" | "rich_text_preformatted" => {
            let element = object(element, &["type", "elements", "border"], BLOCKS)?;
            let pieces = list(element.get("elements"), usize::MAX)?;
            let only_text = kind == "rich_text_preformatted";
            pieces.iter().try_for_each(|piece| self::piece(walk, piece, only_text))
        }
        "rich_text_list" => {
            let known = ["type", "elements", "style", "indent", "border", "offset"];
            let element = object(element, &known, BLOCKS)?;
            match element.get("style").and_then(Value::as_str) {
                Some("bullet" | "ordered") => {}
                _ => return Err(BLOCKS),
            }
            list(element.get("elements"), usize::MAX)?.iter().try_for_each(|item| {
                match item.get("type").and_then(Value::as_str) {
                    Some("rich_text_section") => check(walk, item),
                    _ => Err(BLOCKS),
                }
            })
        }
        _ => Err(BLOCKS),
    }
}

fn piece(walk: &mut Walk, piece: &Value, only_text: bool) -> Checked {
    let kind = piece.get("type").and_then(Value::as_str).ok_or(BLOCKS)?;
    if only_text && !matches!(kind, "text" | "link") {
        return Err(BLOCKS);
    }
    let known = known_keys(kind).ok_or(BLOCKS)?;
    let piece = object(piece, known, BLOCKS)?;
    let text = |key: &str| {
        piece.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(BLOCKS)
    };
    style(piece)?;
    let marks = &mut walk.seen.marks;
    let shown = match kind {
        "text" => {
            marks.bare(text("text")?, Automatic::Urls);
            text("text")?
        }
        "emoji" => {
            let is_name =
                |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_+-".contains(&b);
            Some(text("name")?).filter(|name| name.bytes().all(is_name)).ok_or(BLOCKS)?
        }
        "date" => {
            piece.get("timestamp").and_then(Value::as_u64).ok_or(BLOCKS)?;
            if piece.contains_key("url") {
                marks.link.push(text("url")?.to_owned());
            }
            text("format")?;
            text("fallback")?
        }
        "link" => {
            marks.link.push(text("url")?.to_owned());
            text("url")?
        }
        // A person, a group, a channel, everybody.
        _ => {
            marks.notify.push(Value::Object(piece.clone()).to_string());
            ""
        }
    };
    walk.seen.chars += escaped_chars(shown);
    Ok(())
}

fn known_keys(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "text" => &["type", "text", "style"],
        "emoji" => &["type", "name", "unicode", "skin_tone"],
        "date" => &["type", "timestamp", "format", "fallback", "url"],
        "link" => &["type", "url", "text", "style", "unsafe"],
        "user" => &["type", "user_id", "style"],
        "usergroup" => &["type", "usergroup_id", "style"],
        "channel" => &["type", "channel_id", "style"],
        "broadcast" => &["type", "range"],
        _ => return None,
    })
}

fn style(piece: &Map<String, Value>) -> Checked {
    let Some(style) = piece.get("style") else { return Ok(()) };
    let style = object(style, &STYLES, BLOCKS)?;
    if style.values().all(Value::is_boolean) { Ok(()) } else { Err(BLOCKS) }
}
