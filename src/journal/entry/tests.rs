//! Entries in all the forms of their fields, and none of them hostile to the header.

use proptest::prelude::*;

use super::*;

const CURSOR: &str = "s=aa;i=1;b=cc;m=3e8;t=64cf9c0c76080;x=24";

fn line(fields: &str) -> String {
    format!(r#"{{"__CURSOR":"{CURSOR}","__REALTIME_TIMESTAMP":"1773485425123456"{fields}}}"#)
}

/// The header and the lines of the message, each on a line; `+` at the end where the message is cut.
fn shown(line: &str) -> String {
    let entry = Entry::parse(line.as_bytes()).unwrap();
    let mut text = Vec::new();
    entry.write_header(&mut text);
    for line in entry.lines() {
        text.extend_from_slice(b"\n");
        text.extend_from_slice(line);
    }
    format!("{}{}", String::from_utf8(text).unwrap(), if entry.is_cut { "+" } else { "" })
}

#[test]
fn fields_come_as_text_bytes_lists_and_null() {
    let at = "2026-03-14T10:50:25.123456+00:00";
    for (fields, wanted) in [
        (
            r#","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"snort","_PID":"7","MESSAGE":"one""#,
            "web-1 snort[7]: \none",
        ),
        // Without an identifier the command's name stands for it, without a process of its own the one it says.
        (
            r#","_HOSTNAME":"web-1","_COMM":"snort","SYSLOG_PID":"8","MESSAGE":"a\nb\r\n""#,
            "web-1 snort[8]: \na\nb",
        ),
        (
            r#","_HOSTNAME":"web-1","SYSLOG_IDENTIFIER":"kernel","MESSAGE":[104,105]"#,
            "web-1 kernel: \nhi",
        ),
        (r#","MESSAGE":["a",[98,99],"d"],"_PID":["1","2"]"#, "localhost unknown[1]: \na\nbc\nd"),
        (r#","MESSAGE":null,"_PID":"-1""#, "localhost unknown: +"),
        (r#","MESSAGE":"\n""#, "localhost unknown: "),
        (r#","MESSAGE":"","UNKNOWN":{"a":[1]}"#, "localhost unknown: "),
        ("", "localhost unknown: "),
        // What could look like another part of the header.
        (
            r#","_HOSTNAME":"a b","SYSLOG_IDENTIFIER":"x[1]: y\nz","MESSAGE":"m""#,
            "a_b x_1___y_z: \nm",
        ),
    ] {
        assert_eq!(shown(&line(fields)), format!("{at} {wanted}"), "{fields}");
    }
}

#[test]
fn what_is_no_entry_says_what_was_wanted() {
    let entry = "an entry of the journal as JSON, with its cursor and time";
    for (text, wanted) in [
        ("", entry),
        ("-- No entries --", entry),
        (r#"{"MESSAGE":"a"}"#, entry),
        (&line(r#","MESSAGE":[256]"#), entry),
        (line(r#","MESSAGE":"half"#).trim_end_matches('}'), entry),
        (r#"{"__CURSOR":"a b","__REALTIME_TIMESTAMP":"1"}"#, "a cursor"),
        (r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"x"}"#, "microseconds since 1970"),
        (
            r#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"9223372036854775807"}"#,
            "microseconds since 1970",
        ),
    ] {
        assert_eq!(Entry::parse(text.as_bytes()).err(), Some(wanted), "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Entry::parse(line(&format!(r#","MESSAGE":{deep}"#)).as_bytes()).is_err());
}

#[test]
fn a_long_message_is_cut_and_says_so() {
    let entry = |bytes: usize| {
        let message = format!(r#","MESSAGE":"{}""#, "x".repeat(bytes));
        Entry::parse(line(&message).as_bytes()).unwrap()
    };
    let (fits, cut) = (entry(MESSAGE_BYTES_MAX), entry(MESSAGE_BYTES_MAX + 1));
    assert_eq!((fits.message.len(), fits.is_cut), (MESSAGE_BYTES_MAX, false));
    assert_eq!((cut.message.len(), cut.is_cut), (MESSAGE_BYTES_MAX, true));
}

#[test]
fn the_same_line_has_the_same_number_and_others_have_others() {
    let entry = |message: &str| {
        Entry::parse(line(&format!(r#","MESSAGE":"{message}","_PID":"7""#)).as_bytes()).unwrap()
    };
    let (one, again) = (entry("a\\na"), entry("a\\na"));
    assert_eq!(one.line_identity(1), again.line_identity(1));
    assert_ne!(one.line_identity(0), one.line_identity(1));
    assert!(one.is_of_same_writer(&entry("b")));
    assert!(!one.is_of_same_writer(&Entry::parse(line(r#","_PID":"8""#).as_bytes()).unwrap()));
}

proptest! {
    /// The header is read back as what it says, whatever the fields are.
    #[test]
    fn a_header_is_read_back(host in "\\PC{0,20}", app in "\\PC{0,20}", pid in any::<u32>()) {
        let fields = format!(
            r#","_HOSTNAME":{},"SYSLOG_IDENTIFIER":{},"_PID":"{pid}""#,
            serde_json::to_string(&host).unwrap(), serde_json::to_string(&app).unwrap(),
        );
        let entry = Entry::parse(line(&fields).as_bytes()).unwrap();
        let mut record = Vec::new();
        entry.write_header(&mut record);
        record.extend_from_slice(b"{}");
        let mut peel = ipsbell_parsers::envelope::Peel::new(&record);
        prop_assert_eq!(peel.by_ref().map(|(_, rest)| rest).find(|rest| *rest == b"{}"), Some(b"{}".as_slice()));
        let envelope = peel.into_envelope();
        prop_assert_eq!(envelope.host.as_deref(), Some(entry.host.as_str()));
        prop_assert_eq!(envelope.app.as_deref(), Some(entry.app.as_str()));
        prop_assert_eq!(envelope.pid, Some(pid.to_string().into()));
    }

    #[test]
    fn no_line_panics(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Entry::parse(line(&text).as_bytes()));
        drop(Entry::parse(&bytes));
    }
}
