//! What an alert takes from the engine's messages: from one, as an error log has it, or from all of a request, as an audit log
//! has them. An audit record is one alert: the worst rule names it, the others are listed.

use alloc::{borrow::Cow, format, vec::Vec};
use core::cmp::Reverse;

use super::message::{Message, TAGS_MAX};
use super::tag::Key;
use super::{host, note_text};
use crate::alert::{Alert, Severity, Text, Value, Verdict};
use crate::{lex, words};

/// The most messages of a request that are kept; more are counted. The Core Rule Set at its highest paranoia level stays
/// far below.
pub(crate) const MESSAGES_MAX: usize = 256;

/// The most rules that are listed beside the one that names the alert.
const OTHERS_MAX: usize = 64;

/// What the log says of the engine's mode (`SecRuleEngine`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Engine {
    /// It does not say.
    #[default]
    Unknown,
    /// It denies.
    On,
    /// It only detects.
    DetectionOnly,
}

impl Engine {
    /// `ENABLED`, `Enabled`, `On`; `DETECTION_ONLY`, `DetectionOnly`.
    pub(crate) fn read(word: &str) -> Self {
        let is = |words: &[&str]| words.iter().any(|known| word.eq_ignore_ascii_case(known));
        match () {
            () if is(&["enabled", "on"]) => Self::On,
            () if is(&["detection_only", "detectiononly"]) => Self::DetectionOnly,
            () => Self::Unknown,
        }
    }
}

/// The messages of one request.
#[derive(Debug, Default)]
pub(crate) struct Request<'a> {
    messages: Vec<Message<'a>>,
    /// How many there were.
    count: i64,
    pub(crate) engine: Engine,
    /// Was the request stopped? Where the log says it beside the messages.
    pub(crate) intercepted: Option<bool>,
}

impl<'a> Request<'a> {
    /// Takes a message; what is a notice about the engine itself is none.
    pub(crate) fn push(&mut self, message: Message<'a>) {
        if !message.is_alert() {
            return;
        }
        self.count += 1;
        if self.messages.len() < MESSAGES_MAX {
            self.messages.push(message);
        }
    }

    /// Counts a message that is not kept.
    pub(crate) fn leave_out(&mut self) {
        self.count += 1;
    }

    /// Is there something to tell?
    pub(crate) fn is_alert(&self) -> bool {
        self.count > 0 || self.intercepted == Some(true)
    }

    /// Gives the alert what the messages say.
    pub(crate) fn describe(mut self, alert: &mut Alert<'a>) {
        let (verdict, action) = self.decision();
        let is_stated = self.messages.iter().any(|message| stated(message).is_some());
        let worst = (0..self.messages.len())
            .min_by_key(|at| (self.messages.get(*at).map(|m| Reverse(weight(m))), *at));
        let named = worst.map(|at| self.messages.remove(at)).unwrap_or_default();
        describe(named, alert);
        (alert.verdict, alert.action) = (verdict, action);
        let rules = self.messages.iter().filter(|message| !sums_up(message)).filter_map(stated);
        alert.severity = rules.max().max(Some(alert.severity)).unwrap_or_default();
        if !is_stated {
            alert.severity = alert.severity.max(severity_of(verdict));
        }
        let mut others = Vec::new();
        for message in &mut self.messages {
            note_score(message, alert);
            take_tags(message, alert);
            if others.len() < OTHERS_MAX {
                others.extend(label(message));
            }
        }
        if self.count > 1 {
            alert.note("modsecurity.messages", Value::Integer(self.count));
        }
        if !others.is_empty() {
            alert.note("modsecurity.other_rules", Value::List(others));
        }
    }

    // What became of the request, and the engine's word for it: of the message that stopped it, else of the first.
    fn decision(&self) -> (Verdict, Option<Text<'a>>) {
        let word = |message: &Message<'a>| message.action.clone();
        if let Some(stopping) = self.messages.iter().find(|message| message.verdict.stopped()) {
            return (stopping.verdict, word(stopping));
        }
        let first = self.messages.iter().find_map(word);
        if self.intercepted == Some(true) {
            return (Verdict::Blocked, Some(Cow::Borrowed("Intercepted")));
        }
        let over_threshold = self.messages.iter().any(evaluates);
        let silent = self.messages.iter().all(|message| message.action.is_none());
        let verdict = match (self.engine, over_threshold) {
            (Engine::On, true) if silent && self.intercepted.is_none() => Verdict::Blocked,
            (Engine::DetectionOnly, true) => Verdict::WouldBlock,
            (_, true) if !silent => Verdict::WouldBlock,
            (Engine::DetectionOnly, false) => Verdict::Detected,
            _ if !silent || self.intercepted.is_some() => Verdict::Detected,
            _ => Verdict::Unknown,
        };
        (verdict, first)
    }
}

/// Gives the alert what one message says.
pub(crate) fn describe<'a>(mut message: Message<'a>, alert: &mut Alert<'a>) {
    alert.verdict = match message.verdict {
        Verdict::Detected if evaluates(&message) => Verdict::WouldBlock,
        verdict => verdict,
    };
    alert.severity = stated(&message).unwrap_or_else(|| severity_of(alert.verdict));
    alert.severity_raw = message.take_value(Key::Severity);
    note_score(&message, alert);
    take_tags(&mut message, alert);
    alert.rule.category = category(&alert.tags);
    alert.action = message.action.take();
    alert.rule.id = message.take_value(Key::Id);
    alert.rule.name = message.take_value(Key::Msg);
    alert.rule.revision = message.take_value(Key::Rev);
    alert.rule.ruleset = message.take_value(Key::Ver);
    for (key, name) in [(Key::UniqueId, "modsecurity.unique_id"), (Key::Uri, "url.original")] {
        if let Some(value) = message.take_value(key) {
            note_text(name, value, alert);
        }
    }
    if let Some(name) = message.take_value(Key::Hostname) {
        if alert.detail("url.domain").is_none() {
            host(name, alert);
        } else if alert.detail("url.domain") != Some(&Value::Text(name.clone())) {
            note_text("modsecurity.hostname", name, alert);
        }
    }
    if let Some(phase) = message.phase {
        alert.note("modsecurity.phase", Value::Integer(phase));
    }
    let texts = [
        ("modsecurity.way", message.way.take()),
        ("modsecurity.match", message.reason.take()),
        ("modsecurity.data", message.take_value(Key::Data)),
        ("modsecurity.file", message.take_value(Key::File)),
        ("modsecurity.ref", message.take_value(Key::Ref)),
    ];
    for (key, value) in texts {
        if let Some(value) = value {
            note_text(key, value, alert);
        }
    }
    let numbers = [
        ("modsecurity.line", message.value(Key::Line)),
        ("modsecurity.maturity", message.value(Key::Maturity)),
        ("modsecurity.accuracy", message.value(Key::Accuracy)),
    ];
    for (key, digits) in numbers {
        // libmodsecurity and Coraza write 0 where a rule says nothing.
        let number = digits.and_then(|digits| lex::number(digits.as_bytes()));
        if let Some(number) = number.filter(|number| *number > 0) {
            alert.note(key, Value::Integer(number));
        }
    }
    if message.cut {
        alert.note("modsecurity.cut", Value::Bool(true));
    }
}

// CVE numbers stand in names and in tags.
fn take_tags<'a>(message: &mut Message<'a>, alert: &mut Alert<'a>) {
    if let Some(name) = message.value(Key::Msg) {
        words::cves_owned(name, &mut alert.vulnerabilities);
    }
    for tag in
        message.tags.iter().filter(|tag| matches!(tag.as_bytes(), [b'C' | b'c', b'V' | b'v', ..]))
    {
        words::cves_owned(tag, &mut alert.vulnerabilities);
    }
    if alert.tags.is_empty() {
        alert.tags = core::mem::take(&mut message.tags);
    }
    for tag in message.tags.drain(..) {
        if alert.tags.len() < TAGS_MAX && !alert.tags.contains(&tag) {
            alert.tags.push(tag);
        }
    }
}

// The rule's kind of attack: `attack-sqli` of the Core Rule Set 3 and 4, `OWASP_CRS/WEB_ATTACK/SQL_INJECTION` of 2.
fn category<'a>(tags: &[Text<'a>]) -> Option<Text<'a>> {
    let begins = |with: &str| tags.iter().find(|tag| tag.starts_with(with));
    begins("attack-").or_else(|| begins("OWASP_CRS/")).cloned()
}

fn label<'a>(message: &Message<'a>) -> Option<Text<'a>> {
    match (message.value(Key::Id), message.value(Key::Msg)) {
        (Some(id), Some(name)) => Some(Cow::Owned(format!("{id} {name}"))),
        (id, name) => id.or(name).cloned(),
    }
}

/// Rules that deny a request whose score is over the threshold, or whose client is listed. As warnings they say that the
/// engine only detects, or was told so for them.
const EVALUATING: [&str; 7] =
    ["949100", "949110", "949111", "959100", "959101", "981176", "981200"];

fn evaluates(message: &Message<'_>) -> bool {
    message.value(Key::Id).is_some_and(|id| EVALUATING.contains(&id.as_ref()))
}

/// Rules that only add up what others found, of the Core Rule Set 2 to 4.
fn sums_up(message: &Message<'_>) -> bool {
    let id = message.value(Key::Id).and_then(|id| lex::number::<u32>(id.as_bytes()));
    matches!(
        id,
        Some(
            949_000..=949_999 | 959_000..=959_999 | 980_000..=980_999 | 981_176 | 981_200..=981_205,
        )
    )
}

// What names a request: a rule before what adds up, what stopped it before what was seen, the worse before the harmless.
fn weight(message: &Message<'_>) -> (bool, bool, Option<Severity>) {
    (!sums_up(message), message.verdict.stopped(), stated(message))
}

// `Inbound Anomaly Score Exceeded (Total Score: 40)` and its relatives.
fn note_score(message: &Message<'_>, alert: &mut Alert<'_>) {
    if !sums_up(message) {
        return;
    }
    let name = message.value(Key::Msg).map(AsRef::as_ref).unwrap_or_default();
    let score = ["Total Score: ", "Total Inbound Score: ", "Total Outbound Score: ", "blocking="]
        .iter()
        .find_map(|before| name.split_once(before))
        .map(|(_, behind)| behind.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    if let Some(score) = score.and_then(|digits| lex::number(digits.as_bytes())) {
        alert.note("modsecurity.anomaly_score", Value::Integer(score));
    }
}

// The engine's scale, 0 to 7 or its words. A rule without a severity is `0` in libmodsecurity and was `emergency` in Coraza.
fn stated(message: &Message<'_>) -> Option<Severity> {
    Some(match message.value(Key::Severity)?.as_ref() {
        "EMERGENCY" | "ALERT" | "alert" | "1" | "CRITICAL" | "critical" | "2" => Severity::Critical,
        "ERROR" | "error" | "3" => Severity::High,
        "WARNING" | "warning" | "4" => Severity::Medium,
        "NOTICE" | "notice" | "5" => Severity::Low,
        "INFO" | "info" | "6" | "DEBUG" | "debug" | "7" => Severity::Info,
        _ => return None,
    })
}

// Where no rule has a severity, what was done with the request counts.
const fn severity_of(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Detected | Verdict::Unknown => Severity::Info,
        Verdict::Blocked | Verdict::Reset | Verdict::Rejected | Verdict::WouldBlock => {
            Severity::Medium
        }
    }
}

#[cfg(test)]
mod tests;
