//! What is an alert for those who ask: one message of each shape.

use std::format;
use std::string::String;

use crate::{Choice, Read, Reader};

fn show(record: &str) -> String {
    let asked = Reader::new(Choice::Auto).also_all().read(record.as_bytes());
    let silent = Reader::new(Choice::Auto).read(record.as_bytes());
    assert!(matches!(silent, Read::Other { .. }), "an alert without being asked for: {record}");
    let Read::Alert { alert, .. } = asked else { panic!("no alert: {record}") };
    let end = |end: &crate::alert::Endpoint<'_>| {
        let ip = end.ip.map_or_else(String::new, |ip| format!("{ip}"));
        end.port.map_or(ip.clone(), |port| format!("{ip} {port}"))
    };
    format!(
        "{} | {} | {} -> {} | {} {} | {} {}",
        alert.rule.id.as_deref().unwrap_or_default(),
        alert.rule.name.as_deref().unwrap_or_default(),
        end(&alert.source),
        end(&alert.destination),
        alert.interface.as_deref().unwrap_or("-"),
        alert.transport.as_deref().unwrap_or("-"),
        alert.verdict.word(),
        alert.severity.word(),
    )
}

#[test]
fn attacks_are_alerts_for_those_who_ask() {
    let check = |record: &str, want: &str| assert_eq!(show(record), want, "{record}");
    check(
        "%ASA-2-106016: Deny IP spoof from (203.0.113.9) to 192.0.2.80 on interface outside",
        "106016 | IP spoof | 203.0.113.9 -> 192.0.2.80 | outside - | blocked high",
    );
    check(
        "%ASA-session-2-106017: Deny IP due to Land Attack from 192.0.2.1 to 192.0.2.1",
        "106017 | Land attack | 192.0.2.1 -> 192.0.2.1 | - - | blocked high",
    );
    check(
        "%PIX-1-106021: Deny TCP reverse path check from 2001:db8::9 to 2001:db8::80 on interface in.",
        "106021 | Reverse path check failed | 2001:db8::9 -> 2001:db8::80 | in - | blocked critical",
    );
    check(
        "%ASA-4-209005: Discard IP fragment set with more than 24 elements: src = 203.0.113.9, \
         dest = 192.0.2.80, proto = 17, id = 4711",
        "209005 | Too many fragments | 203.0.113.9 -> 192.0.2.80 | - udp | blocked medium",
    );
    check(
        "%ASA-4-420003: IPS requested to reset TCP connection from in:192.0.2.80/51000 to \
         out:203.0.113.9/443",
        "420003 | Reset requested by the IPS module | 192.0.2.80 51000 -> 203.0.113.9 443 | in tcp | \
         reset medium",
    );
    check(
        "%FTD-4-733100: [ Scanning] drop rate-1 exceeded. Current burst rate is 160 per second, max \
         configured rate is 10; Cumulative total count is 188250",
        "733100 | Drop rate exceeded |  ->  | - - | detected medium",
    );
    check(
        "%ASA-4-733101: [ Host 192.0.2.80] is targeted. Current burst rate is 200 per second",
        "733101 | Scanning rate exceeded |  -> 192.0.2.80 | - - | detected medium",
    );
    check(
        "%ASA-4-733101: [ Subnet 203.0.113.9] is attacking. Current burst rate is 200 per second",
        "733101 | Scanning rate exceeded | 203.0.113.9 ->  | - - | detected medium",
    );
    check(
        "%ASA-4-733102: Threat-detection adds host 203.0.113.9 to shun list",
        "733102 | Host shunned | 203.0.113.9 ->  | - - | blocked medium",
    );
    check(
        "%ASA-4-733104: TCP Intercept SYN flood attack detected to 192.0.2.80:443 (192.0.2.81:443). \
         Average rate of 300 SYNs/sec exceeded the threshold of 200.",
        "733104 | SYN flood, average rate exceeded |  -> 192.0.2.80 443 | - - | detected medium",
    );
    check(
        "%ASA-4-338006: Dynamic filter dropped blacklisted TCP traffic from inside:192.0.2.80/6798 \
         (198.51.100.7/6798) to outside:203.0.113.9/80 (203.0.113.9/80), destination malicious \
         address resolved from dynamic list: bad.example.com, threat-level: very-high, category: \
         Malware",
        "338006 | Traffic to a blacklisted name | 192.0.2.80 6798 -> 203.0.113.9 80 | inside tcp | \
         blocked critical",
    );
    check(
        "%ASA-3-322001: Deny MAC address 0200.5e00.5301, possible spoof attempt on interface inside",
        "322001 | MAC address spoof |  ->  | inside - | blocked medium",
    );
}
