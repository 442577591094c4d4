//! A store that wakes up on another machine.

use std::fs;

use super::*;

/// Machines a and b, and one that has no id.
fn machines() -> [Option<Home>; 3] {
    let directory = tempfile::tempdir().unwrap();
    let home = |id: &str| {
        let file = directory.path().join("machine-id");
        fs::write(&file, id).unwrap();
        Home::of(&file)
    };
    assert_eq!(Home::of(&directory.path().join("none")), None);
    assert_eq!((home(""), home("uninitialized\n")), (None, None));
    let [a, b] =
        ["0123456789abcdef0123456789abcdef\n", "fedcba9876543210fedcba9876543210\n"].map(home);
    assert!(a.is_some() && b.is_some() && a != b);
    [a, b, None]
}

fn open(directory: &Path, home: Option<Home>) -> Store {
    Store::open_on(directory, at(0), home).unwrap()
}

#[test]
fn a_store_keeps_its_identity_where_it_was_made() {
    let [a, b, none] = machines();
    for (first, then, moved) in [
        (a, a, false),
        (a, b, true),
        // Without an id there is nothing to compare: containers get a new name each time.
        (a, none, false),
        (none, none, false),
        (none, a, false),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let machine = open(directory.path(), first).machine();
        assert_eq!(machine, super::super::machine(first));
        for _ in 0..2 {
            let store = open(directory.path(), then);
            assert_eq!(store.machine() != machine, moved, "{first:?} {then:?}");
        }
        let told = "SELECT kind FROM incident";
        let told = Place::lines(directory.path(), told);
        assert_eq!(told.iter().filter(|kind| *kind == "new_identity").count(), usize::from(moved));
        // The id itself is nowhere, in the store or its mirror.
        for file in fs::read_dir(directory.path()).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(16).any(|window| window == b"0123456789abcdef"));
        }
    }
    // A store that was made without one is at home where it first finds one.
    let directory = tempfile::tempdir().unwrap();
    for (home, incidents) in [(none, 0), (a, 0), (b, 1), (a, 1)] {
        assert_eq!(open(directory.path(), home).incidents().len(), incidents, "{home:?}");
    }
}

#[test]
fn a_copy_leaves_to_the_original_what_that_has_not_told() {
    let [a, b, _] = machines();
    let directory = tempfile::tempdir().unwrap();
    let place = Place { store: open(directory.path(), a), directory };
    let mut writer = place.store.writer().unwrap();
    let mut tellers = ["mail", "soc"].map(|name| accounts::Teller::new(&place, name).0);
    store(&mut writer, 1, 4, 0);
    let [mail, soc] = &mut tellers;
    soc.read();
    let mut told = soc.attempt("P0ST0001");
    soc.answered(&mut told, Outcome::Delivered);
    store(&mut writer, 2, 3, 0);
    soc.read();
    soc.attempt("P0ST0002");
    store(&mut writer, 3, 2, 0);
    soc.read();
    soc.commit(0, None);
    mail.read();
    mail.commit(0, None);
    store(&mut writer, 4, 1, 0);
    let mut batch = writer.begin(at(0)).unwrap();
    let changes = crate::tail::Changes { save: vec![followed(Path::new("/l"), 9)], forget: vec![] };
    batch.positions(&changes).unwrap();
    batch.commit().unwrap();
    drop((writer, tellers));

    let Place { directory, store } = place;
    drop(store);
    let place = Place { store: open(directory.path(), b), directory };
    let soc = place.account("soc");
    assert_eq!((soc.stored, soc.told, soc.given_up, soc.expired), (10, 4, 3, 3));
    assert_eq!((soc.pending(), place.account("mail").expired), (0, 10));
    let [incident] = place.store.incidents() else { panic!("{:?}", place.store) };
    assert!(incident.text.contains("10 of `mail`, 6 of `soc`"), "{}", incident.text);
    // Reading goes on where the copy of the log has been read to; nothing is posted for the original.
    assert_eq!(place.store.writer().unwrap().checkpoints().unwrap()[0].position.offset, 9);
    let (teller, restored) = accounts::Teller::new(&place, "soc");
    assert!(restored.attempt.is_none() && restored.groups.is_empty() && teller.desk.held() == 0);
}
