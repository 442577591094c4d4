//! Apache's error log with ModSecurity 2 or the connector of libmodsecurity: `[time] [module:level] [pid n:tid n] [client a]
//! ModSecurity: MESSAGE`. What stands in brackets before the message, and in which order, is a setting (`ErrorLogFormat`);
//! LiteSpeed writes the form of Apache 2.2, IIS only the client, and Coraza its own name for ModSecurity's.
//!
//! The time has no zone. Lines of other modules are no alerts. Sources: httpd.apache.org, "Log Files" (Error Log) and
//! `ErrorLogFormat`; ModSecurity 2 Data Formats, "Alerts"; ModSecurity reference manual v2.

mod header;

use alloc::{borrow::Cow, boxed::Box};

use self::header::Header;
use crate::alert::{Alert, Parsed, Reject};
use crate::modsec::{self, Message};
use crate::{Format, Framing, no_short_cut, text};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "modsec-apache-error",
    about: "ModSecurity in the error log of Apache, LiteSpeed, IIS",
    example: concat!(
        r#"[Sat Mar 14 10:50:25.823699 2026] [security2:error] [pid 4711:tid 140] [client 203.0.113.9:50234] "#,
        r#"[client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 2). Pattern match "attack" at "#,
        r#"ARGS:q. [file "/etc/modsecurity/rules.conf"] [line "7"] [id "1000001"] [msg "Attack in q"] [data "#,
        r#""attack"] [severity "CRITICAL"] [tag "attack-generic"] [hostname "www.example.com"] [uri "/"] "#,
        r#"[unique_id "ZmwR5AebAO5-Tfs4FnXWuwAAigg"]"#,
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips: no_short_cut,
    parse,
    parse_head: parse,
};

fn claims(record: &[u8]) -> bool {
    matches!(record.trim_ascii_start().first(), Some(b'[')) && Header::read(record).is_some()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    match text::shown(record) {
        Cow::Borrowed(line) => Ok(read(line)),
        Cow::Owned(line) => Ok(read(&line).into_owned()),
    }
}

fn read(line: &str) -> Parsed<'_> {
    // Other modules, and any program under the server, write into its error log as well.
    let Some(header) = Header::read(line.as_bytes()) else { return Parsed::Other };
    let (message, behind) = Message::read(line.get(header.end..).unwrap_or_default());
    if !message.is_alert() {
        return Parsed::Other;
    }
    let mut alert = Box::<Alert<'_>>::default();
    alert.product = Cow::Borrowed(header.product);
    alert.details.reserve_exact(20);
    modsec::describe(message, &mut alert);
    header.complete(&mut alert);
    if let Some((_, referrer)) = behind.split_once(", referer: ") {
        modsec::note_text("http.request.referrer", Cow::Borrowed(referrer.trim()), &mut alert);
    }
    Parsed::Alert(alert)
}

#[cfg(test)]
mod tests {
    use crate::{Choice, Read, Reader};

    #[test]
    fn behind_syslog_other_lines_are_nobodys() {
        let mut reader = Reader::new(Choice::Auto);
        let alert = "<187>Mar 14 10:50:25 web1 httpd[1]: [error] [client 192.0.2.1] ModSecurity: Warning. a";
        for line in [
            "<187>Mar 14 10:50:25 web1 httpd[1]: [error] [client 192.0.2.1] File does not exist: /a",
            "Mar 14 10:50:25 web1 sshd[99]: Invalid user ModSecurity: from 192.0.2.1 port 50000",
            "Mar 14 10:50:25 web1 a: {\"b\":\"[error] [client 192.0.2.1] ModSecurity: Warning. a\"}",
        ] {
            assert!(matches!(reader.read(alert.as_bytes()), Read::Alert { .. }));
            assert_eq!(reader.read(line.as_bytes()), Read::Unclaimed, "{line}");
        }
    }
}
