//! ModSecurity's audit log in JSON (`SecAuditLogFormat JSON`), one object a line: that of 2.x, that of libmodsecurity, and
//! Coraza's, which has libmodsecurity's names in front and lists of values in heads.
//!
//! All messages of a request are one alert; a request without any is none, unless the log says that it was stopped. Sources:
//! ModSecurity reference manual, `SecAuditLogFormat`; coraza.io, "Logging".

mod members;

use alloc::boxed::Box;

use memchr::memmem;

use self::members::Audit;
use crate::alert::{Parsed, Reject};
use crate::{Format, Framing, json};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "modsec-audit-json",
    about: "ModSecurity's and Coraza's audit log in JSON",
    example: concat!(
        r#"{"transaction":{"client_ip":"203.0.113.9","time_stamp":"Sat Mar 14 10:50:25 2026","client_port":50234,"#,
        r#""host_ip":"192.0.2.80","host_port":80,"unique_id":"177348542512.345678","request":{"method":"GET","#,
        r#""http_version":1.1,"uri":"/?q=attack","headers":{"Host":"www.example.com"}},"response":{"http_code":403},"#,
        r#""producer":{"modsecurity":"ModSecurity v3.0.12","secrules_engine":"Enabled"},"messages":[{"message":"#,
        r#""Attack in q","details":{"match":"Matched","ruleId":"1000001","severity":"2","tags":["attack-generic"]}}]}}"#,
    ),
    framing: Framing::Line,
    also: &[],
    claims,
    skips,
    parse,
    parse_head: parse,
};

/// What only an audit log's transaction begins with, of 2.x, libmodsecurity, Coraza.
const KEYS: [&[u8]; 4] =
    [b"\"transaction_id\"", b"\"client_ip\"", b"\"unix_timestamp\"", b"\"time_stamp\""];

/// Where these stand, at most so many bytes behind the beginning.
const KEYS_BYTES_MAX: usize = 256;

fn claims(record: &[u8]) -> bool {
    let Some(inside) = transaction(record) else { return false };
    let window = inside.get(..KEYS_BYTES_MAX).unwrap_or(inside);
    KEYS.iter().any(|key| memmem::find(window, key).is_some())
}

// What stands inside `{"transaction":{`.
fn transaction(record: &[u8]) -> Option<&[u8]> {
    let object = record.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
    let value = object.strip_prefix(b"\"transaction\"")?.trim_ascii_start().strip_prefix(b":")?;
    value.trim_ascii_start().strip_prefix(b"{")
}

/// How libmodsecurity ends a record without messages; a newer one writes whether it stopped the request elsewhere.
const EMPTY: &[u8] = b"\"messages\":[]}}";

fn skips(record: &[u8]) -> bool {
    record.trim_ascii_end().ends_with(EMPTY)
        && memmem::find(record, b"\"is_interrupted\"").is_none()
}

fn parse(record: &[u8]) -> Result<Parsed<'_>, Reject> {
    json::read_whole(record, read)
}

fn read(document: &str) -> Result<Parsed<'_>, Reject> {
    let mut audit = Audit::default();
    json::read(document, &mut audit.section(members::record))?;
    if !audit.transaction_seen {
        return Err(Reject { at: 0, wanted: "`transaction`, an object" });
    }
    Ok(audit.into_alert().map_or(Parsed::Other, |alert| Parsed::Alert(Box::new(alert))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_audit_log_is_claimed() {
        let check =
            |record: &str, want: bool| assert_eq!(claims(record.as_bytes()), want, "{record}");
        check(r#"{"transaction":{"time":"x","transaction_id":"y"}}"#, true);
        check(r#" { "transaction" : { "client_ip" : "x" } }"#, true);
        check(r#"{"transaction":{"unix_timestamp":1}}"#, true);
        check(r#"{"transaction":{"id":"1","name":"GET /"}}"#, false);
        check(r#"{"transaction":"client_ip"}"#, false);
        check(r#"{"a":{"transaction":{"client_ip":"x"}}}"#, false);
    }

    #[test]
    fn what_holds_no_message_is_passed_over() {
        let empty = r#"{"transaction":{"client_ip":"192.0.2.1","messages":[]}}"#;
        assert!(skips(empty.as_bytes()));
        assert_eq!(parse(empty.as_bytes()), Ok(Parsed::Other));
        let stopped =
            r#"{"transaction":{"is_interrupted":true,"client_ip":"192.0.2.1","messages":[]}}"#;
        assert!(!skips(stopped.as_bytes()));
        assert!(matches!(parse(stopped.as_bytes()), Ok(Parsed::Alert(_))));
    }
}
