//! What is an alert for those who ask, and what the name alone tells.

use std::format;
use std::string::String;

use crate::{Choice, Read, Reader};

fn show(record: &str) -> String {
    let silent = Reader::new(Choice::Auto).read(record.as_bytes());
    assert!(matches!(silent, Read::Other { .. }), "an alert without being asked for: {record}");
    let asked = Reader::new(Choice::Auto).also_all().read(record.as_bytes());
    let Read::Alert { alert, .. } = asked else { return String::from("other") };
    let ip =
        |end: &crate::alert::Endpoint<'_>| end.ip.map_or_else(String::new, |ip| format!("{ip}"));
    format!(
        "{} | {} | {} -> {} | {} {}",
        alert.rule.category.as_deref().unwrap_or_default(),
        alert.rule.name.as_deref().unwrap_or_default(),
        ip(&alert.source),
        ip(&alert.destination),
        alert.verdict.word(),
        alert.severity.word(),
    )
}

#[test]
fn what_the_filters_stopped_is_an_alert_for_those_who_ask() {
    let check = |record: &str, want: &str| assert_eq!(show(record), want, "{record}");
    check(
        "<14>1 2026-03-14T10:50:25.823Z fw1 RT_UTM - AV_VIRUS_DETECTED_MT [junos@2636.1.1.1.2.129 \
         source-address=\"203.0.113.9\" source-port=\"80\" destination-address=\"192.0.2.80\" \
         destination-port=\"47095\" filename=\"test.txt\" name=\"TEST-FILE\" url=\"-\"]",
        "AV_VIRUS_DETECTED_MT | TEST-FILE | 203.0.113.9 -> 192.0.2.80 | blocked high",
    );
    check(
        "Mar 14 10:50:25 fw1 RT_UTM: WEBFILTER_URL_BLOCKED: WebFilter: ACTION=\"URL Blocked\" \
         192.0.2.80(50227)->203.0.113.9(80) CATEGORY=\"Malware\" URL=www.example.com OBJ=/ \
         USERNAME=N/A",
        "WEBFILTER_URL_BLOCKED |  | 192.0.2.80 -> 203.0.113.9 | blocked medium",
    );
    check(
        "RT_AAMW - AAMW_MALWARE_EVENT_LOG [junos@2636.1.1.1.2.129 source-address=\"192.0.2.80\" \
         destination-address=\"203.0.113.9\" malware-info=\"Test\" action=\"PERMIT\"]",
        "AAMW_MALWARE_EVENT_LOG | Test | 192.0.2.80 -> 203.0.113.9 | detected high",
    );
    for record in [
        "RT_FLOW - RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 source-address=\"192.0.2.80\"]",
        "RT_FLOW: RT_FLOW_SESSION_CLOSE: session closed TCP FIN: 192.0.2.80/1->203.0.113.9/80",
        "RT_IDP - IDP_APPDDOS_APP_STATE_EVENT [junos@2636.1.1.1.2.129 repeat-count=\"0\"]",
        "RT_UTM: WEBFILTER_URL_PERMITTED: WebFilter: ACTION=\"URL Permitted\"",
        "[junos@2636.1.1.1.2.129 source-address=\"192.0.2.80\"]",
    ] {
        check(record, "other");
    }
}

#[test]
fn no_other_program_is_taken_for_the_firewall() {
    for record in ["RT_", "RT_x: y", "RT: ticket", "IDP_SIGPACK", "[junos@1.2 a=\"b\"]", "RT_IDS"] {
        let read = Reader::new(Choice::Auto).read(record.as_bytes());
        assert_eq!(read, Read::Unclaimed, "{record}");
    }
}
