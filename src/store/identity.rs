//! Who this store is, and on which machine it lives. A store that wakes up on another machine is a copy: it takes an identity
//! of its own, and leaves to the original what that one has stored and not told.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::{StoreError, troubles};
use crate::trouble::{Incident, Kind};

/// Where systemd keeps the machine's id (machine-id(5)).
const MACHINE_ID: &str = "/etc/machine-id";

/// The shortest text that is taken for an id: 32 hex digits. Shorter is "uninitialized", or nothing.
const MACHINE_ID_BYTES: usize = 32;

/// Keeps our hashes apart from those that other programs make of the same id.
const HASH_SEED: u64 = 0x6970_7362_656c_6c00;

/// Why an open post of the original is not sent again.
const CLOSED: &str = "closed: this store is a copy, the post is the original's";

/// A hash of a machine's id, which itself must not leave the machine (machine-id(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Home(u128);

impl Home {
    /// This machine; none where it has no id, as in many containers.
    pub fn here() -> Option<Self> {
        Self::of(Path::new(MACHINE_ID))
    }

    /// The machine whose id is in this file.
    pub fn of(machine_id: &Path) -> Option<Self> {
        let id = std::fs::read(machine_id).ok()?;
        let id = id.trim_ascii();
        (id.len() >= MACHINE_ID_BYTES).then(|| Self(hash(id)))
    }
}

/// The identity of a new store: the machine's, or of the host's name where the machine has no id.
pub fn machine(home: Option<Home>) -> u128 {
    match home {
        Some(Home(hash)) => hash,
        None => hash(rustix::system::uname().nodename().to_bytes()),
    }
}

fn hash(id: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128_with_seed(id, HASH_SEED)
}

/// The identity of this store, which is made for a new one, and made anew for one that was copied from another machine.
///
/// # Errors
/// The database cannot be read or written.
pub(super) fn settle(
    connection: &mut Connection,
    home: Option<Home>,
    now: Timestamp,
) -> Result<(u128, Option<Incident>), StoreError> {
    let home_bytes = home.map(|Home(hash)| hash.to_be_bytes());
    let known: Option<([u8; 16], Option<[u8; 16]>)> = connection
        .query_row("SELECT machine, home FROM identity", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((machine_bytes, known_home)) = known else {
        let machine = machine(home);
        connection.execute(
            "INSERT INTO identity (id, machine, created_at, home) VALUES (1, ?1, ?2, ?3)",
            params![machine.to_be_bytes(), now.as_microsecond(), home_bytes],
        )?;
        return Ok((machine, None));
    };
    let known = u128::from_be_bytes(machine_bytes);
    match (known_home, home_bytes) {
        (Some(then), Some(here)) if then != here => {
            let machine = machine(home);
            let incident = move_in(connection, machine, here, now)?;
            Ok((machine, Some(incident)))
        }
        (None, Some(here)) => {
            connection.execute("UPDATE identity SET home = ?1", [here])?;
            Ok((known, None))
        }
        _ => Ok((known, None)),
    }
}

/// All of it is one transaction: a crash before its end finds the copy as it was.
fn move_in(
    connection: &mut Connection,
    machine: u128,
    home: [u8; 16],
    now: Timestamp,
) -> Result<Incident, StoreError> {
    let transaction = connection.transaction()?;
    transaction.execute(
        "UPDATE identity SET machine = ?1, home = ?2",
        params![machine.to_be_bytes(), home],
    )?;
    let untold = leave_to_the_original(&transaction, now)?;
    let alerts: Vec<String> =
        untold.iter().map(|(name, events)| format!("{events} of `{name}`")).collect();
    let untold = match alerts.as_slice() {
        [] => "nothing was left to tell".to_owned(),
        _ => format!(
            "alerts that it had stored and not told are left to the original, which tells them: {}; if there is no \
             original, because this machine's id was changed, `ipsbell search` shows them",
            alerts.join(", ")
        ),
    };
    let incident = Incident {
        kind: Kind::NewIdentity,
        subject: "hot.db".to_owned(),
        text: format!(
            "this store was copied from another machine (the machine id is not the one that it was made with): it has \
             taken an identity of its own and goes on where reading stood; {untold}"
        ),
    };
    troubles::insert(&transaction, now, &incident)?;
    transaction.commit()?;
    Ok(incident)
}

/// Told under the name of this machine, alerts that were read on another one would accuse the wrong. So nothing that was
/// stored before is told here: posts under way are closed as given up, what is unread or held in groups counts as expired.
/// Gives how many alerts that are, for each destination that had any.
fn leave_to_the_original(
    transaction: &Transaction<'_>,
    now: Timestamp,
) -> Result<Vec<(String, i64)>, StoreError> {
    const OPEN: &str = "(SELECT coalesce(sum(events), 0) FROM notification WHERE destination = name AND state = 0)";
    const UNTOLD: &str = "((SELECT last_sequence FROM identity) - cursor + \
         (SELECT coalesce(sum(held), 0) FROM open_group WHERE destination = name))";
    let mut query = transaction.prepare(&format!(
        "SELECT name, {OPEN} + {UNTOLD} FROM destination WHERE {OPEN} + {UNTOLD} > 0 ORDER BY name"
    ))?;
    let untold = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let untold = untold.collect::<Result<Vec<_>, _>>()?;
    transaction.execute(
        &format!(
            "UPDATE destination SET given_up = given_up + {OPEN}, expired = expired + {UNTOLD}, \
             cursor = (SELECT last_sequence FROM identity), health = '{{}}'"
        ),
        [],
    )?;
    transaction.execute(
        "UPDATE notification SET state = 2, unanswered = 0, answered_at = ?1, answer = ?2 WHERE state = 0",
        params![now.as_microsecond(), CLOSED],
    )?;
    transaction.execute("DELETE FROM open_group", [])?;
    Ok(untold)
}
