//! What the engine says of one rule that matched: `Access denied with code 403 (phase 2). REASON [key "value"]...`, or the
//! tags first and the sentence behind them, as Atomicorp has it.
//!
//! What a client sent stands in the reason and in some values. ModSecurity 2 escapes it everywhere; libmodsecurity quotes
//! the value that matched as it came, before it names the rule, so that there the rule is looked for ([`rule_begins`]).

use alloc::{borrow::Cow, vec::Vec};

use memchr::{memchr, memmem};

use super::tag::{Key, Tag, unescaped};
use crate::alert::{Text, Verdict};
use crate::lex;

/// The most tags of a rule that are kept.
pub(super) const TAGS_MAX: usize = 64;

/// As many as a rule of the Core Rule Set seldom exceeds.
const TAGS_USUAL: usize = 12;

/// A message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Message<'a> {
    /// The engine's words for what it did, with the status: `Access denied with code 403`, `Warning`.
    pub(super) action: Option<Text<'a>>,
    /// The same, normalised.
    pub(super) verdict: Verdict,
    /// How else it was done: `with connection close`.
    pub(super) way: Option<Text<'a>>,
    /// The phase of the transaction, 1 to 5.
    pub(super) phase: Option<i64>,
    /// What matched.
    pub(super) reason: Option<Text<'a>>,
    /// By [`Key`].
    values: [Option<Text<'a>>; Key::ONCE],
    /// The rule's tags.
    pub(super) tags: Vec<Text<'a>>,
    /// Was the line cut in the midst of a tag?
    pub(super) cut: bool,
}

impl<'a> Message<'a> {
    /// Reads what stands behind `ModSecurity: `; gives back what follows the last tag.
    pub(crate) fn read(text: &'a str) -> (Self, &'a str) {
        let mut message = Self::default();
        let (mut behind, mut at) = (0, rule_begins(text));
        while let Some(found) = text.as_bytes().get(at..).and_then(|rest| memchr(b'[', rest)) {
            let open = at + found;
            let Some(tag) = Tag::at(text, open) else {
                at = open + 1;
                continue;
            };
            let between = text.get(behind..open).unwrap_or_default().trim();
            // The request's id is the last tag, or its neighbour is: what comes later is the web server's, or the client's.
            if message.value(Key::UniqueId).is_some() && !between.is_empty() {
                break;
            }
            message.sentence(between);
            message.take(&tag);
            (behind, at) = (tag.end, tag.end);
        }
        let rest = text.get(behind..).unwrap_or_default();
        if message.action.is_none() {
            message.sentence(rest.trim());
        }
        (message, rest)
    }

    /// Is it about a rule, or a decision? Else it is a notice of the engine about itself.
    pub(crate) fn is_alert(&self) -> bool {
        self.action.is_some() || self.value(Key::Id).is_some()
    }

    /// The value of a key.
    pub(super) fn value(&self, key: Key) -> Option<&Text<'a>> {
        self.values.get(key as usize)?.as_ref()
    }

    /// The same, moved out.
    pub(super) fn take_value(&mut self, key: Key) -> Option<Text<'a>> {
        self.values.get_mut(key as usize)?.take()
    }

    /// Sets the value of a key, or adds a tag; what was said first stays. Other keys and empty texts are nothing.
    pub(crate) fn set(&mut self, key: &str, value: Text<'a>) {
        if let Some(key) = Key::of(key.as_bytes()) {
            self.keep(key, value);
        }
    }

    fn keep(&mut self, key: Key, value: Text<'a>) {
        if value.is_empty() {
            return;
        }
        match self.values.get_mut(key as usize) {
            Some(slot) => {
                slot.get_or_insert(value);
            }
            None if self.tags.len() < TAGS_MAX => {
                if self.tags.capacity() == 0 {
                    self.tags.reserve_exact(TAGS_USUAL);
                }
                self.tags.push(value);
            }
            None => {}
        }
    }

    /// Says what matched, where it is not said yet.
    pub(crate) fn set_reason(&mut self, reason: Text<'a>) {
        if !reason.is_empty() {
            self.reason.get_or_insert(reason);
        }
    }

    /// The same message, with what only the other says.
    pub(crate) fn filled(mut self, other: Message<'a>) -> Self {
        for (slot, value) in self.values.iter_mut().zip(other.values) {
            if let (None, Some(value)) = (&slot, value) {
                *slot = Some(value);
            }
        }
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
        self
    }

    // Half a number is another number: of a tag that was cut only prose is taken.
    fn take(&mut self, tag: &Tag<'a>) {
        self.cut |= !tag.whole;
        if tag.whole || matches!(tag.key, Key::Msg | Key::Data | Key::Uri | Key::File) {
            self.keep(tag.key, unescaped(tag.value));
        }
    }

    // The words between tags. There may be several; the decision counts, else the longest.
    fn sentence(&mut self, words: &'a str) {
        if self.action.is_some() || words.is_empty() {
            return;
        }
        if let Some(decision) = Decision::read(words) {
            self.action = Some(Cow::Borrowed(decision.action));
            self.verdict = decision.verdict;
            self.way = (!decision.way.is_empty()).then_some(Cow::Borrowed(decision.way));
            self.phase = decision.phase;
            self.reason = (!decision.reason.is_empty()).then_some(Cow::Borrowed(decision.reason));
        } else if self.reason.as_ref().is_none_or(|reason| reason.len() < words.len()) {
            self.reason = Some(Cow::Borrowed(words.strip_prefix("- ").unwrap_or(words)));
        }
    }
}

/// The engine's sentence in its parts.
struct Decision<'a> {
    action: &'a str,
    verdict: Verdict,
    way: &'a str,
    phase: Option<i64>,
    reason: &'a str,
}

/// How the engine's sentences begin, and what they mean.
const DECISIONS: [(&str, Verdict); 5] = [
    ("Access denied", Verdict::Blocked),
    ("Warning", Verdict::Detected),
    ("Access allowed", Verdict::Detected),
    ("Access to phase allowed", Verdict::Detected),
    ("Access to request allowed", Verdict::Detected),
];

impl<'a> Decision<'a> {
    // `Access denied[ with code N][ WAY][ (phase N)]. REASON`
    fn read(words: &'a str) -> Option<Self> {
        let (begins, verdict) = DECISIONS.iter().find(|(begins, _)| words.starts_with(begins))?;
        let mut end = begins.len();
        let behind = words.get(end..)?;
        if let Some(code) = behind.strip_prefix(" with code ") {
            let digits = code.bytes().take_while(u8::is_ascii_digit).count();
            end += if digits > 0 { " with code ".len() + digits } else { 0 };
        }
        let (action, rest) = words.split_at_checked(end)?;
        // Of other words than these it is no decision: `Warnings`.
        if !rest.is_empty() && !rest.starts_with([' ', '.', ',']) {
            return None;
        }
        let (way, rest) = split_way(rest);
        let (phase, rest) = split_phase(rest);
        let reason = rest.trim_start_matches(['.', ',']).trim();
        let closed = way == "with connection close";
        let verdict = if closed { Verdict::Reset } else { *verdict };
        Some(Self { action, verdict, way, phase, reason })
    }
}

// ` with redirection to URL using status 302`, up to the phase or the full stop.
fn split_way(rest: &str) -> (&str, &str) {
    if !rest.starts_with(' ') || rest.starts_with(" (phase") {
        return ("", rest);
    }
    let end = memmem::find(rest.as_bytes(), b" (phase")
        .or_else(|| memmem::find(rest.as_bytes(), b". "))
        .unwrap_or_else(|| rest.trim_end_matches('.').len());
    let (way, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
    (way.trim(), rest)
}

// ` (phase 2)`, ` (phase2)`
fn split_phase(rest: &str) -> (Option<i64>, &str) {
    let Some((number, behind)) =
        rest.strip_prefix(" (phase").and_then(|inside| inside.split_once(')'))
    else {
        return (None, rest);
    };
    match lex::number(number.trim().as_bytes()) {
        Some(phase) => (Some(phase), behind),
        None => (None, rest),
    }
}

/// Where libmodsecurity's sentence stands, at most so many bytes behind the beginning.
const DECISION_BYTES_MAX: usize = 256;

/// How many beginnings of a rule are tried. What matched is quoted with at most 100 characters, in which a client has room
/// for one or two.
const RULES_TRIED_MAX: usize = 16;

/// The tags that libmodsecurity always writes, in this order: more than fits into what it quotes of the client.
const IN_A_ROW: [Key; 7] =
    [Key::File, Key::Line, Key::Id, Key::Rev, Key::Msg, Key::Data, Key::Severity];

/// Where the tags begin. Behind `Matched "Operator ... (Value: ...' )`, in which a client may have written tags of his own,
/// they are the first that stand in the product's order without anything between; the first at all where the line is cut.
fn rule_begins(text: &str) -> usize {
    let bytes = text.as_bytes();
    // It is the first quote of the sentence; to search for the words costs more.
    let quote = memchr(b'"', bytes.get(..DECISION_BYTES_MAX).unwrap_or(bytes)).unwrap_or_default();
    let (before, behind) = bytes.split_at_checked(quote).unwrap_or_default();
    if !before.ends_with(b"Matched ") || !behind.starts_with(b"\"Operator `") {
        return 0;
    }
    let mut beginnings = memmem::find_iter(bytes, b"[file \"").take(RULES_TRIED_MAX);
    let mut first = None;
    beginnings
        .find(|open| {
            first.get_or_insert(*open);
            stands_in_a_row(text, *open)
        })
        .or(first)
        .unwrap_or(text.len())
}

fn stands_in_a_row(text: &str, open: usize) -> bool {
    let mut at = open;
    IN_A_ROW.iter().all(|key| match Tag::at(text, at) {
        Some(tag) if tag.key == *key && tag.whole => {
            at = tag.end + 1;
            true
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests;
