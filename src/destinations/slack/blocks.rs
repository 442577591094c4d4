//! A message in Slack's Block Kit: the headline as the payload's text, which notifications and
//! screen readers show, and one attachment with a colour bar and a block for each card. Text of a
//! log stands only in `text` elements of `rich_text`, which Slack does not read for markup, and in
//! escaped code spans.

use serde::Serialize;

use super::escape::{DATE_FORMAT, escape, mention_allowed, mrkdwn};
use crate::destinations::Form;
use crate::message::{Card, Line, MESSAGE_BLOCKS_MAX, Message, Span, Tone, severity, utc};
use ipsbell_parsers::alert::Severity;

#[derive(Serialize)]
struct Payload {
    text: String,
    /// Without this Slack makes links of bare URLs in `text`.
    parse: &'static str,
    unfurl_links: bool,
    unfurl_media: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mrkdwn: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
}

/// With `blocks`, Slack refuses every other key of an attachment but `color`.
#[derive(Serialize)]
struct Attachment {
    color: &'static str,
    blocks: Vec<Block>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    RichText { elements: [Section; 1] },
    Context { elements: [Mrkdwn; 1] },
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "rich_text_section")]
struct Section {
    elements: Vec<Piece>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Piece {
    Text {
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        style: Option<Style>,
    },
    Emoji {
        name: &'static str,
    },
    Link {
        url: String,
        text: String,
    },
    Date {
        timestamp: i64,
        format: &'static str,
        fallback: String,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Style {
    #[serde(serialize_with = "is_true")]
    Bold,
    #[serde(serialize_with = "is_true")]
    Code,
}

fn is_true<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(true)
}

#[derive(Serialize)]
#[serde(tag = "type", rename = "mrkdwn")]
struct Mrkdwn {
    text: String,
    /// Without this Slack makes links of bare URLs and mentions of `@here`.
    verbatim: bool,
}

/// What a message says of itself when an earlier try had no clear answer.
const REPEATED: &str = "may be a repeat: an earlier try had no clear answer";

/// The message as JSON.
pub(super) fn payload(message: &Message, form: Form) -> Vec<u8> {
    let mention = message.mention.as_deref().filter(|mention| mention_allowed(mention));
    let mut text = mention.map(|mention| format!("{mention} ")).unwrap_or_default();
    let (emoji, color) = look(message.tone);
    if form.minimal {
        text.push_str(&escape(&message.minimal));
    } else {
        text.push_str(&format!(":{emoji}: {}", mrkdwn(&message.headline)));
    }
    if form.maybe_repeated {
        text.push_str(&format!(" ({REPEATED})"));
    }
    let blocks = if form.minimal { Vec::new() } else { blocks(message) };
    let attachment = (!blocks.is_empty()).then_some(Attachment { color, blocks });
    let payload = Payload {
        text,
        parse: "none",
        unfurl_links: false,
        unfurl_media: false,
        mrkdwn: form.minimal.then_some(false),
        attachments: attachment.into_iter().collect(),
    };
    // Strings, numbers and booleans only: there is nothing here that JSON could not hold.
    serde_json::to_vec(&payload).unwrap_or_default()
}

fn blocks(message: &Message) -> Vec<Block> {
    let with_ids = message.shows_ids();
    let mut blocks: Vec<Block> = message
        .cards
        .iter()
        .take(MESSAGE_BLOCKS_MAX - 1)
        .map(|card| Block::RichText { elements: [section(card, with_ids)] })
        .collect();
    let footer = mrkdwn(&message.footer);
    if !footer.is_empty() {
        blocks.push(Block::Context { elements: [Mrkdwn { text: footer, verbatim: true }] });
    }
    blocks
}

/// The card's lines in one section, so that Slack sets them as one paragraph.
fn section(card: &Card, with_id: bool) -> Section {
    let (emoji, _) = look(card.tone);
    let mut pieces = vec![Piece::Emoji { name: emoji }, plain(" ")];
    for (index, line) in card.lines(with_id).iter().enumerate() {
        if index > 0 {
            pieces.push(plain("\n"));
        }
        push_line(&mut pieces, line);
    }
    Section { elements: pieces }
}

fn push_line(pieces: &mut Vec<Piece>, line: &Line) {
    for span in &line.0 {
        let (text, style) = match span {
            Span::Words(text) => (text.clone(), None),
            Span::Strong(text) => (text.clone(), Some(Style::Bold)),
            Span::Quote(text) | Span::Command(text) => (text.clone(), Some(Style::Code)),
            Span::Link { text, url } => {
                pieces.push(Piece::Link { url: url.clone(), text: text.clone() });
                continue;
            }
            Span::Time(at) if at.as_second() >= 0 => {
                pieces.push(Piece::Date {
                    timestamp: at.as_second(),
                    format: DATE_FORMAT,
                    fallback: utc(*at),
                });
                continue;
            }
            Span::Time(at) => (utc(*at), None),
        };
        // Slack refuses an empty text.
        if !text.is_empty() {
            pieces.push(Piece::Text { text, style });
        }
    }
}

fn plain(text: &str) -> Piece {
    Piece::Text { text: text.to_owned(), style: None }
}

/// Emoji and colour of the bar: readable on light and dark ground, and never the only sign.
fn look(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Alert(number) => match severity(number) {
            Severity::Critical => ("rotating_light", "#B3261E"),
            Severity::High => ("red_circle", "#E8710A"),
            Severity::Medium => ("large_orange_circle", "#F2C200"),
            Severity::Low => ("large_yellow_circle", "#1A73E8"),
            Severity::Info => ("large_blue_circle", "#80868B"),
        },
        Tone::Recovered => ("white_check_mark", "#188038"),
        Tone::Notice => ("warning", "#E8710A"),
        Tone::Test => ("test_tube", "#1A73E8"),
    }
}
