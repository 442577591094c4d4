//! Numbered alerts: written as an IPS writes its log, and looked for in the store, each exactly once.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ipsbell::store::{Account, Query, View};

use crate::support::{DEADLINE, Place, alert};

/// A line of a log with a number in it, and how to find it again in the stored record.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) line: fn(u32) -> String,
    pub(crate) number: fn(&[u8]) -> Option<u32>,
}

/// Suricata's eve.json, of 40 rules.
pub(crate) const EVE: Form = Form {
    line: |number| alert(9_000 + number % 40, number),
    number: |raw| {
        let json: serde_json::Value = serde_json::from_slice(raw).ok()?;
        json["flow_id"].as_u64()?.try_into().ok()
    },
};

/// Writes a log and, like every daemon that is told to reopen it, goes on in the file that the path leads to now.
pub(crate) struct Writer {
    path: PathBuf,
    form: Form,
    file: File,
    /// How many are written.
    pub(crate) written: u32,
}

impl Writer {
    pub(crate) fn open(path: &Path, form: Form) -> Self {
        Self { path: path.to_owned(), form, file: open(path), written: 0 }
    }

    /// Writes the next `count` alerts into the file that it has open, wherever that is now.
    pub(crate) fn write(&mut self, count: u32) {
        let range = self.written..self.written + count;
        let text: String = range.map(|number| (self.form.line)(number) + "\n").collect();
        self.file.write_all(text.as_bytes()).unwrap();
        self.written += count;
    }

    /// Opens the path again, if another file is there. It does not make one: who rotates does that.
    pub(crate) fn reopen(&mut self) {
        let ours = self.file.metadata().unwrap().ino();
        if let Ok(there) = File::options().append(true).open(&self.path)
            && there.metadata().unwrap().ino() != ours
        {
            self.file = there;
        }
    }
}

fn open(path: &Path) -> File {
    File::options().append(true).create(true).open(path).unwrap()
}

/// Waits until the alerts `0..count` are all stored and told. If that never is, which ones are missing.
pub(crate) fn wait_for_all(place: &Place, count: u32, form: Form) {
    let wanted = u64::from(count);
    let begin = Instant::now();
    let whole = |account: &Account| account.stored >= wanted && account.pending() == 0;
    while !place.account().is_some_and(|account| whole(&account)) && begin.elapsed() < DEADLINE {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    check_stored_once(place, count, form);
    let account = place.account().unwrap();
    assert_eq!((account.stored, account.told, account.unaccounted()), (wanted, wanted, 0));
}

/// Each of the alerts `0..count` is in the store exactly once.
pub(crate) fn check_stored_once(place: &Place, count: u32, form: Form) {
    let view = View::open(&place.state(), "sensor-1").unwrap();
    let mut times = vec![0_u32; count as usize];
    let query = Query { since: None, limit: usize::MAX };
    let mut tally = |event: &ipsbell::event::Event<'_>| {
        let number = (form.number)(&event.raw).unwrap();
        times[number as usize] += 1;
    };
    view.search(&query, None, &|_| true, &mut |event| tally(event), &mut || {}).unwrap();
    let missing: Vec<usize> = places(&times, |times| times == 0);
    let twice: Vec<usize> = places(&times, |times| times > 1);
    assert!(
        missing.is_empty() && twice.is_empty(),
        "{} of {count} are missing, from {:?} to {:?}; {} are stored twice, from {:?} to {:?}",
        missing.len(),
        missing.first(),
        missing.last(),
        twice.len(),
        twice.first(),
        twice.last(),
    );
}

fn places(times: &[u32], is_wanted: impl Fn(u32) -> bool) -> Vec<usize> {
    let wanted = times.iter().enumerate().filter(|(_, times)| is_wanted(**times));
    wanted.map(|(number, _)| number).collect()
}
