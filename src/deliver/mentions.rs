//! When a post calls people: only for the severities that the settings name, and not again for a while. Pure.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ipsbell_parsers::alert::Severity;

/// The least time between two mentions in one destination.
const MENTION_EVERY: Duration = Duration::from_secs(600);

/// The mentions of one destination.
#[derive(Debug)]
pub struct Mentions {
    by_severity: Vec<(Severity, String)>,
    last: Option<(Instant, Severity)>,
}

impl Mentions {
    /// The mentions of the settings.
    pub fn new(by_severity: &[(Severity, String)]) -> Self {
        Self { by_severity: by_severity.to_vec(), last: None }
    }

    /// The mention of a post that tells something new of these severities: the worst that has one, unless people were
    /// called for something as bad a moment ago.
    pub fn mention(&self, new: &BTreeSet<Severity>, now: Instant) -> Option<(Severity, String)> {
        let named = self.by_severity.iter().filter(|(severity, _)| new.contains(severity));
        let (severity, mention) = named.max_by_key(|(severity, _)| *severity)?;
        let called = |(at, called): (Instant, Severity)| {
            called >= *severity && now.duration_since(at) < MENTION_EVERY
        };
        (!self.last.is_some_and(called)).then(|| (*severity, mention.clone()))
    }

    /// A post with a mention of this severity is committed.
    pub fn called(&mut self, severity: Severity, now: Instant) {
        self.last = Some((now, severity));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_for_the_named_severities_and_not_again_for_ten_minutes() {
        let start = crate::clock::monotonic();
        let mut mentions = Mentions::new(&[
            (Severity::High, "<@U1>".into()),
            (Severity::Critical, "<!here>".into()),
        ]);
        for (new, after, expected) in [
            (vec![Severity::Medium], 0, None),
            (vec![], 0, None),
            (vec![Severity::Medium, Severity::High], 0, Some("<@U1>")),
            (vec![Severity::High], 300, None),
            // Something worse calls all the same, and something lesser does not after it.
            (vec![Severity::Critical, Severity::High], 301, Some("<!here>")),
            (vec![Severity::High], 700, None),
            (vec![Severity::Critical], 900, None),
            (vec![Severity::Critical], 901, Some("<!here>")),
        ] {
            let now = start + Duration::from_secs(after);
            let mention = mentions.mention(&new.iter().copied().collect(), now);
            if let Some((severity, _)) = &mention {
                mentions.called(*severity, now);
            }
            assert_eq!(mention.map(|(_, text)| text).as_deref(), expected, "{new:?} {after}");
        }
    }
}
