//! How fast the store takes events in and gives them out again: transactions of 10,000 events, as
//! the reader thread and a sender make them. `cargo bench --bench store`.

#![expect(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::path::Path;

use divan::counter::ItemsCount;
use ipsbell::event::EventId;
use ipsbell::ingest::BATCH_EVENTS_MAX;
use ipsbell::store::{NewEvent, Store, Writer};
use ipsbell_parsers::FORMATS;
use jiff::Timestamp;

const EVENTS: usize = BATCH_EVENTS_MAX as usize;

fn main() {
    divan::main();
}

/// A store with a destination, kept as long as its directory.
fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store = Store::open(directory.path(), Timestamp::UNIX_EPOCH).expect("a store");
    store.ledger("soc", "sensor-1").expect("a ledger").restore("slack").expect("a cursor");
    (directory, store)
}

/// One transaction of alerts in `suricata-eve`'s own example, padded to 850 bytes.
fn fill(writer: &mut Writer) {
    let format = FORMATS.first().expect("a format");
    let record = format!("{:850}", format.example);
    let mut batch = writer.begin(Timestamp::UNIX_EPOCH).expect("a transaction");
    let path = batch.path(Path::new("/var/log/suricata/eve.json")).expect("a path");
    for offset in 0..EVENTS as u64 {
        let event = NewEvent {
            id: EventId(u128::from(offset).wrapping_mul(u128::MAX / 7)),
            at: Timestamp::UNIX_EPOCH,
            read_at: Timestamp::UNIX_EPOCH,
            path,
            offset,
            format: format.name,
            severity: 3,
            verdict: 3,
            direction: Some(0),
            rule_id: Some("2100498"),
            rule_name: Some("GPL ATTACK_RESPONSE id check returned root"),
            source: Some([192, 0, 2, 80].into()),
            destination: Some([198, 51, 100, 11].into()),
            form: ipsbell::store::Form::Raw,
            record: record.as_bytes(),
        };
        batch.event(&event).expect("room");
    }
    batch.commit().expect("a commit");
}

#[divan::bench]
fn write(bencher: divan::Bencher<'_, '_>) {
    let (_directory, store) = store();
    let mut writer = store.writer().expect("a writer");
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| fill(&mut writer));
}

#[divan::bench]
fn read_on(bencher: divan::Bencher<'_, '_>) {
    let (_directory, store) = store();
    fill(&mut store.writer().expect("a writer"));
    let ledger = store.ledger("soc", "sensor-1").expect("a ledger");
    bencher.counter(ItemsCount::new(EVENTS)).bench_local(|| {
        let mut bytes = 0;
        let read = ledger.read_on(0, EVENTS, &mut |event| {
            bytes += event.raw.len();
            true
        });
        assert_eq!(read.expect("events"), (EVENTS as u64, 0));
        bytes
    });
}
