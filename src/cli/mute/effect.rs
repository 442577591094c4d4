//! What a mute would have hidden, had it been there in the last days. In bounded time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ipsbell_parsers::alert::Severity;
use jiff::{SignedDuration, Timestamp};

use crate::clock;
use crate::destinations::console::printable;
use crate::event::Event;
use crate::matcher::Matcher;
use crate::store::View;
use crate::triage::REMIND_EVERY;

/// The time that is looked back on.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Looking back ends after this time.
const LOOK_MAX: Duration = Duration::from_secs(5);

/// So many rules are counted one by one, and so many of them are shown.
const RULES_MAX: usize = 1_000;
const RULES_SHOWN: usize = 8;

/// Characters of a rule's name.
const NAME_CHARS_MAX: usize = 60;

/// Counts of what is stored.
#[derive(Debug, Default)]
pub(super) struct Effect {
    alerts: u64,
    hidden: [u64; 5],
    rules: BTreeMap<String, u64>,
    /// When the oldest alert that was looked at was read, if time was up before all were seen.
    cut_at: Option<Timestamp>,
}

impl Effect {
    /// What the matcher would have hidden in the time before `now`.
    pub(super) fn of(view: &View, matcher: &Matcher, now: Timestamp) -> anyhow::Result<Self> {
        let since = now.checked_sub(LOOKED_BACK)?;
        Self::until(view, matcher, since, clock::monotonic() + LOOK_MAX)
    }

    fn until(
        view: &View,
        matcher: &Matcher,
        since: Timestamp,
        deadline: Instant,
    ) -> anyhow::Result<Self> {
        let mut effect = Self::default();
        let mut reached = None;
        let whole = view.look_back(since, &mut |event| {
            effect.count(event, matcher);
            reached = Some(event.read_at);
            clock::monotonic() < deadline
        })?;
        effect.cut_at = reached.filter(|_| !whole);
        Ok(effect)
    }

    fn count(&mut self, event: &Event<'_>, matcher: &Matcher) {
        self.alerts += 1;
        if !matcher.matches(event) {
            return;
        }
        for (count, severity) in self.hidden.iter_mut().zip(Severity::ALL) {
            *count += u64::from(severity == event.severity);
        }
        let rule = rule(event);
        let known = self.rules.len();
        match self.rules.get_mut(&rule) {
            Some(events) => *events += 1,
            None if known < RULES_MAX => drop(self.rules.insert(rule, 1)),
            None => {}
        }
    }

    /// For people, in lines.
    pub(super) fn text(&self) -> String {
        let hidden: u64 = self.hidden.iter().sum();
        let span = match self.cut_at {
            None => "in the last 7 days".to_owned(),
            Some(at) => {
                format!("since {}, further back there was no time to look,", super::brief(at))
            }
        };
        let mut lines = vec![format!(
            "hidden       {span} it would have hidden {hidden} of {} alerts",
            self.alerts
        )];
        let by_severity =
            Severity::ALL.iter().zip(self.hidden).rev().filter(|(_, count)| *count > 0);
        let by_severity: Vec<String> =
            by_severity.map(|(severity, count)| format!("{count} {}", severity.word())).collect();
        if !by_severity.is_empty() {
            lines.push(format!("             {}", by_severity.join(", ")));
        }
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by_key(|(_, events)| std::cmp::Reverse(**events));
        let shown = rules.iter().take(RULES_SHOWN);
        lines.extend(shown.map(|(rule, events)| format!("  {events:>9}  {rule}")));
        if let Some(more) = rules.len().checked_sub(RULES_SHOWN).filter(|more| *more > 0) {
            let at_least = if rules.len() == RULES_MAX { "at least " } else { "" };
            lines.push(format!("             and {at_least}{more} more rules"));
        }
        lines.push(format!(
            "             what is critical is told all the same, once in {} hours",
            REMIND_EVERY.as_hours()
        ));
        lines.join("\n")
    }
}

/// A rule on a terminal: `1:2010935 NAME`.
fn rule(event: &Event<'_>) -> String {
    let rule = &event.alert.rule;
    let generator = rule.generator.map(|generator| format!("{generator}:")).unwrap_or_default();
    let id = rule.id.as_deref().map(|id| format!("{generator}{id} ")).unwrap_or_default();
    let text = format!("{id}{}", rule.name.as_deref().unwrap_or("(no name)"));
    printable(&text.chars().take(NAME_CHARS_MAX).collect::<String>())
}
