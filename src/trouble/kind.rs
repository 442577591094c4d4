//! The kinds of trouble: their names in the store, the words for them, and how serious they are. To add one, add a variant,
//! its name and its [`Nature`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Of what sort it is. The names are kept in the store. The order is that in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bytes of a log were gone before anybody could read them.
    BytesLost,
    /// Entries of the journal may have been gone before anybody could read them.
    EntriesLost,
    /// The database was damaged and is set aside.
    StoreSetAside,
    /// The database is older than the second copy of its positions.
    StoreBehind,
    /// The store woke up on another machine and took a new identity.
    NewIdentity,
    /// A record made the program fail again and again, and is kept as a reject.
    PoisonRecord,
    /// The oldest events are let go because the store may not grow further.
    SizeReached,
    /// The machine's clock and the time that passed do not agree.
    ClockJumped,
    /// The records of a log are in another format than before.
    FormatChanged,
    /// Lasts: the store takes nothing.
    StoreUnwritable,
    /// Lasts: there is little room left for the store.
    DiskNearlyFull,
    /// Lasts: a reader of logs does not come back from a read.
    SourceHangs,
    /// Lasts: a log cannot be looked at, opened or read.
    SourceUnreadable,
    /// Lasts: a path of a source leads to something that is no regular file.
    NotAFile,
    /// Lasts: more files match than are followed.
    TooManyFiles,
    /// Lasts: a log was deleted, is written to all the same, and is read through its open descriptor.
    DeletedHeld,
    /// Lasts: what was written waits too long to be read.
    Lagging,
    /// Lasts: the records of a log are not understood.
    Unparsable,
    /// Lasts: nothing was written to a source for longer than its `silent_after`.
    Silent,
    /// Lasts: a destination refuses us or cannot be reached.
    DestinationDown,
    /// Lasts: a heartbeat is not taken by its receiver.
    HeartbeatUnheard,
    /// Lasts: there are more conditions than the board lists.
    Unlisted,
}

/// What all trouble of a kind has in common.
#[derive(Debug, Clone, Copy)]
pub struct Nature {
    /// One of them, as a clause.
    pub one: &'static str,
    /// Several; `{}` is how many.
    pub many: &'static str,
    /// One of them is over; empty for what happened once.
    pub over_one: &'static str,
    /// Several are over.
    pub over_many: &'static str,
    /// What it means for the alerts, a sentence.
    pub means: &'static str,
    /// What lasts less long is not told, and stops no heartbeat.
    pub onset: Duration,
    /// Alerts do not get through while it lasts: the heartbeat stops.
    pub sick: bool,
}

const NO_TIME: Duration = Duration::ZERO;
const MOMENT: Duration = Duration::from_secs(3);

/// What happened once. It has no end and stops nothing.
const fn incident(one: &'static str, many: &'static str, means: &'static str) -> Nature {
    Nature { one, many, over_one: "", over_many: "", means, onset: NO_TIME, sick: false }
}

/// What lasts, with its two ends.
const fn condition(
    [one, many]: [&'static str; 2],
    [over_one, over_many]: [&'static str; 2],
    means: &'static str,
    onset: Duration,
    sick: bool,
) -> Nature {
    Nature { one, many, over_one, over_many, means, onset, sick }
}

const BYTES_LOST: Nature = incident(
    "a log lost bytes before they could be read",
    "{} logs lost bytes before they could be read",
    "Alerts among them were not told and will not be.",
);
const ENTRIES_LOST: Nature = incident(
    "the journal may have lost entries before they could be read",
    "the journal may have lost entries before they could be read, {} times",
    "Alerts among them were not told and will not be.",
);
const STORE_SET_ASIDE: Nature = incident(
    "the store was damaged and set aside",
    "the store was damaged and set aside {} times",
    "A new one was begun; alerts in the old one are not searched.",
);
const STORE_BEHIND: Nature = incident(
    "the store is older than it was",
    "the store was older than it had been {} times",
    "An older copy of it was put in its place, or its newest part is lost: some alerts may be told again.",
);
const NEW_IDENTITY: Nature = incident(
    "the store took a new identity",
    "the store took a new identity {} times",
    "It was copied from another machine; alerts of both are told apart from now on.",
);
const POISON_RECORD: Nature = incident(
    "a record made the agent fail",
    "{} records made the agent fail",
    "It was passed over and kept; an alert in it was not told.",
);
const SIZE_REACHED: Nature = incident(
    "the store reached `max_size`",
    "the store reached `max_size` {} times",
    "The oldest alerts are let go, also if nobody was told of them yet.",
);
const CLOCK_JUMPED: Nature = incident(
    "the clock jumped",
    "the clock jumped {} times",
    "Times that posts show around it may be wrong; no alert is lost by it.",
);
const FORMAT_CHANGED: Nature = incident(
    "a log changed its format",
    "{} logs changed their formats",
    "It is read on in the new one. See whether matchers, mutes and severities still fit.",
);
const STORE_UNWRITABLE: Nature = condition(
    ["the store cannot be written", "the store cannot be written, seen in {} places"],
    ["the store can be written again", "the store can be written again"],
    "Nothing is read or told meanwhile. Reading goes on where it stood.",
    Duration::from_secs(30),
    true,
);
const DISK_NEARLY_FULL: Nature = condition(
    ["the disk of the store is nearly full", "{} disks are nearly full"],
    ["the disk of the store has room again", "{} disks have room again"],
    "When it is full, alerts are not read before there is room.",
    Duration::from_secs(30),
    false,
);
const SOURCE_HANGS: Nature = condition(
    ["reading hangs", "{} readers hang"],
    ["reading goes on", "{} readers go on"],
    "Alerts there are not told until it goes on; none is skipped.",
    NO_TIME,
    true,
);
const SOURCE_UNREADABLE: Nature = condition(
    ["a log cannot be read", "{} logs cannot be read"],
    ["a log can be read again", "{} logs can be read again"],
    "Alerts there are not told until that is mended; none is skipped.",
    MOMENT,
    true,
);
const NOT_A_FILE: Nature = condition(
    ["a path leads to no log file", "{} paths lead to no log file"],
    ["a wrong path is put right", "{} wrong paths are put right"],
    "Nothing is read there.",
    MOMENT,
    true,
);
const TOO_MANY_FILES: Nature = condition(
    ["more files match than can be followed", "more files match than can be followed"],
    ["all files that match are followed again", "all files that match are followed again"],
    "Alerts in the others are not told.",
    MOMENT,
    true,
);
const DELETED_HELD: Nature = condition(
    ["a deleted log is still read", "{} deleted logs are still read"],
    ["a deleted log is read to its end", "{} deleted logs are read to their ends"],
    "Alerts in it are told as long as this agent runs; if it stops, those written later are lost.",
    // One that is quiet is let go before.
    Duration::from_secs(8),
    false,
);
const LAGGING: Nature = condition(
    ["reading is behind", "reading is behind in {} logs"],
    ["reading is up to date again", "reading is up to date again in {} logs"],
    "Alerts come late; none is skipped.",
    NO_TIME,
    false,
);
const UNPARSABLE: Nature = condition(
    ["the records of a log are not understood", "the records of {} logs are not understood"],
    ["the records of a log are understood again", "the records of {} logs are understood again"],
    "Alerts among them are not told.",
    NO_TIME,
    false,
);
const SILENT: Nature = condition(
    ["a source is silent", "{} sources are silent"],
    ["a silent source is written to again", "{} silent sources are written to again"],
    "The IPS may have stopped, or writes elsewhere.",
    NO_TIME,
    false,
);
const DESTINATION_DOWN: Nature = condition(
    ["a destination takes no posts", "{} destinations take no posts"],
    ["a destination takes posts again", "{} destinations take posts again"],
    "Alerts for it wait in the store.",
    Duration::from_secs(60),
    true,
);
const HEARTBEAT_UNHEARD: Nature = condition(
    ["a heartbeat is not heard", "{} heartbeats are not heard"],
    ["a heartbeat is heard again", "{} heartbeats are heard again"],
    "Who listens for it will think that this agent is dead. Alerts are told.",
    Duration::from_secs(300),
    false,
);
const UNLISTED_NATURE: Nature = condition(
    ["there is more trouble than is listed", "there is more trouble than is listed"],
    ["all trouble is listed again", "all trouble is listed again"],
    "What is not listed is counted only.",
    MOMENT,
    true,
);

impl Kind {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 22] = [
        Self::BytesLost,
        Self::EntriesLost,
        Self::StoreSetAside,
        Self::StoreBehind,
        Self::NewIdentity,
        Self::PoisonRecord,
        Self::SizeReached,
        Self::ClockJumped,
        Self::FormatChanged,
        Self::StoreUnwritable,
        Self::DiskNearlyFull,
        Self::SourceHangs,
        Self::SourceUnreadable,
        Self::NotAFile,
        Self::TooManyFiles,
        Self::DeletedHeld,
        Self::Lagging,
        Self::Unparsable,
        Self::Silent,
        Self::DestinationDown,
        Self::HeartbeatUnheard,
        Self::Unlisted,
    ];

    /// Its name in the store and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::BytesLost => "bytes_lost",
            Self::EntriesLost => "entries_lost",
            Self::StoreSetAside => "store_set_aside",
            Self::StoreBehind => "store_behind",
            Self::NewIdentity => "new_identity",
            Self::PoisonRecord => "poison_record",
            Self::SizeReached => "size_reached",
            Self::ClockJumped => "clock_jumped",
            Self::FormatChanged => "format_changed",
            Self::StoreUnwritable => "store_unwritable",
            Self::DiskNearlyFull => "disk_nearly_full",
            Self::SourceHangs => "source_hangs",
            Self::SourceUnreadable => "source_unreadable",
            Self::NotAFile => "not_a_file",
            Self::TooManyFiles => "too_many_files",
            Self::DeletedHeld => "deleted_held",
            Self::Lagging => "lagging",
            Self::Unparsable => "unparsable",
            Self::Silent => "silent",
            Self::DestinationDown => "destination_down",
            Self::HeartbeatUnheard => "heartbeat_unheard",
            Self::Unlisted => "unlisted",
        }
    }

    /// The kind of this name; none if a newer program wrote it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What all trouble of this kind has in common.
    pub fn nature(self) -> &'static Nature {
        match self {
            Self::BytesLost => &BYTES_LOST,
            Self::EntriesLost => &ENTRIES_LOST,
            Self::StoreSetAside => &STORE_SET_ASIDE,
            Self::StoreBehind => &STORE_BEHIND,
            Self::NewIdentity => &NEW_IDENTITY,
            Self::PoisonRecord => &POISON_RECORD,
            Self::SizeReached => &SIZE_REACHED,
            Self::ClockJumped => &CLOCK_JUMPED,
            Self::FormatChanged => &FORMAT_CHANGED,
            Self::StoreUnwritable => &STORE_UNWRITABLE,
            Self::DiskNearlyFull => &DISK_NEARLY_FULL,
            Self::SourceHangs => &SOURCE_HANGS,
            Self::SourceUnreadable => &SOURCE_UNREADABLE,
            Self::NotAFile => &NOT_A_FILE,
            Self::TooManyFiles => &TOO_MANY_FILES,
            Self::DeletedHeld => &DELETED_HELD,
            Self::Lagging => &LAGGING,
            Self::Unparsable => &UNPARSABLE,
            Self::Silent => &SILENT,
            Self::DestinationDown => &DESTINATION_DOWN,
            Self::HeartbeatUnheard => &HEARTBEAT_UNHEARD,
            Self::Unlisted => &UNLISTED_NATURE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_words_in_order() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            let nature = kind.nature();
            assert_eq!(Kind::named(kind.name()), Some(kind));
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.name()));
            assert_eq!(place, Kind::ALL.iter().filter(|other| **other < kind).count());
            assert!(nature.means.ends_with('.') && !nature.one.ends_with('.'), "{kind:?}");
            assert_eq!(nature.over_one.is_empty(), nature.over_many.is_empty(), "{kind:?}");
            // What has no end cannot stop anything, and has no onset.
            let ends = !nature.over_one.is_empty();
            assert!(ends || (!nature.sick && nature.onset.is_zero()), "{kind:?}");
        }
        assert_eq!(Kind::named("of_a_newer_program"), None);
    }
}
