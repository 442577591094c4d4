//! Cisco Meraki MX: `1 1773485425.823699 MX84 security_event ids_alerted signature=1:28423:1 priority=1 ... message: text`, the
//! older `ids-alerts`, and what its malware scan found in a file. Source: Cisco Meraki, "Syslog event types and log samples".

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Parsed, Reject, Severity, Stamp, Text, Value, Verdict};
use crate::pairs::Pairs;
use crate::product_keys::{self, Field, Names, Side};
use crate::table::Table;
use crate::{Format, Framing, lex, no_short_cut, stamp, text, words};

use Field as F;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "meraki",
    about: "Cisco Meraki MX's security events",
    example: "1 1773485425.823699451 MX84 security_event ids_alerted signature=1:28423:1 priority=1 \
              timestamp=1773485425.810079 dhost=02:00:5E:00:53:01 direction=ingress \
              protocol=tcp/ip src=203.0.113.9:80 dst=192.0.2.80:53023 message: EXAMPLE detection",
    framing: Framing::Line,
    also: &[FILE],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

/// Files in which the malware scan found nothing.
const FILE: &str = "file";

// What stands before the pairs. A relay may have eaten the time and the device.
const ALERTED: &[u8] = b"security_event ids_alerted ";
const ALERTS: &[u8] = b"ids-alerts ";
const FILES: [&[u8]; 2] = [
    b"security_event security_filtering_file_scanned ",
    b"security_event security_filtering_disposition_change ",
];
const OTHERS: [&[u8]; 12] = [
    b"security_event ",
    b"events ",
    b"urls ",
    b"flows ",
    b"firewall ",
    b"vpn_firewall ",
    b"cellular_firewall ",
    b"bridge_anyconnect_client_vpn_firewall ",
    b"airmarshal_events ",
    b"ip_flow_start ",
    b"ip_flow_end ",
    b"l7_firewall ",
];

/// The time, the device, and all behind them.
type Head<'a> = (Option<Stamp>, Option<&'a [u8]>, &'a [u8]);

fn head(record: &[u8]) -> Head<'_> {
    let numbered = record.strip_prefix(b"1 ").unwrap_or(record);
    let mut words = numbered.splitn(3, |byte| *byte == b' ');
    if let (Some(time), Some(device), Some(rest)) = (words.next(), words.next(), words.next())
        && time.contains(&b'.')
        && let Some(stamp) = stamp::epoch(time)
    {
        return (Some(stamp), Some(device), rest);
    }
    (None, None, record)
}

fn claims(record: &[u8]) -> bool {
    // Without the time only what no other program writes.
    let near = record.get(..HEAD_BYTES_MAX).unwrap_or(record);
    let (stamp, _, rest) = head(near);
    let is = |kind: &&[u8]| rest.starts_with(kind);
    is(&ALERTED)
        || FILES.iter().any(is)
        || match stamp {
            Some(_) => is(&ALERTS) || OTHERS.iter().any(is),
            None => is(&&b"ids-alerts signature="[..]),
        }
}

/// Time, device and kind.
const HEAD_BYTES_MAX: usize = 256;

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let (stamp, device, rest) = head(record);
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("meraki");
    alert.stamp = stamp;
    alert.host = device.map(text::shown);
    for kind in [ALERTED, ALERTS] {
        if let Some(pairs) = rest.strip_prefix(kind) {
            intrusion(pairs, &mut alert);
            return Ok(Parsed::Alert(alert));
        }
    }
    for kind in FILES {
        if let Some(pairs) = rest.strip_prefix(kind) {
            return Ok(if file(pairs, &mut alert) {
                Parsed::Alert(alert)
            } else {
                Parsed::Also(FILE, alert)
            });
        }
    }
    if OTHERS.iter().any(|kind| rest.starts_with(kind)) {
        return Ok(Parsed::Other);
    }
    Err(Reject { at: record.len() - rest.len(), wanted: "`security_event` or `ids-alerts`" })
}

// The message is the last, and holds what it likes.
fn intrusion<'a>(record: &'a [u8], alert: &mut Alert<'a>) {
    const MESSAGE: &[u8] = b" message: ";
    let (pairs, message) = match memmem::find(record, MESSAGE) {
        Some(at) => record.split_at_checked(at).unwrap_or((record, b"")),
        None => (record, &b""[..]),
    };
    if let Some(message) = message.strip_prefix(MESSAGE) {
        F::Name.take(text::shown(message.trim_ascii()), alert);
    }
    let mut done = Done::default();
    pairs_of(pairs, alert, &mut done);
    alert.severity = alert.priority.map(words::priority).unwrap_or_default();
    alert.rule.name = alert.rule.name.take().or_else(|| done.signature.clone());
    signature(done.signature.take(), alert);
    done.complete(alert);
}

// True where something was found.
fn file<'a>(record: &'a [u8], alert: &mut Alert<'a>) -> bool {
    let mut done = Done::default();
    pairs_of(record, alert, &mut done);
    let malicious = matches!(alert.detail("meraki.disposition"), Some(Value::Text(word)) if word == "malicious");
    let found = malicious || done.action.as_deref() == Some("block");
    alert.severity = if found { Severity::High } else { Severity::Info };
    alert.rule.category = Some(Cow::Borrowed("malware"));
    alert.rule.name = alert.rule.name.take().or(Some(Cow::Borrowed("file scanned")));
    done.complete(alert);
    found
}

/// The signature, and the two words for what was done.
#[derive(Default)]
struct Done<'a> {
    signature: Option<Text<'a>>,
    decision: Option<Text<'a>>,
    action: Option<Text<'a>>,
}

fn pairs_of<'a>(record: &'a [u8], alert: &mut Alert<'a>, done: &mut Done<'a>) {
    let pairs = Pairs::quoted_by(b'\'', record).texts();
    NAMES.take_all(pairs, alert, |key, value, alert| match key {
        "signature" => product_keys::first(&mut done.signature, value),
        "decision" => product_keys::first(&mut done.decision, value),
        "action" => product_keys::first(&mut done.action, value),
        // When it was seen; the head has when it was sent.
        "timestamp" => match stamp::epoch(value.as_bytes()) {
            Some(stamp) => {
                alert.stamp = Some(stamp);
                None
            }
            None => Some(value),
        },
        "src" => socket(value, &mut alert.source),
        "dst" => socket(value, &mut alert.destination),
        // `tcp/ip`.
        "protocol" => {
            let transport = value.split('/').next().unwrap_or_default();
            F::Transport.take(Cow::Owned(transport.into()), alert)
        }
        _ => Some(value),
    });
}

fn socket<'a>(value: Text<'a>, end: &mut crate::alert::Endpoint<'a>) -> Option<Text<'a>> {
    let Some(found) = lex::socket(value.as_bytes(), true) else { return Some(value) };
    (end.ip, end.port) = (found.ip, found.port);
    None
}

// `generator:signature:revision`.
fn signature<'a>(signature: Option<Text<'a>>, alert: &mut Alert<'a>) {
    let Some(signature) = signature else { return };
    let mut parts = signature.split(':');
    if let (Some(generator), Some(id), revision) = (parts.next(), parts.next(), parts.next()) {
        alert.rule.generator = generator.parse().ok();
        alert.rule.id = Some(Cow::Owned(id.into()));
        alert.rule.revision = revision.map(|revision| Cow::Owned(revision.into()));
    } else {
        alert.rule.id = Some(signature);
    }
}

impl<'a> Done<'a> {
    fn complete(self, alert: &mut Alert<'a>) {
        let of = |word: &Option<Text<'_>>| word.as_deref().map(words::verdict).unwrap_or_default();
        let (decision, action) = (of(&self.decision), of(&self.action));
        alert.verdict = match (decision, action) {
            // The decision says whether, the action how.
            (Verdict::Blocked, action) if action.stopped() => action,
            (Verdict::Unknown, action) => action,
            (decision, _) => decision,
        };
        match self.decision {
            Some(decision) => {
                alert.action = Some(decision);
                if let Some(action) = self.action {
                    F::Text("meraki.action").take(action, alert);
                }
            }
            None => alert.action = self.action,
        }
    }
}

/// What is not listed stays under `meraki.`.
static NAMES: Names = Names { prefix: "meraki.", keys: Table::new(KEYS) };

const KEYS: &[(&str, Field)] = &[
    ("action", F::Own("meraki.action")),
    ("decision", F::Own("meraki.decision")),
    ("dhost", F::Destination(Side::Mac)),
    ("direction", F::Direction),
    ("disposition", F::Text("meraki.disposition")),
    ("dst", F::Own("meraki.dst")),
    ("mac", F::Source(Side::Mac)),
    ("name", F::Name),
    ("priority", F::Priority),
    ("protocol", F::Own("meraki.protocol")),
    ("sha256", F::Lower("file.hash.sha256")),
    ("shost", F::Source(Side::Mac)),
    ("signature", F::Own("meraki.signature")),
    ("src", F::Own("meraki.src")),
    ("timestamp", F::Own("meraki.timestamp")),
    ("url", F::Text("url.original")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_records_are_alerts_only_for_those_who_ask() {
        let check = |record: &str, want: &str| {
            let got = parse(record.as_bytes());
            assert!(matches!(got, Ok(Parsed::Also(kind, _)) if kind == want), "{record}");
        };
        let record = "1773485425.5 MX84 security_event security_filtering_file_scanned \
                      disposition=clean action=allow";
        check(record, FILE);
    }
}
