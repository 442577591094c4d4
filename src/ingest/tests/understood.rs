//! Which formats a log holds and why its records are not understood, over several lives.

use super::*;
use crate::store::Understood;

fn understood(rig: &Rig) -> Understood {
    let (files, log) = (rig.view().files().unwrap(), rig.log());
    files.into_iter().find(|file| Path::new(&file.path) == log).unwrap().understood
}

fn lines(format: &str, count: u64) -> String {
    format!("{}\n", ipsbell_parsers::format(format).unwrap().example).repeat(count as usize)
}

#[test]
fn a_log_that_changes_its_format_is_told_once_also_over_lives() {
    let rig = Rig::new(FormatChoice::Auto);
    rig.append(lines("suricata-fast", 30));
    rig.read();
    rig.append(lines("suricata-eve", 12));
    rig.read();
    assert_eq!(rig.incidents(), [""; 0]);
    rig.append(lines("suricata-eve", 30));
    rig.read();
    let incidents = rig.incidents();
    let [told] = incidents.as_slice() else { panic!("{incidents:?}") };
    let wanted = "was in the format `suricata-fast`, and is in `suricata-eve` now";
    assert!(told.starts_with("format_changed ") && told.contains(wanted), "{told}");
    rig.append(lines("suricata-fast", 30));
    rig.append(lines("suricata-eve", 30));
    rig.read_all();
    assert_eq!(rig.incidents().len(), 1);
    let formats = [("suricata-eve".to_owned(), 72), ("suricata-fast".to_owned(), 60)];
    assert_eq!(understood(&rig).formats, formats);
}

#[test]
fn of_a_batch_that_came_to_nothing_no_record_counts_twice() {
    let rig = Rig::new(FormatChoice::Named(&crate::store::tests::FRAGILE));
    rig.append("one\nPOISON\nthree\n");
    rig.read_all();
    assert_eq!(understood(&rig).formats, [("fragile".to_owned(), 2)]);
    let reasons = understood(&rig).reasons;
    let [(reason, Some(_))] = reasons.as_slice() else { panic!("{reasons:?}") };
    assert_eq!((reason.records, reason.offset), (1, 4));
    assert_eq!(reason.wanted, "a record that does not make the program fail");
}

#[test]
fn rejects_are_counted_by_their_reasons() {
    let rig = Rig::new(FormatChoice::Auto);
    let eve = lines("suricata-eve", 1);
    let (torn, _) = eve.split_once(",\"signature\":").unwrap();
    let other = "{\"event_type\":\"alert\",\"alert\":{}}";
    rig.append(format!("{eve}{torn}\n{torn}\n{other}\n"));
    rig.read_all();
    let reasons = understood(&rig).reasons;
    let counts: Vec<_> =
        reasons.iter().map(|(reason, _)| (reason.records, reason.offset)).collect();
    let second = eve.len() + torn.len() + 1;
    let third = second + torn.len() + 1;
    assert_eq!(counts, [(2, second as u64), (1, third as u64)], "{reasons:?}");
    assert_eq!(reasons[0].0.at_byte, torn.len());
    assert_eq!(rig.counts().rejects, 3);
}
