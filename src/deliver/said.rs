//! What the agent says of an answer, in its log and in the ledger.

use std::time::Duration;

use tracing::{error, info, warn};

use crate::destinations::Answer;
use crate::store::Attempt;

/// What the ledger keeps of an answer.
pub(super) fn words(answer: &Answer) -> String {
    match answer {
        Answer::Delivered => "ok".to_owned(),
        Answer::Later { why, .. }
        | Answer::PayloadRefused { why }
        | Answer::DestinationRefused { why } => why.clone(),
    }
}

/// Tells the agent's log of an answer that is worth it.
pub(super) fn log(destination: &str, answer: &Answer, attempt: &Attempt, wait: Option<Duration>) {
    let (events, tries) = (attempt.events, attempt.tries);
    match answer {
        Answer::Delivered if tries == 1 => {}
        Answer::Delivered => info!(destination, events, tries, "Posted after several tries."),
        Answer::Later { why, .. } => {
            warn!(destination, events, tries, ?wait, "The post waits: {why}.");
        }
        Answer::PayloadRefused { why } if attempt.minimal => {
            error!(
                destination,
                events, "The post is given up, its events stay in the store: {why}."
            );
        }
        Answer::PayloadRefused { why } => {
            warn!(destination, events, "The post is sent again in its plainest form: {why}.");
        }
        Answer::DestinationRefused { why } => {
            error!(destination, events, ?wait, "The destination refuses posts: {why}.");
        }
    }
}
