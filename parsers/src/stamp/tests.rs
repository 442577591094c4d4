//! Stamps of all forms against their instants or their wall clocks.

use super::*;

fn instant(text: &str, unix_micros: i64) {
    assert_eq!(any(text.as_bytes()), Some(Stamp::Instant { unix_micros }), "{text}");
}

fn local(text: &str, year: Option<i16>, month: i8, day: i8, clock: (i8, i8, i8, u32)) {
    let (hour, minute, second, micros) = clock;
    let want = Stamp::Local { year, month, day, hour, minute, second, micros };
    assert_eq!(any(text.as_bytes()), Some(want), "{text}");
}

#[test]
fn offsets_fix_the_instant() {
    instant("1970-01-01T00:00:00Z", 0);
    instant("2024-02-29T12:00:00.5+0000", 1_709_208_000_500_000);
    instant("2024-02-29 12:00:00,500 +0100", 1_709_204_400_500_000);
    instant("2024-02-29T12:00:00.123456789-07:30", 1_709_235_000_123_456);
    instant("2024-02-29T12:00:00-0000", 1_709_208_000_000_000);
    instant("Feb 29 2024 12:00:00 UTC", 1_709_208_000_000_000);
    instant("Thu Feb 29 12:00:00 2024 GMT", 1_709_208_000_000_000);
    instant("1969-12-31T23:59:59Z", -1_000_000);
}

#[test]
fn epochs_are_told_by_their_size() {
    instant("1709208000", 1_709_208_000_000_000);
    instant("1709208000.25", 1_709_208_000_250_000);
    instant("1709208000250", 1_709_208_000_250_000);
    instant("1709208000250000", 1_709_208_000_250_000);
    instant("1709208000250000000", 1_709_208_000_250_000);
    assert_eq!(any(b"12345"), None);
}

#[test]
fn without_an_offset_a_wall_clock_stays() {
    local("03/04-05:06:07.000008", None, 3, 4, (5, 6, 7, 8));
    local("03/04/2024-05:06:07.000008", Some(2024), 3, 4, (5, 6, 7, 8));
    local("03/04/24-05:06:07", Some(2024), 3, 4, (5, 6, 7, 0));
    local("Mar  4 05:06:07", None, 3, 4, (5, 6, 7, 0));
    local("Mar 4 05:06:07", None, 3, 4, (5, 6, 7, 0));
    local("Mar 04 2024 05:06:07", Some(2024), 3, 4, (5, 6, 7, 0));
    local("2024 Mar  4 05:06:07", Some(2024), 3, 4, (5, 6, 7, 0));
    local("Mon Mar  4 05:06:07 2024", Some(2024), 3, 4, (5, 6, 7, 0));
    local("Mar 04 2024 05:06:07 CEST", Some(2024), 3, 4, (5, 6, 7, 0));
    local("2024-03-04T05:06:60", Some(2024), 3, 4, (5, 6, 60, 0));
    // No such day, so no instant: whoever resolves the wall clock says so.
    local("2023-02-30T05:06:07Z", Some(2023), 2, 30, (5, 6, 7, 0));
}

#[test]
fn what_is_no_stamp_is_refused() {
    for text in [
        "",
        "13/04-05:06:07",
        "Mar 32 05:06:07",
        "2024-03-04",
        "2024-03-04T25:00:00Z",
        "Mrz  4 05:06:07",
    ] {
        assert_eq!(any(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn web_servers_write_their_own_form() {
    let check = |text: &str, want: Option<Stamp>| {
        let read = common_log(text.as_bytes()).ok().map(|(_, stamp)| stamp);
        assert_eq!(read, want, "{text}");
    };
    let at = |unix_micros| Some(Stamp::Instant { unix_micros });
    check("29/Feb/2024:12:00:00 +0100", at(1_709_204_400_000_000));
    check("29/Feb/2024:12:00:00.5 +0000", at(1_709_208_000_500_000));
    check("29/Feb/2024:12:00:00 --0730", at(1_709_235_000_000_000));
    assert!(matches!(common_log(b"29/Feb/2024:12:00:00"), Ok((b"", Stamp::Local { .. }))));
    for text in ["2/Feb/2024:12:00:00", "29/Fev/2024:12:00:00", "29/Feb/2024 12:00:00", ""] {
        check(text, None);
    }
}
