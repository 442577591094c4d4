//! Sophos Firewall (XG, SFOS): `device="SFW" date=2026-03-14 time=10:50:25 timezone="CET" ... log_type="IDP" ...`, and its
//! central reporting format, `device_name="SFW" timestamp="2026-03-14T10:50:25+0100" ...`. Source: Sophos, "Sophos Firewall
//! syslog guide", the log formats of each type.

mod keys;

use alloc::{borrow::Cow, boxed::Box, format};

use crate::alert::{Alert, Parsed, Reject, Severity, Text, Value, Verdict};
use crate::pairs::{self, Pairs};
use crate::product_keys;
use crate::{Format, Framing, lex, ranks, stamp, text, words};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "sophos-xg",
    about: "Sophos Firewall's syslog",
    example: "device=\"SFW\" date=2026-03-14 time=10:50:25 timezone=\"CET\" device_name=\"XG230\" \
              device_id=0000 log_id=020804407002 log_type=\"IDP\" log_component=\"Signatures\" \
              log_subtype=\"Drop\" priority=Warning signature_id=10001 signature_msg=\"Example\" \
              classification=\"Web Application Attack\" rule_priority=2 src_ip=203.0.113.9 \
              dst_ip=192.0.2.80 protocol=\"TCP\" src_port=40112 dst_port=80",
    framing: Framing::Line,
    also: &[CONTENT, DOS, SPAM],
    claims,
    skips,
    parse,
    parse_head: parse,
};

/// Web pages and applications that a policy refused.
const CONTENT: &str = "content";

/// Packets that the firewall dropped as parts of a flood.
const DOS: &str = "dos";

/// Unwanted mail.
const SPAM: &str = "spam";

const STATUS: &str = "http.response.status_code";

fn claims(record: &[u8]) -> bool {
    (record.starts_with(b"device=\"") || record.starts_with(b"device_name=\""))
        && pairs::has_keys(record, &[b"log_id", b"log_type"])
}

// The bulk of a log: what the firewall and the product itself tell.
fn skips(record: &[u8]) -> bool {
    match pairs::near_value(record, b"log_type") {
        Some(b"Firewall") => pairs::near_value(record, b"log_component") != Some(b"DoS Attack"),
        Some(b"Event" | b"System Health" | b"Heartbeat" | b"Wireless Protection") => true,
        _ => false,
    }
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("sophos_xg");
    alert.details.reserve_exact(24);
    let mut said = Said::default();
    keys::NAMES
        .take_all(Pairs::new(record).texts(), &mut alert, |key, value, _| said.take(key, value));
    let Some(kind) = said.kind() else {
        return Err(Reject { at: record.len(), wanted: "`log_type`" });
    };
    said.complete(&mut alert);
    Ok(match kind {
        Kind::Alert => Parsed::Alert(alert),
        Kind::Also(kind) => Parsed::Also(kind, alert),
        Kind::Other => Parsed::Other,
    })
}

/// What a record is.
enum Kind {
    Alert,
    Also(&'static str),
    Other,
}

/// The values that mean something only together.
#[derive(Debug, Default)]
struct Said<'a> {
    date: Option<Text<'a>>,
    time: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
    log_type: Option<Text<'a>>,
    component: Option<Text<'a>>,
    subtype: Option<Text<'a>>,
    reason: Option<Text<'a>>,
    message: Option<Text<'a>>,
    rank: Option<Text<'a>>,
    rule_rank: Option<Text<'a>>,
}

impl<'a> Said<'a> {
    // Looks at a value; hands it back where it is also to be kept.
    fn take(&mut self, key: &str, value: Text<'a>) -> Option<Text<'a>> {
        let (field, keep) = match key {
            "date" => (&mut self.date, false),
            "time" => (&mut self.time, false),
            "timestamp" => (&mut self.timestamp, false),
            "log_subtype" => (&mut self.subtype, false),
            // What syslog calls a severity is called a priority in the older form.
            "priority" | "severity" => (&mut self.rank, false),
            "rule_priority" => (&mut self.rule_rank, false),
            "log_type" => (&mut self.log_type, true),
            "log_component" => (&mut self.component, true),
            "reason" => (&mut self.reason, true),
            "message" => (&mut self.message, true),
            _ => return Some(value),
        };
        if text::says_nothing(&value) {
            return Some(value);
        }
        if keep {
            *field = field.take().or_else(|| Some(value.clone()));
            return Some(value);
        }
        product_keys::first(field, value)
    }

    fn kind(&self) -> Option<Kind> {
        let subtype = self.subtype.as_deref().unwrap_or_default();
        let denied = || matches!(subtype, "Denied" | "Deny" | "Drop" | "Blocked");
        Some(match self.log_type.as_deref()? {
            "IDP" | "IPS" | "ATP" => Kind::Alert,
            "Anti-Virus" | "Anti Virus" if subtype != "Clean" && subtype != "Allowed" => {
                Kind::Alert
            }
            "Sandbox" | "Sandstorm" | "Zero-day protection" if denied() => Kind::Alert,
            // A request that nothing was found in has no reason.
            "WAF" if self.reason.is_some() => Kind::Alert,
            "Content Filtering" if denied() => Kind::Also(CONTENT),
            "Anti-Spam" | "Anti Spam" if subtype.contains("Spam") => Kind::Also(SPAM),
            "Firewall" if self.component.as_deref() == Some("DoS Attack") => Kind::Also(DOS),
            _ => Kind::Other,
        })
    }

    fn complete(self, alert: &mut Alert<'a>) {
        alert.stamp = match (self.timestamp, self.date, self.time) {
            (Some(stamp), _, _) => stamp::any(stamp.as_bytes()),
            (None, Some(date), Some(time)) => stamp::any(format!("{date} {time}").as_bytes()),
            _ => None,
        };
        alert.action = alert.action.take().or(self.subtype);
        alert.verdict = match (self.log_type.as_deref(), alert.detail(STATUS)) {
            // The application firewall has no action; the answer to the request tells.
            (Some("WAF"), Some(Value::Integer(403))) => Verdict::Blocked,
            (Some("WAF"), Some(_)) => Verdict::Detected,
            _ => alert.action.as_deref().map(words::verdict).unwrap_or_default(),
        };
        let rule = &mut alert.rule;
        let name = rule.name.take().or(self.reason).or(self.message);
        rule.name = name.or_else(|| self.component.clone());
        rule.category = rule.category.take().or(self.log_type);
        alert.severity = match self.rule_rank.as_deref() {
            Some("1") => Severity::Critical,
            Some("2") => Severity::High,
            Some("3") => Severity::Medium,
            Some("4") => Severity::Low,
            Some(_) => Severity::Info,
            None => self.rank.as_deref().and_then(ranks::level).unwrap_or_default(),
        };
        alert.priority = self.rule_rank.as_deref().and_then(|rank| lex::number(rank.as_bytes()));
        alert.severity_raw = self.rank;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_records_are_alerts_only_for_those_who_ask() {
        let check = |record: &str, want: &str| {
            let got = parse(record.as_bytes());
            assert!(matches!(got, Ok(Parsed::Also(kind, _)) if kind == want), "{record}");
        };
        let record = |log_type: &str, component: &str, subtype: &str| {
            format!(
                "device=\"SFW\" log_id=1 log_type=\"{log_type}\" log_component=\"{component}\" \
                 log_subtype=\"{subtype}\""
            )
        };
        check(&record("Content Filtering", "HTTP", "Denied"), CONTENT);
        check(&record("Firewall", "DoS Attack", "Denied"), DOS);
        check(&record("Anti-Spam", "SMTP", "Probable Spam"), SPAM);
    }
}
