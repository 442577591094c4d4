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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::{Place, at, store};

    /// What a mute of this rule would have hidden of 3 alerts of one rule and 2 of another, with so much time to look.
    fn text(rule: &str, time: Duration) -> String {
        let place = Place::new();
        let mut writer = place.store.writer().unwrap();
        store(&mut writer, 7, 3, 0);
        store(&mut writer, 8, 2, 0);
        let matcher = Matcher::from_pairs([("rule", rule)]).unwrap();
        let deadline = clock::monotonic() + time;
        Effect::until(&place.view(), &matcher, at(-9), deadline).unwrap().text()
    }

    #[test]
    fn what_would_have_been_hidden_is_counted_by_severity_and_rule() {
        let text = text("1:*", LOOK_MAX);
        assert!(text.contains("in the last 7 days it would have hidden 5 of 5 alerts"), "{text}");
        assert!(
            text.contains("5 medium\n          3  1:7 Probe 7\n          2  1:8 Probe 8\n"),
            "{text}"
        );
    }

    #[test]
    fn when_time_is_up_it_is_said_how_far_was_looked() {
        let text = text("1:8", Duration::ZERO);
        assert!(
            text.contains("there was no time to look, it would have hidden 1 of 1 alerts"),
            "{text}"
        );
    }

    #[test]
    fn of_many_rules_the_most_frequent_are_shown_and_how_many_more_there_are() {
        let mut effect = Effect::default();
        let matcher = Matcher::default();
        for number in 0..=u32::try_from(RULES_MAX).unwrap() {
            let record = crate::store::tests::record(number, 2, 0);
            effect.count(&crate::store::tests::event(record.as_bytes(), 0, at(0)), &matcher);
        }
        let text = effect.text();
        let more = RULES_MAX - RULES_SHOWN;
        assert!(text.contains(&format!("and at least {more} more rules")), "{text}");
        assert_eq!(effect.alerts, RULES_MAX as u64 + 1);
    }
}
