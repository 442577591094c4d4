//! What the tail and retention found, into the log of the program and into the store. Knows no file.

use jiff::{SignedDuration, Timestamp};
use tracing::{error, info, warn};

use crate::store::{Batch, StoreError, Writer};
use crate::tail::{Finding, Weight};
use crate::trouble::{Incident, Kind};

/// How often it is said again that the store is full.
const SIZE_TOLD_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Keeps what happened since the last transaction, for people to be told.
pub(super) fn note(
    batch: &mut Batch<'_>,
    findings: &[Finding],
    incidents: &[Incident],
) -> Result<(), StoreError> {
    findings.iter().try_for_each(|finding| note_loss(batch, finding))?;
    incidents.iter().try_for_each(|incident| batch.incident(incident))
}

/// Counts what a finding says was lost.
fn note_loss(batch: &mut Batch<'_>, finding: &Finding) -> Result<(), StoreError> {
    if let Some(lost_bytes_at_least) = finding.lost_bytes_at_least() {
        let path = batch.path(&finding.path)?;
        batch.lost(path, lost_bytes_at_least)?;
        batch.incident(&Incident {
            kind: Kind::BytesLost,
            subject: finding.path.to_string_lossy().into_owned(),
            text: finding.to_string(),
        })?;
    }
    Ok(())
}

/// Writes a finding into the program's own log.
pub(super) fn say(finding: &Finding) {
    match finding.weight() {
        Weight::Notice => info!("{finding}."),
        Weight::Problem => warn!("{finding}."),
        Weight::Loss => error!("{finding}."),
    }
}

/// Events were let go for the store's size: said and kept, but once a day however often the agent is started meanwhile.
/// `waiting` is what is not in the store yet.
pub(super) fn size_reached(
    writer: &Writer,
    waiting: &[Incident],
    now: Timestamp,
) -> Result<Option<Incident>, StoreError> {
    let told = writer.last_incident(Kind::SizeReached)?;
    if told.is_some_and(|at| now.duration_since(at).abs() < SIZE_TOLD_EVERY)
        || waiting.iter().any(|incident| incident.kind == Kind::SizeReached)
    {
        return Ok(None);
    }
    let text = "the store reached `max_size`: the oldest events are let go; told again in a day; hint: raise \
                `max_size` in [retention], or keep events for less long";
    warn!("{text}.");
    let subject = "max_size".to_owned();
    Ok(Some(Incident { kind: Kind::SizeReached, subject, text: text.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Place, at};

    #[test]
    fn a_store_that_is_full_is_told_once_a_day() {
        let place = Place::new();
        let mut writer = place.store.writer().unwrap();
        let hour = |hour: i64| at(hour * 3_600);
        let first = size_reached(&writer, &[], hour(0)).unwrap().unwrap();
        assert!(size_reached(&writer, std::slice::from_ref(&first), hour(0)).unwrap().is_none());
        let mut batch = writer.begin(hour(0)).unwrap();
        batch.incident(&first).unwrap();
        batch.commit().unwrap();
        for (hours, told) in [(1, false), (23, false), (24, true), (-23, false), (-24, true)] {
            let found = size_reached(&writer, &[], hour(hours)).unwrap();
            assert_eq!(found.is_some(), told, "after {hours} h");
        }
    }
}
