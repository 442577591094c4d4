//! The second copy of the positions: what is in it, when it is written, and that nothing but it is believed.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use super::*;
use crate::store::mirror::{self, Found, State};

/// The mirror of a directory.
pub(super) fn mirrored(directory: &Path) -> State {
    match mirror::read(directory) {
        Found::Mirror(mirror) => mirror.state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_written_comes_back_whatever_bytes_are_in_a_path() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 3, 0);
    let mut ledger = place.store.ledger("soc", HOST).unwrap();
    ledger.restore("console").unwrap();
    for path in [b"/var/log/\xff\"\n.json".as_slice(), "/var/log/überall.json".as_bytes()] {
        let mut batch = writer.begin(at(1)).unwrap();
        batch.know_source(&[String::from_utf8_lossy(path).into_owned()]).unwrap();
        let mut checkpoint = followed(Path::new(std::ffi::OsStr::from_bytes(path)), 9);
        checkpoint.file.0 = path.len() as u64;
        let changes = crate::tail::Changes { save: vec![checkpoint], forget: vec![] };
        batch.positions(&changes).unwrap();
        let cursor = crate::journal::Cursor::parse("s=1;i=2");
        let position = crate::journal::Position { cursor, read_until_us: 7, failures: u64::MAX };
        batch.journal("journal:kernel", &position).unwrap();
        batch.commit().unwrap();
        assert_eq!(writer.journals().unwrap(), [("journal:kernel".to_owned(), position)]);
        writer.mirror(at(1), true).unwrap();
        let wanted = State::of(&writer.connection).unwrap();
        assert_eq!(mirrored(place.path()), wanted);
    }
    let state = mirrored(place.path());
    assert_eq!((state.last_sequence(), state.position.rows.len()), (Some(3), 2));
    let [reached] = state.destinations.as_slice() else { panic!("{state:?}") };
    assert_eq!(
        (reached.name.as_str(), reached.kind.as_str(), reached.cursor),
        ("soc", "console", 3)
    );
}

#[test]
fn it_is_written_when_something_has_changed_and_not_with_every_batch() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let file = place.path().join(MIRROR);
    store(&mut writer, 1, 3, 0);
    writer.mirror(at(1), false).unwrap();
    assert_eq!(mirrored(place.path()).last_sequence(), Some(3));
    let first = fs::read(&file).unwrap();
    // Not every batch, and not when only the time has changed.
    store(&mut writer, 1, 3, 0);
    writer.mirror(at(2), false).unwrap();
    assert_eq!(fs::read(&file).unwrap(), first);
    writer.mirror(at(3), true).unwrap();
    let second = fs::read(&file).unwrap();
    assert_eq!(mirrored(place.path()).last_sequence(), Some(6));
    writer.mirror(at(4), true).unwrap();
    assert_eq!(fs::read(&file).unwrap(), second);
    // What another connection has changed is seen as well.
    place.store.ledger("soc", HOST).unwrap().restore("console").unwrap();
    writer.mirror(at(5), true).unwrap();
    assert_eq!(mirrored(place.path()).destinations.len(), 1);
}

#[test]
fn a_copy_that_was_bent_anywhere_is_not_believed() {
    let place = Place::new();
    let file = place.path().join(MIRROR);
    let whole = fs::read(&file).unwrap();
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        fs::write(&file, &bent).unwrap();
        assert!(matches!(mirror::read(place.path()), Found::Broken(_)), "byte {at}");
        fs::write(&file, &whole[..at]).unwrap();
        assert!(matches!(mirror::read(place.path()), Found::Broken(_)), "cut at {at}");
    }
    fs::remove_file(&file).unwrap();
    assert!(matches!(mirror::read(place.path()), Found::Nothing));
    // It is only the second copy: the store opens, and writes it again.
    fs::write(&file, &whole[1..]).unwrap();
    let place = place.reopened();
    assert!(place.store.incidents().is_empty());
    mirrored(place.path());
}

#[test]
fn a_destination_is_told_through_what_stands_before_all_that_is_held() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (mut soc, _) = accounts::Teller::new(&place, "soc");
    store(&mut writer, 1, 4, 0);
    soc.read();
    let reached = || mirror::reached(&Connection::open(place.path().join(DATABASE)).unwrap());
    let through = || reached().unwrap()[0].told_through;
    assert_eq!(through(), 0);
    let mut attempt = soc.attempt("P0ST0001");
    assert_eq!(through(), 0, "a post under way is not told");
    soc.answered(&mut attempt, Outcome::Delivered);
    assert_eq!(through(), 4);
    store(&mut writer, 2, 3, 0);
    soc.read();
    soc.commit(0, None);
    assert_eq!((through(), reached().unwrap()[0].cursor), (4, 7), "what is held is not told");
}

#[test]
fn a_second_copy_that_cannot_be_written_is_an_error_and_no_more() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 3, 0);
    fs::create_dir(place.path().join("positions.new")).unwrap();
    assert!(matches!(writer.mirror(at(1), true), Err(StoreError::Io { .. })));
    store(&mut writer, 1, 3, 0);
    fs::remove_dir(place.path().join("positions.new")).unwrap();
    writer.mirror(at(1), true).unwrap();
    assert_eq!(mirrored(place.path()).last_sequence(), Some(6));
}
