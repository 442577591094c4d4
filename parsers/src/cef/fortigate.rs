//! Fortinet FortiGate in CEF: the header tells the log's type, the rule is in the product's own keys. `FTNTFGT` stands before
//! them in FortiOS 5.6 and later, `FortinetFortiGate` in 7.4. Source: Fortinet, "FortiOS log reference, CEF support".

use alloc::borrow::Cow;

use super::extension::Extension;
use crate::alert::{Alert, Value};
use crate::{stamp, words};

const PREFIXES: &[&str] = &["FTNTFGT", "FortinetFortiGate"];

/// Traffic and event logs are no alerts; all of `utm` and the anomalies are.
pub(super) fn is_alert(extension: &Extension<'_>) -> bool {
    let cat = extension.get("cat").unwrap_or_default();
    cat.starts_with("utm") || cat.contains("anomaly") || own(extension, "attack").is_some()
}

/// Reads what the generic keys would not understand.
pub(super) fn read<'a>(extension: &Extension<'a>, alert: &mut Alert<'a>) {
    alert.product = Cow::Borrowed("fortigate");
    alert.rule.id = own(extension, "attackid").or_else(|| own(extension, "virusid"));
    alert.rule.name = own(extension, "attack").or_else(|| own(extension, "virus"));
    if let Some(severity) = own(extension, "severity") {
        alert.severity = super::word_severity(&severity).unwrap_or_default();
        alert.severity_raw = Some(severity);
    }
    alert.direction_raw = own(extension, "direction");
    alert.rule.references.extend(own(extension, "ref"));
    if let Some(cve) = own(extension, "cveid").or_else(|| own(extension, "cve")) {
        words::cves_owned(&cve, &mut alert.vulnerabilities);
    }
    let time = own(extension, "eventtime");
    alert.stamp = time.and_then(|time| stamp::epoch(time.as_bytes()));
    if let Some(profile) = own(extension, "profile") {
        alert.note("rule.ruleset", Value::Text(profile));
    }
}

fn own<'a>(extension: &Extension<'a>, name: &str) -> Option<crate::alert::Text<'a>> {
    extension.get_prefixed(PREFIXES, name)
}
