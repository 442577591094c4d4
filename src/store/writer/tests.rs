//! What a transaction bounds.

use super::*;
use crate::store::Store;

#[test]
fn a_batch_is_full_when_its_records_fill_the_memory_for_pages() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path(), Timestamp::UNIX_EPOCH).unwrap();
    let mut writer = store.writer().unwrap();
    let mut batch = writer.begin(Timestamp::UNIX_EPOCH).unwrap();
    let mut event = NewEvent {
        id: EventId(1),
        at: Timestamp::UNIX_EPOCH,
        read_at: Timestamp::UNIX_EPOCH,
        path: 1,
        offset: 0,
        format: "suricata-eve",
        severity: 0,
        verdict: 0,
        direction: None,
        rule_id: None,
        rule_name: None,
        source: Some([192, 0, 2, 1].into()),
        destination: None,
        form: Form::Raw,
        record: &vec![b'x'; RECORD_BYTES_MAX - 1],
    };
    batch.event(&event).unwrap();
    assert!(!batch.full());
    event.record = b"x";
    batch.event(&event).unwrap();
    assert!(batch.full());
    batch.commit().unwrap();
    let addresses = "SELECT group_concat(source), count(destination) FROM event";
    let stored = writer.connection.query_row(addresses, [], |row| Ok((row.get(0)?, row.get(1)?)));
    assert_eq!(stored.unwrap(), ("192.0.2.1,192.0.2.1".to_owned(), 0));
    assert!(!writer.begin(Timestamp::UNIX_EPOCH).unwrap().full());
}
