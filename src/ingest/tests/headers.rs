//! Records that need the header lines above them, and columns that the configuration names.

use super::*;

const HEADER: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tnotice\n\
                      #fields\tts\tnote\tsrc\n";
const FIRST: &str = "1773485425.1\tScan::Port_Scan\t192.0.2.1";
const SECOND: &str = "1773485425.2\tScan::Address_Scan\t192.0.2.2";

fn behind(fields: &str, row: &str) -> String {
    format!("#fields\t{fields}\n{row}")
}

#[test]
fn wherever_a_life_ends_the_rows_have_their_header() {
    let mut rig = Rig::new(FormatChoice::Auto);
    let pattern = rig.directory.path().join("cut-*");
    rig.config.sources[0].paths = vec![pattern.to_str().unwrap().to_owned()];
    let text = format!("{HEADER}{FIRST}\n{SECOND}\n");
    let log = |cut: usize| rig.directory.path().join(format!("cut-{cut}"));
    for cut in 0..text.len() {
        append(&log(cut), &text.as_bytes()[..cut]);
    }
    rig.read();
    for cut in 0..text.len() {
        append(&log(cut), &text.as_bytes()[cut..]);
    }
    rig.read();
    let events = rig.events();
    for cut in 0..text.len() {
        let path = log(cut).to_str().unwrap().to_owned();
        let of_log = events.iter().filter(|event| event.0 == path);
        let got: Vec<_> = of_log.map(|(_, at, record)| (*at as usize, record.clone())).collect();
        let want =
            [FIRST, SECOND].map(|row| (text.find(row).unwrap(), behind("ts\tnote\tsrc", row)));
        assert_eq!(got, want, "cut at {cut}");
    }
    assert!(rig.view().files().unwrap().iter().all(|file| file.counts.rejects == 0));
}

#[test]
fn behind_a_rotation_the_next_files_header_counts() {
    let rig = Rig::new(FormatChoice::Auto);
    rig.append(format!("{HEADER}{FIRST}\n"));
    rig.read();
    std::fs::rename(rig.log(), rig.directory.path().join("alert.1")).unwrap();
    let row = "192.0.2.3\t1773485425.3\tScan::Port_Scan";
    rig.append(format!("#separator \\x09\n#fields\tsrc\tts\tnote\n{row}\n"));
    rig.read_all();
    let records: Vec<String> = rig.records().into_iter().map(|(_, record)| record).collect();
    assert_eq!(records, [behind("ts\tnote\tsrc", FIRST), behind("src\tts\tnote", row)]);
    // In place of the same file, with nothing above the rows: what was known is not used.
    std::fs::write(rig.log(), format!("{SECOND}\n")).unwrap();
    rig.read_all();
    assert_eq!(rig.events().len(), 2);
}

#[test]
fn a_row_whose_header_nobody_saw_is_a_reject_that_says_so() {
    let rig = Rig::new(FormatChoice::Named(ipsbell_parsers::format("zeek-notice").unwrap()));
    rig.append(format!("{FIRST}\n"));
    rig.read_all();
    assert_eq!(rig.wanted(), ["the `#fields` line above it, which names its columns"]);
}

#[test]
fn configured_columns_are_the_header_of_each_line() {
    let mut rig = Rig::new(FormatChoice::Named(ipsbell_parsers::format("snort-csv").unwrap()));
    rig.config.sources[0].columns = vec!["msg", "sig_id", "src"];
    rig.append("\"first\",7,192.0.2.1\n");
    rig.read();
    rig.append("\"second\",8,192.0.2.2\n\"third\",9,nowhere\n");
    rig.read_all();
    let header = "#snort-csv msg,sig_id,src\n";
    let want =
        ["\"first\",7,192.0.2.1", "\"second\",8,192.0.2.2"].map(|row| format!("{header}{row}"));
    assert_eq!(rig.records().into_iter().map(|(_, record)| record).collect::<Vec<_>>(), want);
    // What is wrong is counted from the line's own first byte, and the line is the sample.
    let state = &rig.config.agent.state_dir;
    let rejects = crate::store::tests::Place::lines(
        state,
        "SELECT wanted || ' ' || at_byte || ' ' || CAST(sample AS TEXT) FROM reject",
    );
    assert_eq!(rejects, ["source address 10 \"third\",9,nowhere"]);
}

#[test]
fn kinds_that_are_asked_for_are_events_and_stay_so() {
    let drop = r#"{"event_type":"drop","drop":{"reason":"flow drop"}}"#;
    for (also, want) in [(vec![], 0), (vec!["drop"], 1)] {
        let mut rig = Rig::new(FormatChoice::Auto);
        rig.config.sources[0].also = also;
        rig.append(format!("{drop}\n{{\"event_type\":\"anomaly\",\"anomaly\":{{}}}}\n"));
        rig.read_all();
        assert_eq!((rig.events().len(), rig.counts().events), (want, want as u64));
        let names = &mut Vec::new();
        let query = Query { since: None, limit: usize::MAX };
        let take = &mut |event: &crate::event::Event<'_>| {
            names.extend(event.alert.rule.name.as_deref().map(String::from));
        };
        rig.view().search(&query, None, &|_| true, take, &mut || {}).unwrap();
        assert_eq!(names.len(), want, "read again from the store");
    }
}
