//! What goes wrong with the agent's own work, in the words that people are told. Knows nobody who finds it, and no
//! receiver.

/// Of what sort it is. The names are kept in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Bytes of a log were gone before anybody could read them.
    BytesLost,
    /// The database was damaged and is set aside.
    StoreSetAside,
    /// The database is older than the second copy of its positions.
    StoreBehind,
    /// The store woke up on another machine and took a new identity.
    NewIdentity,
    /// The machine's clock has jumped.
    ClockJumped,
    /// A record made the program fail again and again, and is kept as a reject.
    PoisonRecord,
}

impl Kind {
    /// Its name in the store and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::BytesLost => "bytes_lost",
            Self::StoreSetAside => "store_set_aside",
            Self::StoreBehind => "store_behind",
            Self::NewIdentity => "new_identity",
            Self::ClockJumped => "clock_jumped",
            Self::PoisonRecord => "poison_record",
        }
    }
}

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
