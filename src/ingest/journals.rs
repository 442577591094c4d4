//! Entries of the journal into the store: a transaction for each turn of each source, with where reading stands behind it.

use tracing::{error, info, warn};
use xxhash_rust::xxh3::xxh3_64;

use super::care::Stretch;
use super::lane::Lane;
use super::{Done, Reader};
use crate::clock;
use crate::config::{JournalMatch, Source};
use crate::guard::guard;
use crate::journal::{Finding, Gap, Journal, Position, What};
use crate::signal::Signal;
use crate::store::StoreError;
use crate::tail::FileKey;
use crate::trouble::{Incident, Kind};

/// A source that reads the journal.
#[derive(Debug)]
pub(super) struct Entries {
    pub(super) journal: Journal,
    /// Its place among the sources.
    pub(super) source: usize,
    pub(super) file: FileKey,
}

impl Entries {
    /// All sources that read the journal, each from where it stands in `known`.
    pub(super) fn of(sources: &[Source], known: &[(String, Position)], wake: &Signal) -> Vec<Self> {
        let wanted = sources.iter().map(|source| source.journal.as_ref());
        let configured: Vec<String> = wanted.clone().flatten().map(ToString::to_string).collect();
        let read = sources.iter().zip(wanted).enumerate();
        let entries = read.filter_map(|(number, (source, wanted))| {
            let wanted = wanted?;
            let place = place(wanted, known, &configured);
            let journal = Journal::new(wanted.clone(), place, source.start_at, wake.clone());
            let file = FileKey(xxh3_64(journal.name().as_bytes()));
            Some(Self { journal, source: number, file })
        });
        entries.collect()
    }
}

/// Where a source goes on: where it stood; if it is new, where one stood that read some of the same and is not configured
/// any more, so that a change of what is read leaves nothing out.
fn place(
    wanted: &JournalMatch,
    known: &[(String, Position)],
    configured: &[String],
) -> Option<Position> {
    let name = wanted.to_string();
    if let Some((_, place)) = known.iter().find(|(known, _)| *known == name) {
        return Some(place.clone());
    }
    let directory = wanted.directory.iter().map(|directory| format!("directory={directory}"));
    let directory: Vec<String> = directory.collect();
    let shares = |known: &str| {
        let parts: Vec<&str> = known.trim_start_matches("journal:").split(',').collect();
        let elsewhere: Vec<&str> =
            parts.iter().copied().filter(|part| part.starts_with("directory=")).collect();
        elsewhere == directory && wanted.parts().any(|part| parts.contains(&part.as_str()))
    };
    let left = known.iter().filter(|(known, _)| !configured.contains(known) && shares(known));
    let newest = left.max_by_key(|(_, place)| place.read_until_us)?;
    Some(Position { failures: 0, ..newest.1.clone() })
}

impl Reader {
    /// A turn of each source that reads the journal.
    pub(super) fn journals(&mut self) -> Result<Done, StoreError> {
        let mut done = Done::Nothing;
        for place in 0..self.entries.len() {
            if matches!(self.journal(place)?, Done::More) {
                done = Done::More;
            }
        }
        Ok(done)
    }

    /// One transaction: entries of one source, and where reading stands behind them.
    fn journal(&mut self, place: usize) -> Result<Done, StoreError> {
        let (now, wall) = (clock::monotonic(), clock::now());
        let Some(Entries { journal, source, file }) = self.entries.get_mut(place) else {
            return Ok(Done::Nothing);
        };
        let found = journal.look(now, wall.as_microsecond());
        if !found.is_empty() {
            self.conditions.hasten();
            found.iter().for_each(say);
        }
        let name = journal.name().to_owned();
        let Some(turn) = journal.turn(now) else { return Ok(Done::Nothing) };
        let mut batch = self.writer.begin(wall)?;
        if let Some(gap) = turn.gap {
            let incident = lost(&name, gap);
            error!("{name:?}: {}.", incident.text);
            batch.incident(&incident)?;
        }
        let (mut taken, mut bytes) = (0, 0);
        if !turn.entries.is_empty() || turn.too_long > 0 {
            self.care.begins(&Stretch::of_entries(&name, *file, turn.entries));
            let lane = Lane::of((*file, *source), &mut self.lanes, &self.duty, &self.shared);
            // The sources of this duty are those that the entries were made from.
            let Some(lane) = lane else { return Ok(Done::Nothing) };
            let usual = self.care.is_usual();
            let (shared, care) = (&self.shared, &mut self.care);
            let mut read = || lane.read_entries(&mut batch, shared, care, (&name, &turn), wall);
            let read = if usual { guard(read) } else { Ok(read()) };
            match read {
                Ok(read) => (taken, _) = read?,
                Err(panicked) => {
                    drop(batch);
                    warn!("Reading {panicked}; it is read again, each record in a guard.");
                    self.care.panicked();
                    self.step_back();
                    return Ok(Done::More);
                }
            }
            let read = turn.entries.get(..taken).unwrap_or_default();
            bytes = read.iter().map(|entry| entry.message.len() as u64).sum();
            self.conditions.read(*source, wall);
        }
        let is_told = turn.gap.is_some();
        journal.accept(taken);
        batch.journal(&name, &journal.position())?;
        batch.commit()?;
        journal.committed();
        self.care.committed(bytes);
        self.upkeep.unswept_bytes += bytes;
        self.say_store();
        if is_told {
            // There is an incident to tell, perhaps without any event.
            self.stored.ring();
        }
        Ok(if taken > 0 { Done::More } else { Done::Nothing })
    }

    /// Is all read that will ever be?
    pub(super) fn journals_are_done(&self) -> bool {
        self.entries.iter().all(|entries| entries.journal.is_done())
    }
}

fn lost(name: &str, gap: Gap) -> Incident {
    Incident { kind: Kind::EntriesLost, subject: name.to_owned(), text: gap.to_string() }
}

/// Writes a finding into the program's own log.
fn say(finding: &Finding) {
    match finding.what {
        What::Failed(..) => warn!("{finding}."),
        What::Reads | What::Recovered | What::Vacuumed => info!("{finding}."),
    }
}
