//! A grammar, the wording and a renderer that panic: the sender goes on, and the account is whole.

use super::*;
use crate::store::NewEvent;
use crate::store::tests::FRAGILE;

impl Bench {
    /// Stores records as the reader of another version may have done.
    fn store_fragile(&mut self, records: &[&[u8]]) {
        let mut batch = self.writer.begin(at(0)).unwrap();
        let path = batch.path(std::path::Path::new("/var/log/fragile")).unwrap();
        for (number, record) in records.iter().enumerate() {
            let new = NewEvent {
                id: crate::event::EventId(number as u128),
                at: at(0),
                read_at: at(0),
                path,
                offset: number as u64,
                format: FRAGILE.name,
                severity: 3,
                verdict: 3,
                direction: None,
                rule_id: None,
                rule_name: None,
                source: None,
                destination: None,
                form: crate::store::Form::Raw,
                record,
            };
            batch.event(&new).unwrap();
        }
        batch.commit().unwrap();
    }
}

#[test]
fn a_stored_record_that_panics_is_told_as_an_event_of_which_nothing_is_known() {
    let mut bench = Bench::new();
    bench.store_fragile(&[b"one", b"POISON", b"two", b"POISON"]);
    bench.store(7, 2);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 6, 0, 0]);
    let sql = "SELECT kind || ' ' || subject || ' ' || text FROM incident";
    let incidents = Place::lines(bench.place.path(), sql);
    assert_eq!(incidents.len(), 1, "{incidents:?}");
    assert!(incidents[0].starts_with("poison_record /var/log/fragile "), "{incidents:?}");
    assert!(incidents[0].contains("at offset 1 made ipsbell fail: panicked at"), "{incidents:?}");
}

#[test]
fn what_cannot_be_worded_is_told_in_numbers() {
    let mut bench = Bench::new();
    bench.sender.wording = Box::new(|_| panic!("the wording has a fault"));
    bench.store(7, 3);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 3, 0, 0]);
    let posts = bench.receiver.posts();
    let headline = posts[0].message.headline.plain();
    assert!(headline.contains("3 alerts in 1 group"), "{headline}");
    assert!(!text(&posts[0]).contains("Probe"), "{}", text(&posts[0]));
}

#[test]
fn what_cannot_be_rendered_is_sent_in_its_plainest_form() {
    let mut bench = Bench::new();
    bench.receiver.script().unrenderable = Some(false);
    bench.store(7, 2);
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 2, 0, 0]);
    let posts = bench.receiver.posts();
    assert_eq!(posts.iter().map(|post| post.minimal).collect::<Vec<_>>(), [true]);
}

#[test]
fn what_cannot_be_rendered_in_any_form_is_given_up_and_told() {
    let mut bench = Bench::new();
    bench.receiver.script().unrenderable = Some(true);
    bench.store(7, 2);
    bench.settle(&Until::Stopped);
    assert_eq!((bench.account(), bench.receiver.posts().len()), ([0, 0, 0, 2, 0], 0));
    bench.receiver.script().unrenderable = None;
    bench.store(8, 1);
    bench.settle_again();
    assert!(bench.settle(&drained()));
    assert_eq!(bench.account(), [0, 0, 1, 2, 0]);
    let said = text(bench.receiver.posts().last().unwrap());
    assert!(said.contains("2 alerts given up"), "{said}");
}
