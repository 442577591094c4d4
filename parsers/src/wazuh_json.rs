//! Wazuh's and OSSEC's `alerts.json`: one JSON object a line. Sources: documentation.wazuh.com, "Alert management" and
//! "Rules"; ossec.net, "Alerts JSON".

mod sections;

use alloc::{borrow::Cow, boxed::Box};

use memchr::memmem;

use crate::alert::{Alert, Parsed, Reject};
use crate::{Format, Framing, json, no_short_cut, ossec};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "wazuh-json",
    about: "Wazuh's and OSSEC's alerts.json",
    example: concat!(
        r#"{"timestamp":"2026-03-14T10:50:25.692+0000","rule":{"level":5,"description":"#,
        r#""sshd: authentication failed.","id":"5760","mitre":{"id":["T1110.001"],"#,
        r#""tactic":["Credential Access"],"technique":["Password Guessing"]},"groups":["syslog","#,
        r#""sshd","authentication_failed"]},"agent":{"id":"001","name":"web1","#,
        r#""ip":"192.0.2.80"},"manager":{"name":"siem"},"id":"1773485425.70440","#,
        r#""decoder":{"name":"sshd"},"data":{"srcip":"203.0.113.9","srcport":"40112","#,
        r#""dstuser":"admin"},"location":"/var/log/auth.log"}"#
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

// One of them is in every alert.
const COMPANIONS: [&[u8]; 3] = [b"\"manager\"", b"\"location\"", b"\"full_log\""];

/// Room for the details of most alerts.
const DETAILS_USUAL: usize = 24;

fn claims(record: &[u8]) -> bool {
    let level = json::own(record, b"\"rule\"").and_then(|rule| json::own(rule, b"\"level\""));
    level.and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
        && COMPANIONS.iter().any(|key| memmem::find(record, key).is_some())
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    json::read_whole(record, read)
}

fn read(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed("wazuh");
    alert.details.reserve_exact(DETAILS_USUAL);
    let mut record = sections::Record::new(&mut alert);
    json::read(document, &mut record)?;
    record.settle();
    if alert.rule.id.is_none() && alert.rule.name.is_none() {
        return Err(Reject { at: document.len(), wanted: "`rule` with an id" });
    }
    ossec::settle(&mut alert);
    Ok(Parsed::Alert(alert))
}
