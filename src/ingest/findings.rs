//! What the tail found, into the log of the program and into the store. Knows no file.

use tracing::{error, info, warn};

use crate::store::{Batch, StoreError};
use crate::tail::{Finding, Weight};
use crate::trouble::{Incident, Kind};

/// Counts what a finding says was lost, and keeps it for people to be told.
pub(super) fn note(batch: &mut Batch<'_>, finding: &Finding) -> Result<(), StoreError> {
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
