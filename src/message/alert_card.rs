//! The card of one event: every field that a person on call asks for, where the log has it.

use data_encoding::BASE64;
use ipsbell_parsers::alert::Alert;
use jiff::Timestamp;

use super::group_card::known_rule;
use super::phrase::{self, counted, number};
use super::sanitize::sanitize;
use super::traffic::{
    self, AGENT_CHARS_MAX, HOST_CHARS_MAX, URL_CHARS_MAX, WORD_CHARS_MAX, detail, rules,
};
use super::{Disclosure, Line};
use crate::event::{Event, links};

/// What is shown of a packet's data, in escaped characters.
const DATA_CHARS_MAX: usize = 200;

/// So many characters of base64 are decoded, in whole groups of four; of longer data the length is
/// told.
const DATA_BASE64_CHARS: usize = 16 * 1024;

/// A `(label, line)` for each line that has something to say: the traffic, when and how it was
/// seen, the rule.
pub(super) fn facts(
    event: &Event<'_>,
    now: Timestamp,
    disclosure: Disclosure<'_>,
) -> Vec<(String, Line)> {
    let lines = [
        ("Traffic", traffic_line(event, disclosure)),
        ("Seen", seen_line(event, now, disclosure)),
        ("Rule", rule_line(event, disclosure)),
    ];
    let told = lines.into_iter().filter(|(_, line)| !line.is_empty());
    told.map(|(label, line)| (label.to_owned(), line)).collect()
}

/// `SOURCE → DESTINATION, inbound, tcp/http`.
pub(super) fn traffic_line(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    let alert = &event.alert;
    let direction = match (event.direction, &alert.direction_raw) {
        (Some(direction), _) => Line::new().words(direction.word()),
        (None, Some(raw)) => quoted("direction", raw, disclosure),
        (None, None) => Line::new(),
    };
    Line::joined(
        [traffic::parties(alert, disclosure), direction, traffic::protocols(alert, disclosure)],
        ", ",
    )
}

/// `TIME, told 14 min after it happened, reported as HOST, interface eth0, flow …, flags …, 1,460 bytes, answered 403, 3 times`.
fn seen_line(event: &Event<'_>, now: Timestamp, disclosure: Disclosure<'_>) -> Line {
    let alert = &event.alert;
    let labelled = |label, key| {
        detail(alert, key).map(|text| quoted(label, &text, disclosure)).unwrap_or_default()
    };
    let interface = alert
        .interface
        .as_ref()
        .map(|name| quoted("interface", name, disclosure))
        .unwrap_or_default();
    let size = match detail(alert, "ipsbell.packet_size") {
        Some(size) => match size.parse() {
            Ok(bytes) => Line::new().words(counted(bytes, "byte")),
            Err(_) => quoted("size", &size, disclosure),
        },
        None => Line::new(),
    };
    let repeated = match alert.count {
        Some(count) if count > 1 => Line::new().words(format!("counted {} times", number(count))),
        _ => Line::new(),
    };
    let parts = [
        Line::new().time(event.at),
        lateness(event, now),
        reported_as(event, disclosure),
        interface,
        labelled("flow", "ipsbell.flow"),
        labelled("flags", "ipsbell.tcp_flags"),
        size,
        labelled("answered", "http.response.status_code"),
        repeated,
    ];
    Line::joined(parts, ", ")
}

/// How long after it happened it is told, where that is long.
pub(super) fn lateness(event: &Event<'_>, now: Timestamp) -> Line {
    Line::new().words(phrase::lateness(event.at, now, "it happened"))
}

/// The record's host where it is not the agent's: it can be forged, so it comes second.
fn reported_as(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    match event.alert.host.as_deref() {
        Some(host) if !host.is_empty() && !host.eq_ignore_ascii_case(&event.agent_host) => {
            Line::new().words("reported as ").quote(host, &rules(HOST_CHARS_MAX, disclosure))
        }
        _ => Line::new(),
    }
}

/// `1:2034125 rev 3, CATEGORY, severity high (1), action Drop, CVE-2021-41773, T1190`.
fn rule_line(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    let alert = &event.alert;
    let rule = &alert.rule;
    let id = rule_id(rule.generator, rule.id.as_deref(), disclosure);
    let revision =
        rule.revision.as_ref().map(|text| quoted("rev", text, disclosure)).unwrap_or_default();
    let category = rule.category.as_ref();
    let category = category
        .map(|text| Line::new().quote(text, &rules(HOST_CHARS_MAX, disclosure)))
        .unwrap_or_default();
    let action =
        alert.action.as_ref().map(|word| quoted("action", word, disclosure)).unwrap_or_default();
    let parts = [
        Line::joined([id, revision], " "),
        category,
        severity(event, disclosure),
        action,
        traffic::identifiers(
            alert.vulnerabilities.iter().map(AsRef::as_ref),
            traffic::is_cve,
            disclosure,
        ),
        traffic::identifiers(
            alert.techniques.iter().map(AsRef::as_ref),
            traffic::is_technique,
            disclosure,
        ),
        references(event, disclosure),
        read_more(event),
        runbook(event, disclosure),
    ];
    Line::joined(parts, ", ")
}

/// `more at SITE`, a link to the page that says most of what fired.
pub(super) fn read_more(event: &Event<'_>) -> Line {
    let link = links::link(&event.alert);
    link.map_or_else(Line::new, |link| Line::new().words("more at ").link(link))
}

/// `runbook at SITE`, a link to the page that the operator names for such an event.
pub(super) fn runbook(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    let runbook = disclosure.context.and_then(|context| context.runbook(event));
    runbook
        .map_or_else(Line::new, |page| Line::new().words("runbook at ").page(&page.site, &page.url))
}

/// `see PAGE, PAGE`: pages that the rule's own file names, where the record names none.
fn references(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    let rule = &event.alert.rule;
    let known = known_rule((rule.generator, rule.id.as_deref()), disclosure);
    let pages = known.filter(|_| rule.references.is_empty()).map(|known| &known.references);
    let quote = |page: &str| Line::new().quote(page, &rules(HOST_CHARS_MAX, disclosure));
    let pages = Line::joined(pages.into_iter().flatten().map(|page| quote(page)), ", ");
    if pages.is_empty() { pages } else { Line::new().words("see ").line(pages) }
}

/// The severity, with the log's own word or number behind it.
fn severity(event: &Event<'_>, disclosure: Disclosure<'_>) -> Line {
    let line = Line::new().words(format!("severity {}", event.severity.word()));
    match (event.alert.severity_raw.as_deref(), event.alert.priority) {
        (Some(raw), _) if raw.eq_ignore_ascii_case(event.severity.word()) => line,
        (Some(raw), _) if traffic::is_digits(raw) && raw.len() < 6 => {
            line.words(format!(" ({raw})"))
        }
        (Some(raw), _) => {
            line.words(" (").quote(raw, &rules(WORD_CHARS_MAX, disclosure)).words(")")
        }
        (None, Some(priority)) => line.words(format!(" (priority {priority})")),
        (None, None) => line,
    }
}

/// `1:2034125`, `2034125`; empty where the rule has no id.
pub(super) fn rule_id(
    generator: Option<u32>,
    id: Option<&str>,
    disclosure: Disclosure<'_>,
) -> Line {
    let Some(id) = id.filter(|id| !id.is_empty()) else { return Line::new() };
    let lead = generator.map(|generator| format!("{generator}:")).unwrap_or_default();
    if traffic::is_digits(id) && id.len() <= WORD_CHARS_MAX {
        Line::new().words(format!("{lead}{id}"))
    } else {
        Line::new().words(lead).quote(id, &rules(WORD_CHARS_MAX, disclosure))
    }
}

fn quoted(label: &str, text: &str, disclosure: Disclosure<'_>) -> Line {
    if text.is_empty() {
        return Line::new();
    }
    Line::new().words(format!("{label} ")).quote(text, &rules(WORD_CHARS_MAX, disclosure))
}

/// What came from the other side of the wire: the request, then the packet's data.
pub(super) fn evidence(event: &Event<'_>, disclosure: Disclosure<'_>) -> Vec<(String, String)> {
    let mut evidence = Vec::new();
    if let Some(sent) = request(&event.alert, disclosure) {
        evidence.push(("Client sent".to_owned(), sent));
    }
    if let Some(data) = data(&event.alert, disclosure).filter(|_| disclosure.payload) {
        evidence.push(("Data".to_owned(), data));
    }
    evidence
}

/// `GET shop[.]example /item?id=1, agent curl/8, …`: what the client said of itself and its wish.
pub(super) fn request(alert: &Alert<'_>, disclosure: Disclosure<'_>) -> Option<String> {
    let part = |label: &str, key: &str, chars_max: usize, is_host: bool| {
        let rules = super::sanitize::Rules { is_host, ..rules(chars_max, disclosure) };
        detail(alert, key).map(|text| format!("{label}{}", sanitize(&text, &rules)))
    };
    let request = [
        part("", "http.request.method", WORD_CHARS_MAX, false),
        part("", "url.domain", HOST_CHARS_MAX, true),
        part("", "url.original", URL_CHARS_MAX, false),
    ];
    let request: Vec<String> = request.into_iter().flatten().collect();
    let others = [
        (!request.is_empty()).then(|| request.join(" ")),
        part("agent ", "user_agent.original", AGENT_CHARS_MAX, false),
        part("dns ", "dns.question.name", HOST_CHARS_MAX, true),
        part("tls ", "tls.client.server_name", HOST_CHARS_MAX, true),
        part("file ", "file.name", HOST_CHARS_MAX, false),
        part("process ", "process.name", WORD_CHARS_MAX, false),
        part("user ", "user.name", WORD_CHARS_MAX, false),
    ];
    let said: Vec<String> = others.into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// The packet's data as text: bytes that are no UTF-8 as `\xNN`.
fn data(alert: &Alert<'_>, disclosure: Disclosure<'_>) -> Option<String> {
    let encoded = detail(alert, "ipsbell.payload")?;
    let head = encoded.get(..DATA_BASE64_CHARS.min(encoded.len())).unwrap_or_default();
    let bytes = BASE64.decode(head.as_bytes()).ok()?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    let padding = encoded.len() - encoded.trim_end_matches('=').len();
    let whole_bytes = (encoded.len() / 4 * 3).saturating_sub(padding);
    let shown = sanitize(&text, &rules(DATA_CHARS_MAX, disclosure));
    let is_part = encoded.len() > DATA_BASE64_CHARS;
    let of =
        if is_part { format!(" of {} bytes", number(whole_bytes as u64)) } else { String::new() };
    (!shown.is_empty()).then(|| format!("{shown}{of}"))
}
