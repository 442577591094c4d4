//! Fortinet FortiGate in CEF: the header tells the log's type, the rule is in the product's own
//! keys. `FTNTFGT` stands before them in FortiOS 5.6 and later, `FortinetFortiGate` in 7.4. Source:
//! Fortinet, "FortiOS log reference, CEF support".

use alloc::borrow::Cow;

use super::extension::Extension;
use crate::alert::Alert;
use crate::{stamp, words};

const PREFIXES: &[&str] = &["FTNTFGT", "FortinetFortiGate"];

/// Traffic and event logs are no alerts; all of `utm` and the anomalies are.
pub(super) fn is_alert(extension: &Extension<'_>) -> bool {
    let cat = extension.get("cat").unwrap_or_default();
    cat.starts_with("utm")
        || cat.contains("anomaly")
        || extension.pairs.iter().any(|pair| is_own(pair.key, "attack"))
}

/// Reads what the generic keys would not understand.
pub(super) fn read<'a>(extension: &mut Extension<'a>, alert: &mut Alert<'a>) {
    let mut own = |name: &str| extension.take_where(|key| is_own(key, name));
    alert.product = Cow::Borrowed("fortigate");
    alert.rule.id = own("attackid").or_else(|| own("virusid"));
    alert.rule.name = own("attack").or_else(|| own("virus"));
    if let Some(severity) = own("severity") {
        alert.severity = super::word_severity(&severity).unwrap_or_default();
        alert.severity_raw = Some(severity);
    }
    alert.direction_raw = own("direction");
    alert.rule.references.extend(own("ref"));
    alert.rule.ruleset = own("profile");
    if let Some(cve) = own("cveid").or_else(|| own("cve")) {
        words::cves_owned(&cve, &mut alert.vulnerabilities);
    }
    let time = own("eventtime");
    alert.stamp = time.and_then(|time| stamp::epoch(time.as_bytes()));
}

fn is_own(key: &str, name: &str) -> bool {
    PREFIXES.iter().any(|prefix| key.strip_prefix(prefix) == Some(name))
}
