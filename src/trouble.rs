//! What goes wrong with the agent's own work, in the words that people are told. Knows nobody who finds it, and no
//! receiver.

use jiff::SignedDuration;

/// Of what sort it is. The names are kept in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Bytes of a log were gone before anybody could read them.
    BytesLost,
    /// The database was damaged and is set aside.
    StoreSetAside,
    /// The store woke up on another machine and took a new identity.
    NewIdentity,
    /// A record made the program fail again and again, and is kept as a reject.
    PoisonRecord,
}

impl Kind {
    /// Its name in the store and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::BytesLost => "bytes_lost",
            Self::StoreSetAside => "store_set_aside",
            Self::NewIdentity => "new_identity",
            Self::PoisonRecord => "poison_record",
        }
    }
}

/// How long after a [`Kind::PoisonRecord`] of a log the next one is kept; those in between are only counted.
pub const POISON_TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Something that happened once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Of what sort it is.
    pub kind: Kind,
    /// What it is about: a path, a destination's name. May be hostile.
    pub subject: String,
    /// A sentence for people: what happened, what it means, what to do. May quote what is hostile.
    pub text: String,
}

impl Incident {
    /// A record of this log made the program fail, in this way.
    pub fn poison(path: &str, offset: u64, why: &str) -> Self {
        let text = format!(
            "a record of {path:?} at offset {offset} made ipsbell fail: {why}; it is not understood, and all others are \
             read on; please report the record"
        );
        Self { kind: Kind::PoisonRecord, subject: path.to_owned(), text }
    }
}
