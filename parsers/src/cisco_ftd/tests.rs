//! What is an alert for those who ask: one event of each kind.

use crate::alert::{Severity, Value, Verdict};
use crate::{Choice, Read, Reader};

#[track_caller]
fn check(
    record: &str,
    rule: Option<&str>,
    action: Option<&str>,
    verdict: Verdict,
    severity: Severity,
) {
    let silent = Reader::new(Choice::Auto).read(record.as_bytes());
    assert!(matches!(silent, Read::Other { .. }), "an alert without being asked for");
    let asked = Reader::new(Choice::Auto).also_all().read(record.as_bytes());
    let Read::Alert { alert, .. } = asked else { panic!("no alert: {record}") };
    let got = (alert.rule.name.as_deref(), alert.action.as_deref(), alert.verdict, alert.severity);
    assert_eq!(got, (rule, action, verdict, severity), "{record}");
    assert!(alert.source.ip.is_some() && alert.destination.port.is_some(), "{record}");
}

#[test]
fn other_events_are_alerts_for_those_who_ask() {
    check(
        "%FTD-1-430005: SrcIP: 192.0.2.80, DstIP: 203.0.113.9, SrcPort: 46004, DstPort: 80, \
         Protocol: tcp, FileAction: Malware Block, SHA_Disposition: Malware, ThreatName: \
         Win.Test::95, FileName: a, b.zip, FileSize: 184, URI: http://www.example.com/a,%20b.zip",
        Some("Win.Test::95"),
        Some("Malware Block"),
        Verdict::Blocked,
        Severity::High,
    );
    check(
        "%FTD-6-430004: SrcIP: 192.0.2.80, DstIP: 203.0.113.9, DstPort: 80, FileAction: Detect, \
         FileName: report.pdf",
        None,
        Some("Detect"),
        Verdict::Detected,
        Severity::Info,
    );
    check(
        "%NGIPS-1-430003: AccessControlRuleAction: Block with reset, SrcIP: 192.0.2.80, DstIP: \
         203.0.113.9, DstPort: 443, URLSICategory: Malware",
        Some("Security Intelligence"),
        Some("Block with reset"),
        Verdict::Reset,
        Severity::Medium,
    );
}

#[test]
fn a_connection_of_no_bad_repute_is_no_alert_for_anybody() {
    let record =
        "%FTD-6-430003: AccessControlRuleAction: Allow, SrcIP: 192.0.2.80, DstIP: 203.0.113.9";
    let read = Reader::new(Choice::Auto).also_all().read(record.as_bytes());
    assert!(matches!(read, Read::Other { .. }));
}

#[test]
fn free_text_ends_only_before_a_known_key() {
    let record = "%FTD-1-430001: SrcIP: 192.0.2.80, Message: SERVER-OTHER one, Two: three, SID: 7, \
                  Fresh: kept, HTTP_URI: /a, Key: b?SID: 8, SID: 9";
    let read = Reader::new(Choice::Auto).read(record.as_bytes());
    let Read::Alert { alert, .. } = read else { panic!("no alert") };
    assert_eq!(alert.rule.name.as_deref(), Some("SERVER-OTHER one, Two: three"));
    assert_eq!(alert.rule.id.as_deref(), Some("7"));
    let text = |key| match alert.detail(key) {
        Some(Value::Text(text)) => Some(text.as_ref()),
        _ => None,
    };
    assert_eq!(text("cisco.Fresh"), Some("kept"));
    assert_eq!(text("url.original"), Some("/a, Key: b?SID: 8"));
    assert_eq!(text("cisco.SID"), Some("9"));
}
