//! What is an alert for those who ask, and which lines are the format's.

use std::format;

use crate::{Choice, Read, Reader};

fn line(subtype: &str, category: &str) -> std::string::String {
    format!(
        "1,2026/03/14 10:50:26,001234567890,THREAT,{subtype},2561,2026/03/14 10:50:25,203.0.113.9,\
         192.0.2.80,,,inbound,,,web-browsing,vsys1,untrust,dmz,ethernet1/1,ethernet1/2,forward,\
         2026/03/14 10:50:26,4711,1,40112,80,0,0,0x2000,tcp,alert,\"www.example.com/\",(9999),\
         {category},informational,client-to-server"
    )
}

#[test]
fn urls_files_data_and_harmless_samples_are_alerts_for_those_who_ask() {
    for (subtype, category, kind) in [
        ("url", "any", "url"),
        ("file", "any", "file"),
        ("data", "any", "data"),
        ("dlp", "any", "data"),
        ("wildfire", "benign", "benign"),
    ] {
        let record = line(subtype, category);
        let silent = Reader::new(Choice::Auto).read(record.as_bytes());
        assert!(matches!(silent, Read::Other { .. }), "{subtype} without being asked for");
        let asked = Reader::new(Choice::Auto).also([kind]).read(record.as_bytes());
        assert!(matches!(asked, Read::Alert { .. }), "{subtype} is not of the kind {kind}");
    }
    for (subtype, category) in
        [("wildfire", "malicious"), ("virus", "any"), ("flood", "any"), ("new", "any")]
    {
        let record = line(subtype, category);
        let read = Reader::new(Choice::Auto).read(record.as_bytes());
        assert!(matches!(read, Read::Alert { .. }), "{subtype} is no alert");
    }
}

#[test]
fn only_lines_of_the_product_are_its() {
    let check = |record: &str, want: bool| {
        assert_eq!((super::FORMAT.claims)(record.as_bytes()), want, "{record}");
    };
    check("1,2026/03/14 10:50:26,001234567890,TRAFFIC,end,1", true);
    check(",2026/03/14 10:50:26,001234567890,SYSTEM,auth,0", true);
    check("2026/03/14 10:50:26,001234567890,THREAT,virus,1", true);
    check("1,2026-03-14T10:50:26.000000Z,no-serial,THREAT,virus,1", true);
    check("1,2026/03/14 10:50:26,001234567890,INVOICE,paid,1", false);
    check("1,2026/03/14 10:50:26,\"a b\",THREAT,virus,1", false);
    check("12345,2026/03/14 10:50:26,1,THREAT,virus", false);
    check("1,today,001234567890,THREAT,virus,1", false);
    check("1,", false);
}
