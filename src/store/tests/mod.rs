//! The store under test: what goes in comes out, nothing is counted twice, and what a test of
//! another module needs to fill a store and to make it fail.

mod accounts;
mod batches;
mod copied;
mod damage;
mod events;
mod keeping;
mod mirror;
mod mutes;
mod opening;
mod search;
mod torn;
mod troubles;
mod verify;

use std::path::{Path, PathBuf};

use ipsbell_parsers::alert::{Alert, Direction, Parsed, Verdict};
use ipsbell_parsers::{Choice, Format, Framing, Read, Reader};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::event::{Event, Origin};

pub(crate) const HOST: &str = "sensor-1";

static ZONE: TimeZone = TimeZone::UTC;

/// Reads any line as an alert; `POISON` in it makes it panic, with the record in its words.
pub(crate) static FRAGILE: Format = Format {
    name: "fragile",
    about: "",
    example: "",
    framing: Framing::Line,
    also: &[],
    claims: |_| true,
    skips: ipsbell_parsers::no_short_cut,
    parse: |record| {
        let text = String::from_utf8_lossy(record);
        assert!(!text.contains("POISON"), "cannot bear {text}");
        Ok(Parsed::Alert(Box::new(Alert { product: "fragile".into(), ..Alert::default() })))
    },
    parse_head: |record| (FRAGILE.parse)(record),
};

/// A store in a directory of its own.
pub(crate) struct Place {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Store,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path(), at(0)).unwrap();
        Self { directory, store }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn view(&self) -> View {
        View::open(self.path(), HOST).unwrap()
    }

    /// The account of a destination, held against the sums of the destination's own row.
    pub(crate) fn account(&self, destination: &str) -> Account {
        let destinations = self.view().destinations().unwrap();
        let view = destinations.iter().find(|view| view.name == destination).unwrap();
        let account = view.account;
        assert_eq!((account.told, account.given_up), (view.told, view.given_up), "{account:?}");
        assert_eq!(account.unaccounted(), 0, "{account:?}");
        account
    }

    /// The same store in a new process.
    pub(crate) fn reopened(self) -> Self {
        let Self { directory, store } = self;
        drop(store);
        let store = Store::open(directory.path(), at(0)).unwrap();
        Self { directory, store }
    }

    /// The lines of a query, their columns in one text.
    pub(crate) fn lines(directory: &Path, sql: &str) -> Vec<String> {
        let connection = Connection::open(directory.join(DATABASE)).unwrap();
        let mut query = connection.prepare(sql).unwrap();
        let lines = query.query_map([], |row| row.get(0)).unwrap();
        lines.collect::<Result<_, _>>().unwrap()
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        let connection = Connection::open(self.path().join(DATABASE)).unwrap();
        connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

impl Ledger {
    /// From now on the database refuses what this ledger writes, or takes it again.
    pub(crate) fn refuse_writes(&self, refuse: bool) {
        self.connection.pragma_update(None, "query_only", refuse).unwrap();
    }

    /// Waits for other processes as it does in an agent.
    pub(crate) fn be_patient(&self) {
        self.connection.busy_timeout(BUSY_WAIT).unwrap();
    }

    /// Does not wait for another process, and not for the disk.
    pub(crate) fn hurry(&self) {
        self.connection.busy_timeout(Duration::ZERO).unwrap();
        self.connection.pragma_update(None, "synchronous", "OFF").unwrap();
    }
}

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(secs)
}

/// A record of this rule; `number` makes each one another. Priority 1 is `high`, 2 `medium`, 3
/// `low`.
pub(crate) fn record(rule: u32, priority: u32, number: u32) -> String {
    format!(
        "01/15/2027-07:50:25.{:06}  [**] [1:{rule}:1] Probe {rule} [**] [Classification: \
         Attempted Information Leak] [Priority: {priority}] {{TCP}} 203.0.113.{}:40000 -> 198.51.100.20:443",
        number % 1_000_000,
        number % 250
    )
}

/// What a grammar makes of a record, as an event of this store.
pub(crate) fn event(record: &[u8], offset: u64, read_at: Timestamp) -> Event<'_> {
    let (alert, format) = match Reader::new(Choice::Auto).read(record) {
        Read::Alert { alert, format } => (*alert, format),
        other => panic!("{other:?}"),
    };
    let origin = Origin {
        machine: 1,
        generation: 2,
        agent_host: HOST,
        path: "/var/log/fast.log",
        zone: &ZONE,
        home_networks: &[],
    };
    Event::new(alert, format.name, record, record, offset, read_at, &origin)
}

/// Stores an event as the reader thread does; its sequence number.
pub(crate) fn insert(batch: &mut Batch<'_>, event: &Event<'_>, keep_raw: bool) -> u64 {
    let path = batch.path(Path::new(event.path.as_ref())).unwrap();
    let form = alert_form(&event.alert).unwrap();
    let place = |found: Option<usize>| found.and_then(|place| u8::try_from(place).ok());
    let verdict = Verdict::ALL.iter().position(|verdict| *verdict == event.alert.verdict);
    let direction = event.direction;
    let direction = Direction::ALL.iter().position(|each| Some(*each) == direction);
    let new = NewEvent {
        id: event.id,
        at: event.at,
        read_at: event.read_at,
        path,
        offset: event.offset,
        format: &event.format,
        severity: event.severity as u8,
        verdict: place(verdict).unwrap(),
        direction: place(direction),
        rule_id: event.alert.rule.id.as_deref(),
        rule_name: event.alert.rule.name.as_deref(),
        source: None,
        destination: None,
        form: if keep_raw { Form::Raw } else { Form::Alert },
        record: if keep_raw { &event.raw } else { form.as_bytes() },
    };
    batch.event(&new).unwrap()
}

/// A file of which so many bytes are read.
pub(crate) fn followed(path: &Path, offset: u64) -> crate::tail::Checkpoint {
    use crate::tail::{Anchors, FileKey, Fingerprint, Identity, Position, Skipped, Stage};
    let none = Fingerprint { bytes: 0, hash: 0 };
    crate::tail::Checkpoint {
        file: FileKey(7),
        number: 1,
        path: path.to_owned(),
        identity: Identity { device: 1, inode: 2, head: none },
        generation: 3,
        position: Position { offset, mid_line: false, skipped: Skipped::default() },
        behind: none,
        size: offset,
        modified_ns: 0,
        stage: Stage::Followed,
        since_us: 0,
        anchors: Anchors::default(),
    }
}

/// Keeps everyone else from writing until it is dropped.
pub(crate) fn hold(directory: &Path) -> Connection {
    let connection = Connection::open(directory.join(DATABASE)).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

/// Stores so many events of a rule that are read at this second; their sequence numbers.
pub(crate) fn store(writer: &mut Writer, rule: u32, count: u32, secs: i64) -> Vec<u64> {
    let mut batch = writer.begin(at(secs)).unwrap();
    let numbers = (0..count).map(|number| {
        let record = record(rule, 2, number);
        insert(&mut batch, &event(record.as_bytes(), u64::from(number), at(secs)), true)
    });
    let numbers = numbers.collect();
    batch.commit().unwrap();
    numbers
}

/// All events from behind this number, as a destination reads them.
fn read_all(ledger: &Ledger, cursor: u64) -> (Vec<Event<'static>>, (u64, u64)) {
    let mut events = Vec::new();
    let read = ledger.read_on(cursor, usize::MAX >> 1, &mut |event| {
        events.push(event.into_owned());
        true
    });
    (events, read.unwrap())
}

pub(crate) fn retention(
    change: impl FnOnce(&mut crate::config::Retention),
) -> crate::config::Retention {
    let mut retention = crate::config::Retention {
        events: None,
        notifications: None,
        max_size_bytes: u64::MAX,
        keep_raw: true,
    };
    change(&mut retention);
    retention
}
