//! When a post calls people: only for the severities that the settings name, and not again for a while. Pure.

use std::time::{Duration, Instant};

use ipsbell_parsers::alert::Severity;

/// The least time between two mentions in one destination.
const MENTION_EVERY: Duration = Duration::from_secs(600);

/// The mentions of one destination.
#[derive(Debug)]
pub(super) struct Mentions {
    by_severity: Vec<(Severity, String)>,
    last: Option<Instant>,
}

impl Mentions {
    /// The mentions of the settings.
    pub(super) fn new(by_severity: &[(Severity, String)]) -> Self {
        Self { by_severity: by_severity.to_vec(), last: None }
    }

    /// The mention of a post whose worst news is of this severity.
    pub(super) fn mention(&self, worst: Option<Severity>, now: Instant) -> Option<String> {
        let (_, mention) =
            self.by_severity.iter().find(|(severity, _)| Some(*severity) == worst)?;
        if self.last.is_some_and(|last| now.duration_since(last) < MENTION_EVERY) {
            return None;
        }
        Some(mention.clone())
    }

    /// A post with a mention is committed: from now on it will be sent.
    pub(super) fn called(&mut self, now: Instant) {
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_for_the_named_severity_and_not_again_for_ten_minutes() {
        let start = crate::clock::monotonic();
        let mut mentions = Mentions::new(&[(Severity::Critical, "<!here>".into())]);
        let here = Some("<!here>".to_owned());
        assert_eq!(mentions.mention(Some(Severity::High), start), None);
        assert_eq!(mentions.mention(None, start), None);
        assert_eq!(mentions.mention(Some(Severity::Critical), start), here);
        // A post that could not be committed has called nobody.
        assert_eq!(mentions.mention(Some(Severity::Critical), start), here);
        mentions.called(start);
        assert_eq!(mentions.mention(Some(Severity::Critical), start + MENTION_EVERY / 2), None);
        assert_eq!(mentions.mention(Some(Severity::Critical), start + MENTION_EVERY), here);
    }
}
