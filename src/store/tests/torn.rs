//! Damage at random in the files of a store: nothing panics, and what was not told is told, or counted as lost and that told.

use std::fs;
use std::sync::OnceLock;

use proptest::prelude::*;

use super::damage::{after, lived, read_on};
use super::*;

/// What is done to a file, at places in thousandths of its length.
#[derive(Debug, Clone)]
enum Harm {
    /// One bit of each of these bytes is another.
    Bits(Vec<u64>),
    /// A page is overwritten.
    Page(u64, u8),
    /// It ends here.
    Cut(u64),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        4 => prop::collection::vec(0..1_000_000_u64, 1..40).prop_map(Harm::Bits),
        4 => (0..1_000_000_u64, any::<u8>()).prop_map(|(place, byte)| Harm::Page(place, byte)),
        1 => (0..1_000_000_u64).prop_map(Harm::Cut),
    ]
}

impl Harm {
    fn to(&self, file: &Path) {
        let Ok(mut bytes) = fs::read(file) else { return };
        let length = bytes.len() as u64;
        let place = |millionths: u64| (length * millionths / 1_000_000) as usize;
        match self {
            Self::Bits(places) => {
                for byte in places {
                    if let Some(byte) = bytes.get_mut(place(*byte)) {
                        *byte ^= 1 << (length % 8);
                    }
                }
            }
            Self::Page(at, byte) => {
                let page = PAGE_BYTES as usize;
                let from = place(*at) / page * page;
                bytes.iter_mut().skip(from).take(page).for_each(|each| *each = *byte);
            }
            Self::Cut(at) => bytes.truncate(place(*at)),
        }
        fs::write(file, bytes).unwrap();
    }
}

/// The files of `lived`, with many more events unread, so that they fill pages: as a clean end leaves them, or as a crash does,
/// much of it in the log of the database.
fn long_lived(crashed: bool) -> tempfile::TempDir {
    static MADE: [OnceLock<tempfile::TempDir>; 2] = [const { OnceLock::new() }; 2];
    copy_of(MADE[usize::from(crashed)].get_or_init(|| make(crashed)).path())
}

fn copy_of(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    copy
}

fn make(crashed: bool) -> tempfile::TempDir {
    let place = lived();
    let mut writer = place.store.writer().unwrap();
    for _ in 0..8 {
        read_on(&mut writer, 7, 60);
    }
    writer.mirror(at(0), true).unwrap();
    if crashed {
        return copy_of(place.path());
    }
    drop(writer);
    place.directory
}

fn check(harms: &[(bool, Harm)], crashed: bool) {
    let total = 14 + 480;
    let directory = long_lived(crashed);
    for (to_log, harm) in harms {
        let name = if *to_log { "hot.db-wal" } else { "hot.db" };
        harm.to(&directory.path().join(name));
    }
    let store = match Store::open(directory.path(), at(0)) {
        Ok(store) => store,
        // The bits that say whose it is, and of which version: it is left alone, and the agent says so and ends.
        Err(StoreError::Foreign | StoreError::Newer { .. }) => return,
        Err(error) => panic!("{error}"),
    };
    let mut place = Place { directory, store };
    let set_aside = |place: &Place| {
        place.store.incidents().iter().any(|each| each.kind == crate::trouble::Kind::StoreSetAside)
    };
    let mut saved = set_aside(&place);
    // What the start did not come upon, a sender does: it leaves a note.
    let mut untold = None;
    for _ in 0..2 {
        match untold_of(&place) {
            Ok(found) => {
                untold = Some(found);
                break;
            }
            Err(error) if error.is_damage() => {
                place.store.suspect(&error).unwrap();
                place = after(place, |_| {});
                saved |= set_aside(&place);
            }
            Err(error) => panic!("{error}"),
        }
    }
    let (untold, offset) = untold.expect("a new store is sound");
    if saved || harms.is_empty() {
        // Four were told; whatever else was read is still told, or counted as expired.
        let wanted = offset.saturating_sub(4);
        assert!(untold >= wanted && offset <= total, "{untold} of {wanted} in {harms:?}");
        place.account("soc");
    }
}

/// Events that the destination is still to be told of, expired ones included, and where reading goes on.
fn untold_of(place: &Place) -> Result<(u64, u64), StoreError> {
    let mut ledger = place.store.ledger("soc", HOST)?;
    let restored = ledger.restore("console")?;
    let mut cursor = restored.cursor;
    let mut untold: u64 = restored.groups.values().map(|group| group.held()).sum();
    untold += restored.attempt.map_or(0, |attempt| attempt.events);
    loop {
        let mut read = 0;
        let (reached, expired) = ledger.read_on(cursor, 50, &mut |_| {
            read += 1;
            true
        })?;
        untold += read + expired;
        if reached == cursor {
            break;
        }
        cursor = reached;
    }
    let mut writer = place.store.writer()?;
    let offset = writer.checkpoints()?.first().map_or(0, |found| found.position.offset);
    // It can be written on.
    let batch = writer.begin(at(0))?;
    batch.commit()?;
    Ok((untold, offset))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("IPSBELL_CAMPAIGN").is_some() { 2_000 } else { 24 },
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_torn_nothing_that_was_not_told_vanishes(
        harms in prop::collection::vec((prop::bool::weighted(0.3), harm()), 1..4),
        crashed in any::<bool>(),
    ) {
        check(&harms, crashed);
    }
}

#[test]
fn without_damage_all_is_there() {
    check(&[], false);
    check(&[], true);
}
