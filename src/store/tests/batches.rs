//! The reader's side: batches, positions, rejects and counts.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::tail::{
    Anchors, Changes, Checkpoint, FileKey, Fingerprint, Identity, Position, Skipped, Stage,
};

fn checkpoint() -> impl Strategy<Value = Checkpoint> {
    // The edges of the columns' signed integers come up as often as all else.
    let numbers = prop::array::uniform11(prop_oneof![
        Just(0),
        Just(i64::MAX as u64),
        Just(i64::MAX as u64 + 1),
        Just(u64::MAX),
        any::<u64>()
    ]);
    let path = vec(any::<u8>(), 0..40).prop_map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
    (path, numbers, any::<[u16; 2]>(), any::<bool>(), any::<i64>(), 0..3_usize).prop_map(
        |(path, numbers, [head_bytes, behind_bytes], mid_line, modified_ns, stage)| {
            let [file, device, inode, head, generation, offset, lines, cut, nul, behind, size] =
                numbers;
            let skipped = Skipped { cut_lines: lines, cut_bytes: cut, nul_bytes: nul };
            let head = Fingerprint { bytes: head_bytes, hash: head };
            Checkpoint {
                file: FileKey(file),
                number: cut,
                path,
                identity: Identity { device, inode, head },
                generation,
                position: Position { offset, mid_line, skipped },
                behind: Fingerprint { bytes: behind_bytes, hash: behind },
                anchors: Anchors::default(),
                size,
                modified_ns,
                stage: [Stage::Followed, Stage::Missing, Stage::LetGo][stage],
                since_us: modified_ns,
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn positions_come_back_as_they_went_in(mut save in vec(checkpoint(), 0..6)) {
        save.sort_by_key(|checkpoint| checkpoint.file);
        save.dedup_by_key(|checkpoint| checkpoint.file);
        let place = Place::new();
        let mut writer = place.store.writer().unwrap();
        let mut batch = writer.begin(at(0)).unwrap();
        batch.positions(&Changes { save: save.clone(), forget: Vec::new() }).unwrap();
        batch.commit().unwrap();
        drop(writer);
        let place = place.reopened();
        let mut writer = place.store.writer().unwrap();
        let mut found = writer.checkpoints().unwrap();
        found.sort_by_key(|checkpoint| checkpoint.file);
        prop_assert_eq!(&found, &save);

        let forget = save.iter().map(|checkpoint| checkpoint.file).collect();
        let mut batch = writer.begin(at(0)).unwrap();
        batch.positions(&Changes { save: Vec::new(), forget }).unwrap();
        batch.commit().unwrap();
        prop_assert_eq!(writer.checkpoints().unwrap(), []);
    }
}

#[test]
fn a_sequence_number_is_never_used_twice() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    assert_eq!(store(&mut writer, 1, 3, 0), [1, 2, 3]);
    let all = retention(|keep| keep.events = Some(Duration::ZERO));
    assert_eq!(writer.sweep(at(1), &all).unwrap().events_old, 3);
    assert_eq!(store(&mut writer, 1, 1, 1), [4]);
    assert_eq!(writer.sweep(at(2), &all).unwrap().events_old, 1);
    drop(writer);
    let place = place.reopened();
    assert_eq!(place.number("SELECT last_sequence FROM identity"), 4);
    assert_eq!(store(&mut place.store.writer().unwrap(), 1, 2, 2), [5, 6]);
}

#[test]
fn of_a_dropped_batch_nothing_remains() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (first, second) = (Path::new("/var/log/a.log"), Path::new("/var/log/b.log"));
    let text = record(1, 2, 3);
    let mut batch = writer.begin(at(0)).unwrap();
    let rolled_back = batch.path(first).unwrap();
    insert(&mut batch, &event(text.as_bytes(), 0, at(0)), true);
    batch.count(rolled_back, None, &Counts { records: 9, ..Counts::default() }).unwrap();
    batch.lost(rolled_back, 7).unwrap();
    batch.reject(&rejected(rolled_back, 0)).unwrap();
    drop(batch);
    for table in ["event", "path", "reading", "reject"] {
        assert_eq!(place.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    // Another path takes the number that was rolled back, and each is known by its own.
    let mut batch = writer.begin(at(0)).unwrap();
    let numbers = [second, first, second].map(|path| batch.path(path).unwrap());
    assert_eq!((numbers[0], numbers[2]), (rolled_back, rolled_back));
    assert_ne!(numbers[1], rolled_back);
    assert_eq!(insert(&mut batch, &event(text.as_bytes(), 0, at(0)), true), 1);
    batch.commit().unwrap();
    let mut batch = writer.begin(at(0)).unwrap();
    assert_eq!([second, first].map(|path| batch.path(path).unwrap()), numbers[..2]);
    drop(batch);
    let find = format!("SELECT path = '/var/log/b.log' FROM path WHERE id = {rolled_back}");
    assert_eq!(place.number(&find), 1);
}

#[test]
fn paths_of_any_bytes_are_told_apart() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let names: [&[u8]; 4] = [b"/a/\xff", b"/a/\xfe", "/a/\u{e9}".as_bytes(), b"/a/new\nline"];
    let paths = names.map(|name| PathBuf::from(OsString::from_vec(name.to_vec())));
    let number = |writer: &mut Writer| {
        let mut batch = writer.begin(at(0)).unwrap();
        let numbers = paths.each_ref().map(|path| batch.path(path).unwrap());
        batch.commit().unwrap();
        numbers
    };
    let numbers = number(&mut writer);
    let distinct: std::collections::BTreeSet<i64> = numbers.into_iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert_eq!(number(&mut place.store.writer().unwrap()), numbers);
}

fn rejected(path: i64, offset: u64) -> Rejected<'static> {
    Rejected {
        path,
        offset,
        format: Some("suricata-eve"),
        wanted: "signature id",
        at_byte: 7,
        sample: b"\xff",
    }
}

#[test]
fn samples_of_rejects_are_bounded_and_the_newest_are_kept() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let mut fill = |path: i64, samples: i64| {
        let mut batch = writer.begin(at(0)).unwrap();
        for offset in 0..samples.cast_unsigned() {
            batch.reject(&rejected(path, offset)).unwrap();
        }
        batch.commit().unwrap();
    };
    let count =
        |condition: &str| place.number(&format!("SELECT count(*) FROM reject WHERE {condition}"));
    fill(1, 3);
    // However many a log has, it takes no room from others.
    fill(2, 20 * understood::REJECTS_A_PATH_MAX);
    assert_eq!((count("path = 1"), count("path = 2")), (3, understood::REJECTS_A_PATH_MAX));
    let first = place.number("SELECT min(\"offset\") FROM reject WHERE path = 2");
    assert_eq!(first, 19 * understood::REJECTS_A_PATH_MAX);
    // Many logs have, and the oldest samples go.
    (3..20).for_each(|path| fill(path, understood::REJECTS_A_PATH_MAX));
    assert_eq!(count("true"), understood::REJECTS_MAX);
    assert_eq!((count("path < 10"), count("path >= 10")), (0, understood::REJECTS_MAX));
}

#[test]
fn what_is_understood_adds_up_and_what_is_not_goes_with_its_age() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let reason = |wanted: &str, offset| Reason {
        format: "cef".to_owned(),
        wanted: wanted.to_owned(),
        records: 2,
        offset,
        at_byte: 3,
    };
    let mut number = 0;
    for (secs, wanted) in [(1, "a version"), (2, "a name"), (3, "a name")] {
        let mut batch = writer.begin(at(secs)).unwrap();
        number = batch.path(Path::new("/var/log/a.log")).unwrap();
        batch.count(number, Some("cef"), &Counts::default()).unwrap();
        batch.read_by(number, "cef", 7).unwrap();
        batch.read_by(number, "snort-fast", 1).unwrap();
        batch.reason(number, &reason(wanted, secs.cast_unsigned())).unwrap();
        batch.reject(&rejected(number, 0)).unwrap();
        batch.commit().unwrap();
    }
    let formats = [("cef".to_owned(), 21), ("snort-fast".to_owned(), 3)];
    assert_eq!(writer.begin(at(4)).unwrap().formats(number).unwrap(), formats);
    let found = |place: &Place| place.view().files().unwrap().remove(0).understood;
    let names = Reason { records: 4, ..reason("a name", 3) };
    let wanted = [(names.clone(), Some(at(3))), (reason("a version", 1), Some(at(1)))];
    assert_eq!((found(&place).formats, found(&place).reasons), (formats.to_vec(), wanted.to_vec()));
    let keep = retention(|keep| keep.events = Some(Duration::from_secs(8)));
    writer.sweep(at(10), &keep).unwrap();
    assert_eq!(found(&place).reasons, [(names, Some(at(3)))]);
    assert_eq!(place.number("SELECT count(*) FROM reject"), 2);
}

#[test]
fn what_was_read_of_a_path_adds_up() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let counts = Counts { records: 6, events: 1, others: 2, rejects: 3, cut: 4, lost_bytes: 0 };
    for secs in [1, 2, 3] {
        let mut batch = writer.begin(at(secs)).unwrap();
        let path = batch.path(Path::new("/a")).unwrap();
        // Lost bytes are counted whether or not anything was read of the path before.
        batch.lost(path, 5).unwrap();
        batch.count(path, (secs == 1).then_some("cef"), &counts).unwrap();
        batch.commit().unwrap();
        let file = place.view().files().unwrap().pop().unwrap();
        let times = secs as u64;
        let sum = Counts {
            records: 6 * times,
            events: times,
            others: 2 * times,
            rejects: 3 * times,
            cut: 4 * times,
            lost_bytes: 5 * times,
        };
        assert_eq!((file.path.as_str(), file.counts), ("/a", sum));
        assert_eq!((file.format.as_deref(), file.last_read_at), (Some("cef"), Some(at(secs))));
    }
}

#[test]
fn a_source_is_new_once() {
    let place = Place::new();
    let paths = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let mut writer = place.store.writer().unwrap();
    let both = paths(&["/a", "/b"]);
    assert!(writer.source_is_new(&both).unwrap());
    let mut batch = writer.begin(at(0)).unwrap();
    batch.know_source(&both).unwrap();
    drop(batch);
    assert!(writer.source_is_new(&both).unwrap(), "it is known with the positions, or not at all");
    let mut batch = writer.begin(at(0)).unwrap();
    batch.know_source(&both).unwrap();
    batch.commit().unwrap();
    assert!(!writer.source_is_new(&both).unwrap());
    assert!(writer.source_is_new(&paths(&["/a"])).unwrap());
    drop(writer);
    let place = place.reopened();
    assert!(!place.store.writer().unwrap().source_is_new(&both).unwrap());
}

#[test]
fn a_commit_is_due_to_be_synced_until_it_is() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    assert_eq!(writer.sync_due(), None);
    store(&mut writer, 1, 1, 0);
    let due = writer.sync_due().unwrap();
    store(&mut writer, 1, 1, 0);
    assert_eq!(writer.sync_due(), Some(due), "the oldest commit says when");
    writer.sync(true).unwrap();
    assert_eq!(writer.sync_due(), None);
}
