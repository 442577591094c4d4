//! A record that ends the program, as by a fault that nothing can catch: found, passed, told. The fault is in a library of
//! C that is loaded before all others, not in the program.

use std::path::{Path, PathBuf};

use ipsbell::fake_slack::FakeSlack;
use ipsbell::ingest::{BATCH_ENDS_MAX, RECORD_ENDS_MAX};
use ipsbell::store::View;

use crate::preload;
use crate::support::{Place, alert, alerts, ipsbell, text};

/// What the library ends the program for.
const POISON: &str = "POISON-BYTES";

/// A life of the program that shall read all and end; its exit status, none if it was ended.
fn life(place: &Place, library: &Path) -> Option<i32> {
    let output = ipsbell()
        .args(["run", "--once", "--config"])
        .arg(place.path("config.toml"))
        .env("LD_PRELOAD", library)
        .env("ABORT_BYTES", POISON)
        .env("ABORT_COUNT", place.path("left"))
        .output()
        .unwrap();
    output.status.code()
}

/// A place whose log holds 30 alerts, one that is poison, 30 alerts; and the library.
fn poisoned(test: &str, slack: &FakeSlack) -> Option<(Place, PathBuf)> {
    let place = Place::new(slack);
    let library = preload::library(test, &place.path(""), "abort.c")?;
    let poison = alert(6100, 30).replace("Probe number", POISON);
    place.append(&[alerts(6100, 0..30), vec![poison], alerts(6100, 31..61)].concat());
    Some((place, library))
}

fn counts(place: &Place) -> (u64, u64) {
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let counts = view.files().unwrap()[0].counts;
    (counts.events, counts.rejects)
}

#[test]
fn a_record_that_ends_the_program_again_and_again_is_passed_and_told() {
    let slack = FakeSlack::start().unwrap();
    let Some((place, library)) =
        poisoned("a_record_that_ends_the_program_again_and_again_is_passed_and_told", &slack)
    else {
        return;
    };
    let ends = (BATCH_ENDS_MAX + RECORD_ENDS_MAX) as usize;
    std::fs::write(place.path("left"), vec![b'x'; ends]).unwrap();
    for end in 0..ends {
        assert_eq!(life(&place, &library), None, "life {end}");
    }
    assert_eq!(life(&place, &library), Some(0));
    assert_eq!(counts(&place), (60, 1));
    assert_eq!(place.account().unwrap().told, 60);
    let status = text(&place.ipsbell(&["status"]).stdout);
    assert!(status.contains("the program ended 2 times while it was read"), "{status}");
    // What comes behind it is read as usual.
    place.append(&alerts(6101, 0..20));
    assert_eq!(life(&place, &library), Some(0));
    assert_eq!(counts(&place), (80, 1));
}

#[test]
fn a_record_at_which_the_program_ended_by_chance_is_an_event() {
    let slack = FakeSlack::start().unwrap();
    let Some((place, library)) =
        poisoned("a_record_at_which_the_program_ended_by_chance_is_an_event", &slack)
    else {
        return;
    };
    let ends = (BATCH_ENDS_MAX + RECORD_ENDS_MAX - 1) as usize;
    std::fs::write(place.path("left"), vec![b'x'; ends]).unwrap();
    for end in 0..ends {
        assert_eq!(life(&place, &library), None, "life {end}");
    }
    assert_eq!(life(&place, &library), Some(0));
    assert_eq!(counts(&place), (61, 0));
    assert_eq!(place.account().unwrap().told, 61);
}
