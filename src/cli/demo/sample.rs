//! The lines of the demo's log, in the shape of Suricata's eve.json, attackers with documentation addresses (RFC 5737).

use crate::clock;

/// An attack that was blocked, with all that a rule on HTTP logs.
pub(super) fn injection() -> String {
    let http = r#","http":{"hostname":"shop.example","url":"/item?id=1%27%20OR%20%271%27=%271","http_user_agent":"sqlmap/1.8","http_method":"GET","status":403,"protocol":"HTTP/1.1"}"#;
    alert(
        "203.0.113.7",
        52_144,
        "10.0.4.20",
        443,
        "blocked",
        (2_006_446, "WEB_SERVER Possible SQL Injection Attempt", 1),
        http,
    )
}

/// Text that tries to be more than text.
pub(super) fn hostile() -> String {
    let http = r#","http":{"hostname":"shop.example","url":"/<!channel>?q=<https://evil.example|Acknowledge>","http_user_agent":"\u001b[2J`*ALL CLEAR*` \u202e","http_method":"GET"}"#;
    alert(
        "203.0.113.66",
        40_666,
        "10.0.4.20",
        443,
        "blocked",
        (2_022_028, "WEB_SERVER Possible CVE-2014-6271 Attempt", 1),
        http,
    )
}

/// One scanner, many rules.
pub(super) fn scan(rules: u32, alerts: u32) -> Vec<String> {
    let one = |number: u32| {
        let rule = number % rules;
        let name = format!("SCAN probe of service {rule}");
        let port = 1000 + u16::try_from(rule).unwrap_or(0);
        alert(
            "203.0.113.99",
            60_000,
            "10.0.4.21",
            port,
            "blocked",
            (2_010_900 + rule, &name, 2 + rule % 2),
            "",
        )
    };
    (0..alerts).map(one).collect()
}

/// One rule, hit again and again.
pub(super) fn brute_force(alerts: u32) -> Vec<String> {
    let one = |number: u32| {
        let source = format!("203.0.113.{}", 100 + number % 40);
        alert(
            &source,
            50_000,
            "10.0.4.22",
            22,
            "allowed",
            (2_001_219, "SCAN Potential SSH Scan", 2),
            "",
        )
    };
    (0..alerts).map(one).collect()
}

/// A machine of our own that talks to where it should not, and nobody stopped it.
pub(super) fn outbound() -> String {
    alert(
        "10.0.4.12",
        49_152,
        "203.0.113.200",
        443,
        "allowed",
        (2_027_250, "TROJAN Beacon of a known implant", 1),
        "",
    )
}

/// Lines that are no alerts, as most of an eve.json is.
pub(super) fn flows(lines: u32) -> Vec<String> {
    let stamp = stamp();
    let one = |number: u32| {
        let port = 1024 + number % 60_000;
        format!(
            r#"{{"timestamp":"{stamp}","flow_id":{number},"event_type":"flow","src_ip":"10.0.4.12","src_port":{port},"dest_ip":"198.51.100.53","dest_port":53,"proto":"UDP","flow":{{"pkts_toserver":1,"pkts_toclient":1,"bytes_toserver":74,"bytes_toclient":138,"state":"established"}}}}"#
        )
    };
    (0..lines).map(one).collect()
}

/// Does this line of the sample count as an alert?
pub(super) fn is_alert(line: &str) -> bool {
    line.contains(r#""event_type":"alert""#)
}

fn alert(
    source: &str,
    source_port: u16,
    destination: &str,
    port: u16,
    action: &str,
    (id, name, severity): (u32, &str, u32),
    more: &str,
) -> String {
    let stamp = stamp();
    format!(
        r#"{{"timestamp":"{stamp}","in_iface":"ens192","event_type":"alert","src_ip":"{source}","src_port":{source_port},"dest_ip":"{destination}","dest_port":{port},"proto":"TCP","ether":{{"src_mac":"00:0c:29:f3:6d:ae","dest_mac":"00:50:56:a1:02:03"}},"alert":{{"action":"{action}","gid":1,"signature_id":{id},"rev":3,"signature":"{name}","category":"Attempted Information Leak","severity":{severity}}},"direction":"to_server"{more}}}"#
    )
}

fn stamp() -> String {
    clock::now().strftime("%Y-%m-%dT%H:%M:%S.%6f+0000").to_string()
}
