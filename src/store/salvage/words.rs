//! What is told of a database that was set aside.

use super::{From, Loss, Saved};
use crate::store::mirror::State;

/// What happened, where reading goes on, what may be told again, what is lost.
pub(super) fn text(saved: &Saved, mirror: Result<&State, &str>, loss: &Loss<'_>) -> String {
    let name = loss.aside.to_string_lossy();
    let mut parts = Vec::new();
    parts.push(if saved.readable {
        format!("the database was damaged ({}) and is set aside as {name}", loss.why)
    } else {
        format!(
            "the database is lost ({}); what there is of it, if anything, is set aside as {name}",
            loss.why
        )
    });
    parts.push(match (saved.from, mirror) {
        (From::Mirror, _) => "reading goes on where the file `positions` says".to_owned(),
        (From::Database, Ok(_)) => {
            "it had gone back to an older state, and reading goes on where that says".to_owned()
        }
        (From::Database, Err(why)) => {
            format!("reading goes on where it says itself (the file `positions`: {why})")
        }
        (From::Nowhere, _) => {
            let why = mirror.err().unwrap_or("nothing");
            format!(
                "where reading stood is not known (the file `positions`: {why}), so that the logs are read as at the \
                 first start, by `start_at`; what was written since the last alert may be LOST unread"
            )
        }
    });
    if saved.untold > 0 {
        let lost = saved.untold - saved.brought.min(saved.untold);
        let lost = if lost == 0 { "none".to_owned() } else { format!("{lost}") };
        parts.push(format!(
            "of {} alerts in it that some destination may not have been told of, {} were brought over and {lost} could \
             not be read",
            saved.untold, saved.brought
        ));
    }
    if !saved.from_mirror.is_empty() {
        parts.push(format!(
            "what it said of {} could not be relied on: it goes on from `positions`, or begins anew",
            saved.from_mirror.join(", ")
        ));
    }
    if saved.repeats {
        parts.push("some alerts may be told again, in posts that say so".to_owned());
    }
    if saved.readable {
        parts.push(format!(
            "older alerts and the record of posts are in {name} alone, as far as they can be read: \
             `sqlite3 {name} 'SELECT * FROM events'`; delete it when it is not needed"
        ));
    }
    parts.join("; ")
}
