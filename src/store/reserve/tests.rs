//! The reserve takes up its room, or none. A disk that is full is tried from outside (`tests/it/powercut`).

use super::*;

#[test]
fn the_reserve_takes_up_its_room_until_it_is_given_back() {
    let directory = tempfile::tempdir().unwrap();
    let size = || std::fs::metadata(directory.path().join(RESERVE)).map_or(0, |file| file.len());
    let reserve = Reserve::new(directory.path());
    assert!(!reserve.give_back(), "there is none yet");
    reserve.admit().unwrap();
    assert_eq!(size(), RESERVE_BYTES);
    // Another process finds it whole, and gives it back once.
    let again = Reserve::new(directory.path());
    assert!(again.give_back());
    assert!(!again.give_back());
    assert_eq!(size(), 0);
    // The reader makes it again.
    again.admit().unwrap();
    assert_eq!(size(), RESERVE_BYTES);
}

#[test]
fn a_file_with_holes_is_no_reserve() {
    let directory = tempfile::tempdir().unwrap();
    let file = File::create(directory.path().join(RESERVE)).unwrap();
    file.set_len(RESERVE_BYTES).unwrap();
    let reserve = Reserve::new(directory.path());
    assert!(!reserve.give_back());
    reserve.admit().unwrap();
    assert!(file.metadata().unwrap().blocks() * 512 >= RESERVE_BYTES);
}

#[test]
fn where_room_cannot_be_set_aside_it_is_written_full() {
    let file = tempfile::tempfile().unwrap();
    fill_by_writing(&file).unwrap();
    let state = file.metadata().unwrap();
    assert_eq!((state.len(), state.blocks() * 512 >= RESERVE_BYTES), (RESERVE_BYTES, true));
}

#[test]
fn a_reserve_that_cannot_be_made_is_told_once_and_reading_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join(RESERVE)).unwrap();
    let store = crate::store::Store::open(directory.path(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let mut writer = store.writer().unwrap();
    for _ in 0..3 {
        writer.begin(jiff::Timestamp::UNIX_EPOCH).unwrap().commit().unwrap();
    }
    let told = writer.without_reserve().unwrap().to_string();
    assert!(told.contains(RESERVE), "{told}");
    assert!(writer.without_reserve().is_none());
}
