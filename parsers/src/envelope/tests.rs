//! Headers against what they say and where the record begins.

use std::{format, string::String, vec::Vec};

use super::*;

// All that is left after each piece, with the last envelope as `stamp|host|app|pid|priority`.
fn check(record: &str, rest: &str, said: &str) {
    let mut peel = Peel::new(record.as_bytes());
    let mut found = false;
    for (at, left) in peel.by_ref() {
        assert_eq!(&record.as_bytes()[at..], left);
        if left == rest.as_bytes() {
            found = true;
            break;
        }
    }
    assert!(found, "`{rest}` was never offered for `{record}`");
    let envelope = peel.into_envelope();
    let stamp = match envelope.stamp {
        None => "none",
        Some(Stamp::Instant { .. }) => "instant",
        Some(Stamp::Local { year: None, .. }) => "no year",
        Some(Stamp::Local { .. }) => "local",
    };
    let show = |value: Option<Text<'_>>| value.map_or_else(|| String::from("-"), Text::into_owned);
    let priority = envelope.priority.map_or_else(|| String::from("-"), |value| format!("{value}"));
    let got = format!(
        "{stamp}|{}|{}|{}|{priority}",
        show(envelope.host),
        show(envelope.app),
        show(envelope.pid)
    );
    assert_eq!(got, said, "{record}");
}

#[test]
fn half_a_header_of_rfc5424() {
    check(
        "<13>1 2026-03-14T10:50:25.520Z gate LEEF:1.0|a b|",
        "LEEF:1.0|a b|",
        "instant|gate|-|-|13",
    );
}

#[test]
fn a_headers_instant_tells_the_zone_of_a_wall_clock() {
    let instant = |unix_micros| Stamp::Instant { unix_micros };
    let clock = |minute, second| Stamp::Local {
        year: Some(2026),
        month: 3,
        day: 14,
        hour: 7,
        minute,
        second,
        micros: 0,
    };
    // 10:50:25 UTC.
    const HEADER_US: i64 = 1_773_485_425_000_000;
    let check = |record: Stamp, apart_seconds: Option<i64>| {
        let want = apart_seconds.map(|apart| instant(HEADER_US + apart * 1_000_000));
        assert_eq!(stamp::in_zone_of(record, HEADER_US), want);
    };
    check(clock(50, 25), Some(0));
    check(clock(35, 25), Some(0));
    check(clock(51, 25), Some(60));
    check(clock(49, 25), Some(-60));
    check(clock(51, 26), None);
    check(clock(43, 0), None);
    check(instant(0), None);
    let local =
        |year| Stamp::Local { year, month: 3, day: 14, hour: 7, minute: 50, second: 25, micros: 0 };
    check(local(None), None);
    check(local(Some(2025)), None);
}

#[test]
fn rfc3164_as_it_is_met() {
    check("Sep  2 00:13:42 gate snort[12]: x y", "x y", "no year|gate|snort|12|-");
    check("Sep  2 00:13:42 gate snort: x y", "x y", "no year|gate|snort|-|-");
    check("<134>Sep 12 00:13:42 gate CEF:0|x", "CEF:0|x", "no year|gate|-|-|134");
    check("Sep 12 2021 00:13:42 gate x", "x", "local|gate|-|-|-");
    check("2021 Sep 12 00:13:42 gate x", "x", "local|gate|-|-|-");
    check("<13>snort[1]: x", "x", "none|-|snort|1|13");
    check("Sep 12 00:13:42 kernel: x", "x", "no year|-|kernel|-|-");
    check("<189>date=2020-01-01", "date=2020-01-01", "none|-|-|-|189");
}

#[test]
fn iso_stamps_of_rsyslog_and_journald() {
    check("2021-10-08T02:20:47-07:00 192.0.2.20 CEF:0|x", "CEF:0|x", "instant|192.0.2.20|-|-|-");
    check("<190>2021-10-08T02:20:47.5Z gate ids[7]: x", "x", "instant|gate|ids|7|190");
    check("2020-03-25 08:01:34.584936-0700  gate ids[7]: x", "x", "instant|gate|ids|7|-");
}

#[test]
fn what_devices_make_of_rfc3164() {
    check("Sep  2 00:13:42 gate user.info kernel: x", "x", "no year|gate|kernel|-|14");
    check("Sep  2 00:13:42 kern.warning kernel: x", "x", "no year|-|kernel|-|4");
    check("Sat Nov 18 13:39:49 2017 kern.warn kernel: [10051.3] x", "x", "local|-|kernel|-|4");
    check("2026-03-14 10:50:25\tLocal7.Debug\t192.0.2.1\tx y", "x y", "local|192.0.2.1|-|-|191");
    check(
        "Sep  2 00:13:42 a@b/192.0.2.1 /usr/sbin/ids[7]: x",
        "x",
        "no year|a@b/192.0.2.1|/usr/sbin/ids|7|-",
    );
    check("Sep  2 00:13:42 gate Suricata IPS[1]: x", "x", "no year|gate|Suricata IPS|1|-");
    check("Sep  2 00:13:42 gate ids(x)[22]: x", "x", "no year|gate|ids(x)|22|-");
    check("Sep  2 00:13:42 [2001:db8::1] ids: x", "x", "no year|[2001:db8::1]|ids|-|-");
    check("ids[791]: x", "x", "none|-|ids|791|-");
    check("kernel: x", "x", "none|-|kernel|-|-");
    check("87 <13>Sep  2 00:13:42 gate ids: x", "x", "no year|gate|ids|-|13");
    check("<187>1234: *Mar  1 18:48:50.483 UTC: %IPS-4: x", "%IPS-4: x", "no year|-|-|-|187");
    check(
        "Jun 30 07:08:20 gate :Jul 10 15:14:04 PDT: %ASA-4: x",
        "%ASA-4: x",
        "no year|gate|-|-|-",
    );
}

#[test]
fn the_kernels_own_clock() {
    check("Sep  2 00:13:42 gate kernel: [  12.649083] x", "x", "no year|gate|kernel|-|-");
    check("[   22.649083] x", "x", "none|-|-|-|-");
    check("[   22.649083][  T123] x", "x", "none|-|-|-|-");
    check("[Sat Mar 14 10:50:25 2026] x", "x", "local|-|-|-|-");
    check("2026-03-14T10:50:25,649083+01:00 x", "x", "instant|-|-|-|-");
}

#[test]
fn journalctls_stamps() {
    check("2026-03-14T10:50:25+0100 gate ids[7]: x", "x", "instant|gate|ids|7|-");
    check("2026-03-14T10:50:25.823699+0100 gate ids[7]: x", "x", "instant|gate|ids|7|-");
    check("Mar 14 10:50:25.823699 gate ids[7]: x", "x", "no year|gate|ids|7|-");
    check("1773485425.823699 gate ids[7]: x", "x", "instant|gate|ids|7|-");
    check("Sat 2026-03-14 10:50:25 UTC gate ids[7]: x", "x", "instant|gate|ids|7|-");
    check("Sat 2026-03-14 10:50:25 CET gate ids[7]: x", "x", "local|gate|ids|7|-");
    check("Sat 2026-03-14 10:50:25 +03 gate ids[7]: x", "x", "instant|gate|ids|7|-");
}

#[test]
fn a_repetition_is_counted_and_its_bracket_taken_off() {
    let mut peel = Peel::new(b"Sep  2 00:13:42 gate ids: message repeated 3 times: [ x [y]] ");
    assert_eq!(peel.by_ref().last().unwrap(), (54, &b"x [y]"[..]));
    assert_eq!(peel.into_envelope().count, Some(3));
}

#[test]
fn rfc5424_keeps_all_its_parts() {
    let record =
        r#"<165>1 2023-10-11T22:14:15.003Z gate idp 8 ID4 [a@1 k="v \"]\" w"][b@1] the rest"#;
    check(record, "the rest", "instant|gate|idp|8|165");
    let mut peel = Peel::new(record.as_bytes());
    // A format whose fields are the structured data must see it.
    let offered: Vec<_> = peel.by_ref().take(2).map(|(_, rest)| rest).collect();
    assert!(offered[0].starts_with(b"idp 8 ID4 [a@1 "));
    assert_eq!(offered[1], b"the rest");
    let envelope = peel.into_envelope();
    assert_eq!(envelope.message_id.as_deref(), Some("ID4"));
    assert_eq!(envelope.structured_data.as_deref(), Some(r#"[a@1 k="v \"]\" w"][b@1]"#));
    check("<14>1 - - - - - - x", "x", "none|-|-|-|14");
    check("<14>1 - gate - - - - \u{feff}x", "x", "none|gate|-|-|14");
}

#[test]
fn headers_behind_headers() {
    check(
        "<13>Sep  2 00:13:42 relay <14>Sep  2 00:13:41 gate ids[2]: @cee: {}",
        "{}",
        "no year|gate|ids|2|14",
    );
    // The relay knew its zone, the origin did not: the instant is kept.
    check("2021-10-08T02:20:47Z relay Oct  8 02:20:46 gate ids: x", "x", "instant|gate|ids|-|-");
}

#[test]
fn the_number_of_pieces_is_bounded() {
    let record = "<13>".repeat(1000);
    assert_eq!(Peel::new(record.as_bytes()).count(), PIECES_MAX);
}

#[test]
fn no_header_is_made_up() {
    for record in ["", "hello world", "<999>x", "<1", "192.0.2.1 - - x", "{\"a\":1}", "Sep 31"] {
        let pieces: Vec<_> = Peel::new(record.as_bytes()).collect();
        assert!(pieces.is_empty(), "{record}: {pieces:?}");
    }
}
