//! The documented limits of a payload ("Block Kit", "Sending messages using incoming webhooks").
//! What is not documented is refused, since nothing says that Slack takes it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::markup::{Automatic, Marks};
use super::rich_text;
use crate::message::sanitize::escaped_chars;

const BLOCKS_MAX: usize = 50;
const ATTACHMENTS_MAX: usize = 100;
/// Users meet `invalid_attachments` above this.
const ATTACHMENT_BLOCKS_MAX: usize = 20;
const BLOCK_ID_CHARS_MAX: usize = 255;
const TEXT_CHARS_MAX: usize = 3_000;
const FIELD_CHARS_MAX: usize = 2_000;
const FIELDS_MAX: usize = 10;
const CONTEXT_ELEMENTS_MAX: usize = 10;
const HEADER_CHARS_MAX: usize = 150;
/// Beyond this Slack cuts a top-level text into several messages.
const TOP_TEXT_CHARS_MAX: usize = 4_000;
/// Measured by others: the whole message, in escaped characters.
const MESSAGE_CHARS_MAX: usize = 13_200;
/// Measured by others: what a block costs beside its text.
const BLOCK_CHARS: usize = 125;

/// What a payload would be in the channel.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Slack's word for what is wrong.
    pub(super) fault: Option<&'static str>,
    pub(super) marks: Marks,
    /// Slack would fetch links.
    pub(super) unfurls: bool,
    pub(super) chars: usize,
}

/// Slack's word for what is wrong.
pub(super) type Checked = Result<(), &'static str>;

const BLOCKS: &str = "invalid_blocks";
const ATTACHMENTS: &str = "invalid_attachments";

/// Reads and measures a payload.
pub(super) fn check(payload: &Value) -> Seen {
    let mut walk = Walk::default();
    walk.seen.fault = walk.payload(payload).err();
    walk.seen
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) seen: Seen,
    block_ids: BTreeSet<String>,
}

impl Walk {
    fn payload(&mut self, payload: &Value) -> Checked {
        let known = [
            "text",
            "blocks",
            "attachments",
            "parse",
            "mrkdwn",
            "unfurl_links",
            "unfurl_media",
            "link_names",
            "thread_ts",
        ];
        let payload = object(payload, &known, "invalid_payload")?;
        self.seen.unfurls = ["unfurl_links", "unfurl_media"]
            .iter()
            .any(|key| payload.get(*key) != Some(&Value::Bool(false)));
        let (text, blocks, attachments) =
            (payload.get("text"), payload.get("blocks"), payload.get("attachments"));
        if text.and_then(Value::as_str).is_none_or(str::is_empty)
            && blocks.is_none()
            && attachments.is_none()
        {
            return Err("no_text");
        }
        if let Some(text) = text {
            self.top_text(text.as_str().ok_or("invalid_payload")?, payload)?;
        }
        if let Some(blocks) = blocks {
            self.blocks(blocks, BLOCKS_MAX, "invalid_blocks_format")?;
        }
        if let Some(attachments) = attachments {
            let attachments = attachments.as_array().ok_or(ATTACHMENTS)?;
            if attachments.len() > ATTACHMENTS_MAX {
                return Err("too_many_attachments");
            }
            for attachment in attachments {
                self.attachment(attachment)?;
            }
        }
        if self.seen.chars > MESSAGE_CHARS_MAX { Err("msg_blocks_too_long") } else { Ok(()) }
    }

    fn top_text(&mut self, text: &str, payload: &Map<String, Value>) -> Checked {
        let parse = payload.get("parse").and_then(Value::as_str);
        let names = payload.get("link_names").is_some_and(|v| v != &Value::Bool(false));
        let automatic = match parse {
            _ if names => Automatic::UrlsAndNames,
            Some("full") => Automatic::UrlsAndNames,
            Some("none") => Automatic::Off,
            _ => Automatic::Urls,
        };
        self.seen.marks.read(text, automatic);
        // The text came escaped.
        let chars = text.chars().map(char::len_utf16).sum::<usize>();
        self.seen.chars += chars;
        if chars > TOP_TEXT_CHARS_MAX { Err("msg_too_long") } else { Ok(()) }
    }

    fn attachment(&mut self, attachment: &Value) -> Checked {
        // Blocks and the older keys exclude each other.
        if attachment.get("blocks").is_none() {
            let older = object(attachment, &["text", "fallback", "color"], ATTACHMENTS)?;
            let text = older.get("text").and_then(Value::as_str).ok_or(ATTACHMENTS)?;
            self.seen.marks.read(text, Automatic::Urls);
            self.seen.chars += escaped_chars(text);
            return Ok(());
        }
        let attachment = object(attachment, &["color", "blocks"], ATTACHMENTS)?;
        if let Some(color) = attachment.get("color") {
            let digits = color.as_str().and_then(|color| color.strip_prefix('#'));
            let is_color =
                digits.is_some_and(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
            if !is_color {
                return Err(ATTACHMENTS);
            }
        }
        let blocks = attachment.get("blocks").unwrap_or(&Value::Null);
        self.blocks(blocks, ATTACHMENT_BLOCKS_MAX, ATTACHMENTS)
    }

    fn blocks(&mut self, blocks: &Value, most: usize, too_many: &'static str) -> Checked {
        let blocks = blocks.as_array().ok_or("invalid_blocks_format")?;
        if blocks.len() > most {
            return Err(if most == BLOCKS_MAX { BLOCKS } else { too_many });
        }
        blocks.iter().try_for_each(|block| self.block(block))
    }

    fn block(&mut self, block: &Value) -> Checked {
        self.seen.chars += BLOCK_CHARS;
        if let Some(id) = block.get("block_id") {
            let id = id.as_str().ok_or(BLOCKS)?;
            let is_new = self.block_ids.insert(id.to_owned());
            if id.chars().count() > BLOCK_ID_CHARS_MAX || !is_new {
                return Err(BLOCKS);
            }
        }
        match block.get("type").and_then(Value::as_str) {
            Some("divider") => object(block, &["type", "block_id"], BLOCKS).map(drop),
            Some("header") => {
                let block = object(block, &["type", "block_id", "text"], BLOCKS)?;
                self.text_object(block.get("text"), HEADER_CHARS_MAX, &["plain_text"])
            }
            Some("section") => self.section(block),
            Some("context") => {
                let block = object(block, &["type", "block_id", "elements"], BLOCKS)?;
                let elements = list(block.get("elements"), CONTEXT_ELEMENTS_MAX)?;
                elements.iter().try_for_each(|element| {
                    self.text_object(Some(element), TEXT_CHARS_MAX, &["plain_text", "mrkdwn"])
                })
            }
            Some("rich_text") => {
                let block = object(block, &["type", "block_id", "elements"], BLOCKS)?;
                let elements = list(block.get("elements"), usize::MAX)?;
                elements.iter().try_for_each(|element| rich_text::check(self, element))
            }
            _ => Err(BLOCKS),
        }
    }

    fn section(&mut self, block: &Value) -> Checked {
        let both: &[_] = &["plain_text", "mrkdwn"];
        let block = object(block, &["type", "block_id", "text", "fields", "expand"], BLOCKS)?;
        if block.get("text").is_none() && block.get("fields").is_none() {
            return Err(BLOCKS);
        }
        if let Some(text) = block.get("text") {
            self.text_object(Some(text), TEXT_CHARS_MAX, both)?;
        }
        match block.get("fields") {
            None => Ok(()),
            fields => list(fields, FIELDS_MAX)?
                .iter()
                .try_for_each(|field| self.text_object(Some(field), FIELD_CHARS_MAX, both)),
        }
    }

    fn text_object(&mut self, object: Option<&Value>, chars_max: usize, types: &[&str]) -> Checked {
        let object =
            self::object(object.ok_or(BLOCKS)?, &["type", "text", "verbatim", "emoji"], BLOCKS)?;
        let kind = object.get("type").and_then(Value::as_str).ok_or(BLOCKS)?;
        let text = object.get("text").and_then(Value::as_str).ok_or(BLOCKS)?;
        let chars = text.chars().map(char::len_utf16).sum::<usize>();
        if !types.contains(&kind) || chars == 0 || chars > chars_max {
            return Err(BLOCKS);
        }
        self.seen.chars += chars;
        if kind == "plain_text" {
            return if object.contains_key("verbatim") { Err(BLOCKS) } else { Ok(()) };
        }
        let verbatim = object.get("verbatim") == Some(&Value::Bool(true));
        let automatic = if verbatim { Automatic::Off } else { Automatic::UrlsAndNames };
        self.seen.marks.read(text, automatic);
        if object.contains_key("emoji") { Err(BLOCKS) } else { Ok(()) }
    }
}

/// The object, if it has known keys only.
pub(super) fn object<'a>(
    value: &'a Value,
    known: &[&str],
    fault: &'static str,
) -> Result<&'a Map<String, Value>, &'static str> {
    let object = value.as_object().ok_or(fault)?;
    if object.keys().all(|key| known.contains(&key.as_str())) { Ok(object) } else { Err(fault) }
}

/// A list that is not empty and not too long.
pub(super) fn list(value: Option<&Value>, most: usize) -> Result<&[Value], &'static str> {
    let list = value.and_then(Value::as_array).ok_or(BLOCKS)?;
    if list.is_empty() || list.len() > most { Err(BLOCKS) } else { Ok(list) }
}
