//! How all grammars are tested.
//!
//! `testdata/<format>/*.log` are logs, `*.txt` beside them what their records must become, a line each;
//! `UPDATE=1 cargo test -p ipsbell-parsers` rewrites those. Every record is also cut at every byte
//! from both ends and bent at every byte; what comes out may be anything but a panic. Long inputs
//! of one character show that no grammar takes more than linear time: a quadratic one would not
//! finish within anybody's patience.

mod show;

use std::path::{Path, PathBuf};
use std::string::{String, ToString};
use std::vec::Vec;
use std::{env, format, fs};

use proptest::prelude::*;

use crate::alert::{Alert, Parsed};
use crate::{Choice, FORMATS, Format, Offer, Read, Reader, Records};

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn logs(format: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(testdata().join(format));
    let entries = entries.unwrap_or_else(|error| panic!("testdata/{format}: {error}"));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut logs: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|e| e == "log")).collect();
    logs.sort();
    logs
}

// The records of a log, blank lines between them included.
fn records(log: &[u8]) -> Vec<Vec<u8>> {
    let mut records = Records::new(Choice::Auto);
    let mut found = Vec::new();
    for line in log.strip_suffix(b"\n").unwrap_or(log).split(|byte| *byte == b'\n') {
        let mut offer = records.offer(0, line, false);
        if offer == Offer::Before {
            found.extend(records.take().map(|record| record.bytes.into_owned()));
            offer = records.offer(0, line, false);
        }
        match offer {
            Offer::Alone => found.push(line.to_vec()),
            Offer::Complete => found.extend(records.take().map(|record| record.bytes.into_owned())),
            Offer::Taken | Offer::Before => {}
        }
    }
    found.extend(records.take().map(|record| record.bytes.into_owned()));
    found
}

#[test]
fn every_record_becomes_what_stands_beside_it() {
    for format in FORMATS {
        let logs = logs(format.name);
        assert!(!logs.is_empty(), "testdata/{} has no *.log", format.name);
        for path in logs {
            let log = fs::read(&path).unwrap();
            let mut reader = Reader::new(Choice::Auto);
            let records = records(&log);
            let got: String =
                records.iter().map(|record| show::read(&reader.read(record)) + "\n").collect();
            let beside = path.with_extension("txt");
            if env::var_os("UPDATE").is_some() {
                fs::write(&beside, &got).unwrap();
            }
            let want = fs::read_to_string(&beside).unwrap_or_default();
            for (number, (got, want)) in got.lines().zip(want.lines()).enumerate() {
                assert_eq!(got, want, "{}:{}", path.display(), number + 1);
            }
            assert_eq!(got.lines().count(), want.lines().count(), "{}", path.display());
        }
    }
}

#[test]
fn a_chosen_format_reads_the_same_as_a_found_one() {
    for format in FORMATS {
        for path in logs(format.name) {
            let log = fs::read(&path).unwrap();
            let mut found = Reader::new(Choice::Auto);
            let mut fixed = Reader::new(Choice::Fixed(format));
            for record in &records(&log) {
                let (found, fixed) = (found.read(record), fixed.read(record));
                // Where any program may write, a line of no format is none of this one's either.
                if let (Read::Unclaimed, Read::Other { .. }) = (&found, &fixed) {
                    continue;
                }
                assert_eq!(found, fixed, "{}", record.escape_ascii());
            }
        }
    }
}

#[test]
fn a_head_is_the_alert_without_some_details() {
    for format in FORMATS {
        for path in logs(format.name) {
            let log = fs::read(&path).unwrap();
            let mut whole = Reader::new(Choice::Auto);
            let mut head = Reader::of_heads(Choice::Auto);
            for record in &records(&log) {
                let (mut whole, mut head) = (whole.read(record), head.read(record));
                if let (Read::Alert { alert: whole, .. }, Read::Alert { alert: head, .. }) =
                    (&mut whole, &mut head)
                {
                    let mut details = whole.details.iter();
                    assert!(head.details.iter().all(|detail| details.any(|d| d == detail)));
                    for alert in [whole, head] {
                        alert.details.clear();
                        (alert.source.mac, alert.destination.mac) = (None, None);
                    }
                }
                assert_eq!(head, whole, "{}", record.escape_ascii());
            }
        }
    }
}

#[test]
fn the_table_holds_together() {
    for (at, format) in FORMATS.iter().enumerate() {
        let name = format.name;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(
            name.chars().all(kebab) && !name.starts_with('-') && !name.ends_with('-'),
            "{name}"
        );
        assert!(FORMATS.iter().skip(at + 1).all(|other| other.name != name), "{name} twice");
        assert_eq!(crate::format(name), Some(*format));
        assert!(
            format.about.len() < 60 && !format.about.ends_with('.'),
            "{name}: {}",
            format.about
        );
        let example = format.example.as_bytes();
        assert!(matches!((format.parse)(example), Ok(Parsed::Alert(_))), "{name}");
        let claims: Vec<_> =
            FORMATS.iter().filter(|f| (f.claims)(example)).map(|f| f.name).collect();
        assert_eq!(claims, [name], "who claims the example of {name}");
    }
    assert_eq!(crate::format("no-such-format"), None);
}

#[test]
fn every_format_is_documented() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    let page = fs::read_to_string(page).unwrap();
    for format in FORMATS {
        let heading = format!("\n## {}\n", format.name);
        assert!(page.contains(&heading), "docs/formats.md has no `## {}`", format.name);
    }
}

#[test]
fn no_record_is_claimed_by_two() {
    for format in FORMATS {
        for path in logs(format.name) {
            for record in &records(&fs::read(&path).unwrap()) {
                let claims: Vec<_> =
                    FORMATS.iter().filter(|f| (f.claims)(record)).map(|f| f.name).collect();
                assert!(claims.len() <= 1, "{claims:?} claim {}", record.escape_ascii());
            }
        }
    }
}

#[test]
fn ordinary_syslog_belongs_to_nobody() {
    let mut reader = Reader::new(Choice::Auto);
    for line in [
        "Sep  2 00:13:42 web1 sshd[99]: Invalid user admin from 192.0.2.1 port 50000",
        "Sep  2 00:13:42 web1 sudo:  ann : TTY=pts/0 ; USER=root ; COMMAND=/usr/bin/tail eve.json",
        "2026-03-14T10:50:25+00:00 web1 named[4]: client 192.0.2.1#53: query (cache) denied",
        "<13>Sep  2 00:13:42 web1 app: {\"alert\":true}",
        "-- MARK --",
        "Sep  2 00:13:42 web1 sshd[99]: error: kex_exchange_identification: Connection closed by remote host",
        "Sep  2 00:13:42 web1 sshd[99]: Accepted publickey for ann from 192.0.2.1 port 5 ssh2: RSA SHA256:x",
        "Sep  2 00:13:42 web1 sshd[99]: message repeated 2 times: [ Failed password for root from 192.0.2.1 port 5 ssh2]",
        "Sep  2 00:13:42 web1 last message repeated 5 times",
        "Sep  2 00:13:42 web1 CRON[7]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
        "Sep  2 00:13:42 web1 crond[7]: (root) CMD (run-parts /etc/cron.hourly)",
        "Sep  2 00:13:42 mail postfix/smtpd[8]: connect from unknown[192.0.2.1]",
        "Sep  2 00:13:42 mail postfix/smtpd[8]: NOQUEUE: reject: RCPT from unknown[192.0.2.1]: 554 5.7.1 denied",
        "Sep  2 00:13:42 mail postfix/qmgr[9]: 4F2A: from=<a@example.com>, size=433, nrcpt=1 (queue active)",
        "Sep  2 00:13:42 mail dovecot: imap-login: Login: user=<ann>, method=PLAIN, rip=192.0.2.1, lip=192.0.2.80, TLS",
        "Sep  2 00:13:42 mail dovecot[4]: pop3-login: Aborted login (auth failed): user=<x>, rip=192.0.2.1",
        "Sep  2 00:13:42 web1 kernel: [    0.000000] Linux version 6.1.0 (builder@example.com)",
        "Sep  2 00:13:42 web1 kernel: [12345.678901] eth0: link up, 1000Mbps, full-duplex, lpa 0x45E1",
        "Sep  2 00:13:42 web1 kernel: [12345.678901] audit: type=1400 audit(1.2:3): apparmor=\"DENIED\" name=\"/x\"",
        "Sep  2 00:13:42 web1 kernel: [12345.678901] Out of memory: Killed process 12 (x) total-vm:1kB",
        "Sep  2 00:13:42 web1 kernel: IN=eth0 OUT= MAC=02:00:5e:00:53:01 SRC=203.0.113.9 DST=",
        "Sep  2 00:13:42 web1 user.info kernel: L=126 ID=8698 DF PROTO=TCP SPT=88 DPT=51179 WINDOW=2053 ACK",
        "Sep  2 00:13:42 web1 kernel: [1.000000] nf_conntrack: table full, dropping packet",
        "[    1.234567] usb 1-1: new high-speed USB device number 2 using xhci_hcd",
        "[Sat Mar 14 10:50:25 2026] EXT4-fs (sda1): mounted filesystem with ordered data mode",
        "Sep  2 00:13:42 web1 systemd[1]: Started Session 12 of user ann.",
        "Sep  2 00:13:42 web1 systemd: Starting Cleanup of Temporary Directories...",
        "Sep  2 00:13:42 web1 sudo: pam_unix(sudo:session): session opened for user root by ann(uid=0)",
        "Sep  2 00:13:42 web1 su(pam_unix)[22]: authentication failure; logname= uid=1 euid=0 tty= rhost=",
        "Sep  2 00:13:42 ns1 named[4]: zone example.com/IN: sending notifies (serial 2026031401)",
        "Sep  2 00:13:42 web1 dhclient[5]: DHCPREQUEST for 192.0.2.80 on eth0 to 192.0.2.1 port 67",
        "Sep  2 00:13:42 web1 dhclient: bound to 192.0.2.80 -- renewal in 1463 seconds.",
        "Sep  2 00:13:42 web1 NetworkManager[6]: <info>  [1.2] device (eth0): state change: config -> ip-config",
        "Sep  2 00:13:42 web1 ntpd[3]: src: 192.0.2.1 is unreachable",
        "Sep  2 00:13:42 web1 installer: added package auto-block against policy",
        "Sep  2 00:13:42 web1 psad: imported 205 signatures from /etc/psad/signatures",
        "Sep  2 00:13:42 web1 psad: block rule for ip: 203.0.113.9 already exists",
        "Sep  2 00:13:42 web1 portsentry[791]: adminalert: PortSentry is now active and listening.",
        "Sat 2026-03-14 10:50:25 CET web1 systemd[1]: Reached target Network.",
        "1773485425.823699 web1 kernel: Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet",
        "TCP TTL:64 TOS:0x0 ID:1 IpLen:20 DgmLen:40",
        "Sep  2 00:13:42 web1 ids: [**] [1:2:3] no stamp [**]",
        "Sep  2 00:13:42 web1 snort[815]: Snort exiting",
        "Sep  2 00:13:42 web1 games: [12:34:56] [main/INFO]: Started",
        "03/14-10:50:33.000008 ,1,,1",
        "{\"message\":\"note\",\"x\":{\"note\":\"A::B\"}}",
        "{\"timestamp\":\"2026-03-14T10:50:25Z\",\"rule\":{\"level\":3},\"action\":\"x\"}",
        "{\"priority\":\"Warning\",\"rule\":\"Terminal shell\",\"msg\":\"x\"}",
        "1773485425.823699\tCHhAvVGS1DHFjwGM9\t192.0.2.1",
        "# a comment",
    ] {
        assert_eq!(reader.read(line.as_bytes()), Read::Unclaimed, "{line}");
    }
    assert_eq!(reader.read(b" \t\r"), Read::Blank);
    assert_eq!(reader.read(b""), Read::Blank);
}

#[test]
fn a_file_of_mixed_products_is_read_record_by_record() {
    let mut reader = Reader::new(Choice::Auto);
    for _ in 0..2 {
        for format in FORMATS {
            let read = reader.read(format.example.as_bytes());
            assert!(matches!(read, Read::Alert { format: found, .. } if found == *format));
            assert_eq!(reader.found(), Some(*format));
        }
    }
}

#[test]
fn a_reject_counts_from_the_records_first_byte() {
    let record =
        "<13>Sep  2 00:13:42 gate ids[2]: 03/14-10:50:25.8 [**] [x:1:1] m [**] {TCP} a -> b";
    let Read::Reject { reject, .. } = Reader::new(Choice::Auto).read(record.as_bytes()) else {
        panic!("was read");
    };
    assert_eq!((reject.wanted, record.as_bytes()[reject.at]), ("generator id", b'x'));
}

// Reads as this format and as whatever is found; the result is looked at so that nothing is optimised away.
fn survive(format: &'static Format, record: &[u8]) -> usize {
    let readers = [Reader::new(Choice::Auto), Reader::new(Choice::Fixed(format))];
    readers.map(|reader| weigh(&reader.also_all().read(record))).iter().sum()
}

fn weigh(read: &Read<'_>) -> usize {
    match read {
        Read::Alert { alert, .. } => {
            assert!(alert.details.len() <= Alert::DETAILS_MAX + 1);
            for (at, (key, _)) in alert.details.iter().enumerate() {
                let again = alert.details.iter().skip(at + 1).any(|(other, _)| other == key);
                assert!(!again, "`{key}` twice");
            }
            alert.details.len()
        }
        Read::Reject { reject, .. } => {
            assert!(!reject.wanted.is_empty(), "a reject that does not say what was wanted");
            reject.wanted.len()
        }
        Read::Other { .. } | Read::Blank | Read::Unclaimed => 1,
    }
}

#[test]
fn every_cut_and_every_bent_byte_gives_a_value() {
    let mut weight = 0;
    for format in FORMATS {
        for path in logs(format.name) {
            for record in &records(&fs::read(&path).unwrap()) {
                for at in 0..=record.len() {
                    let (head, tail) = record.split_at(at);
                    weight += survive(format, head) + survive(format, tail);
                }
                let mut bent = record.clone();
                for at in 0..bent.len() {
                    let byte = bent[at];
                    for other in [byte ^ 1, byte ^ 0x80, b'"', b'\\', b' ', b'9', 0] {
                        bent[at] = other;
                        weight += survive(format, &bent);
                    }
                    bent[at] = byte;
                }
            }
        }
    }
    assert!(weight > 0);
}

// What stands before a long run of one thing: beginnings of records that lead a grammar to its loops. A line each in
// `testdata/<format>/heads`, `\n` for a new line.
fn heads(format: &str) -> Vec<Vec<u8>> {
    let path = testdata().join(format).join("heads");
    let heads = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    heads.lines().map(|head| head.replace("\\n", "\n").into_bytes()).collect()
}

#[test]
fn long_inputs_end() {
    const BYTES: usize = 1 << 20;
    let fills = [
        "=",
        "\\",
        "[",
        "\"",
        "{",
        "a=",
        " a=1",
        "cs1=b ",
        "|",
        ":",
        "\"\\\"",
        "<1>",
        "{ ",
        "CVE-",
        "[**] [",
        "\"event_type\"",
        "{\"event_type\":",
        "\"a\":1,",
        "\n[Priority: 1]",
        "\n[Xref => x]",
        "[Xref => x]",
        " -> ",
        " TTL:",
        "\nTCP TTL:1 DgmLen:2",
    ];
    for format in FORMATS {
        for head in heads(format.name) {
            for fill in fills {
                let input = [&head, fill.repeat(BYTES / fill.len()).as_bytes()].concat();
                survive(format, &input);
            }
        }
    }
}

#[test]
fn details_are_bounded_and_counted() {
    let keys: String = (0..Alert::DETAILS_MAX * 2).map(|n| format!(",\"k{n}\":{n}")).collect();
    let record = format!("{{\"event_type\":\"alert\",\"alert\":{{\"signature\":\"x\"}}{keys}}}");
    let Read::Alert { alert, .. } = Reader::new(Choice::Auto).read(record.as_bytes()) else {
        panic!("no alert");
    };
    let left_out = alert.detail(Alert::DETAILS_LEFT_OUT);
    assert_eq!(left_out, Some(&crate::alert::Value::Integer(Alert::DETAILS_MAX as i64)));
}

proptest! {
    #[test]
    fn arbitrary_bytes_give_a_value(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            survive(format, &bytes);
        }
    }

    #[test]
    fn arbitrary_text_in_a_rules_name_comes_back(name in "[^\\\\\"\\p{Cc}]{1,80}") {
        let name = name.trim();
        prop_assume!(!crate::text::says_nothing(name));
        let line = format!(
            "03/14/2026-10:50:25.8  [**] [1:2:3] {name} [**] [Priority: 1] {{TCP}} 192.0.2.1 -> ::"
        );
        let Read::Alert { alert, .. } = Reader::new(Choice::Auto).read(line.as_bytes()) else {
            return Err(TestCaseError::fail("no alert"));
        };
        prop_assert_eq!(alert.rule.name.map(|n| n.to_string()), Some(String::from(name)));
        prop_assert_eq!(alert.priority, Some(1));
    }

    #[test]
    fn an_extensions_values_come_back(
        values in proptest::collection::vec("[a-z0-9 /?&=\\\\]{1,20}", 1..8),
    ) {
        let escaped = |v: &String| v.trim().replace('\\', "\\\\").replace('=', "\\=");
        let pairs = values.iter().enumerate().map(|(n, v)| format!("k{n}={}", escaped(v)));
        let pairs: Vec<_> = pairs.collect();
        let line = format!("CEF:0|v|p|1|id|name|5|{}", pairs.join(" "));
        let Read::Alert { alert, .. } = Reader::new(Choice::Auto).read(line.as_bytes()) else {
            return Err(TestCaseError::fail("no alert"));
        };
        for (n, value) in values.iter().enumerate() {
            let value = value.trim();
            let want = (!value.is_empty()).then(|| crate::alert::Value::Text(value.into()));
            prop_assert_eq!(alert.detail(&format!("cef.extensions.k{n}")), want.as_ref());
        }
    }
}
