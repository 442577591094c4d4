//! What is muted, by the configuration or by a command, what each mute hid, and what is told all the same: of what is
//! critical one alert a day for each mute and group. Pure.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::config;
use crate::event::Event;
use crate::matcher::Matcher;

/// A muted critical alert is told once in this time.
pub const REMIND_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// So many pairs of a mute and a group are remembered; the groups beyond them share one reminder for each mute.
pub const REMINDED_MAX: usize = 10_000;

/// The group that stands for those beyond [`REMINDED_MAX`].
const FURTHER_GROUPS: &str = "*";

/// When a muted critical alert was told last, by the mute's id and the group's key.
pub type Reminded = BTreeMap<(String, String), Timestamp>;

/// What hides alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct Mute {
    /// 8 letters and digits: `C` and a hash of the matcher in the configuration, `M` and chance by command.
    pub id: String,
    /// What it hides.
    pub matcher: Matcher,
    /// Until when; `None` is for good.
    pub until: Option<Timestamp>,
}

impl Mute {
    /// A `[[mute]]`. Its id stays the same as long as its matcher does, so that what it hid is counted over restarts.
    pub fn configured(mute: &config::Mute) -> Self {
        let hash = xxhash_rust::xxh3::xxh3_64(mute.matcher.to_string().as_bytes());
        let id = format!("C{:07X}", hash & 0x0FFF_FFFF);
        Self { id, matcher: mute.matcher.clone(), until: mute.until }
    }

    /// A mute of the store. `None` if no matcher has these keys and values, or without any: it would hide everything.
    pub fn of_pairs(
        id: String,
        pairs: &[(String, String)],
        until: Option<Timestamp>,
    ) -> Option<Self> {
        let pairs = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let matcher = Matcher::from_pairs(pairs).ok().filter(|matcher| !matcher.is_empty())?;
        Some(Self { id, matcher, until })
    }

    /// What [`Mute::of_pairs`] takes.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.matcher.pairs().map(|(key, value)| (key.word().to_owned(), value)).collect()
    }

    /// Has it not ended by itself?
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }

    /// Does it hide this event?
    pub fn hides(&self, event: &Event<'_>, now: Timestamp) -> bool {
        self.holds_at(now) && self.matcher.matches(event)
    }
}

/// What one destination knows of its mutes, and what of it the store has not heard yet.
#[derive(Debug, Default)]
pub(super) struct Muting {
    /// Hidden events by mute.
    pub(super) hidden: BTreeMap<String, u64>,
    /// Reminders that are new.
    pub(super) told: Reminded,
    reminded: Reminded,
}

impl Muting {
    /// Knows these reminders, and nothing that the store has not heard.
    pub(super) fn remembering(reminded: Reminded) -> Self {
        Self { reminded, ..Self::default() }
    }

    /// Counts an event that this mute hides.
    pub(super) fn hide(&mut self, mute: &str) {
        match self.hidden.get_mut(mute) {
            Some(events) => *events += 1,
            None => drop(self.hidden.insert(mute.to_owned(), 1)),
        }
    }

    /// Is a critical alert of this group to be told although this mute hides it? Takes note of it if so.
    pub(super) fn reminds(&mut self, mute: &str, group: String, now: Timestamp) -> bool {
        let mut place = (mute.to_owned(), group);
        if !self.reminded.contains_key(&place) && self.reminded.len() >= REMINDED_MAX {
            self.reminded.retain(|_, told_at| !is_due(*told_at, now));
            if self.reminded.len() >= REMINDED_MAX {
                FURTHER_GROUPS.clone_into(&mut place.1);
            }
        }
        if self.reminded.get(&place).is_some_and(|told_at| !is_due(*told_at, now)) {
            return false;
        }
        self.told.insert(place.clone(), now);
        self.reminded.insert(place, now);
        true
    }

    /// The store has heard of it.
    pub(super) fn committed(&mut self) {
        self.hidden.clear();
        self.told.clear();
    }
}

/// A clock that was set back must not silence what is critical.
fn is_due(told_at: Timestamp, now: Timestamp) -> bool {
    told_at > now || now.duration_since(told_at) >= REMIND_EVERY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(secs: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(secs)
    }

    #[track_caller]
    fn check(muting: &mut Muting, mute: &str, group: &str, secs: i64, told: bool) {
        let found = muting.reminds(mute, group.to_owned(), at(secs));
        assert_eq!(found, told, "{mute} {group} at {secs}");
    }

    #[test]
    fn what_is_critical_is_told_once_a_day_for_each_mute_and_group() {
        let day = 86_400;
        let mut muting = Muting::default();
        for (mute, group, secs, told) in [
            ("m", "a", day, true),
            ("m", "a", day + 1, false),
            ("m", "b", day + 1, true),
            ("n", "a", day + 2, true),
            ("m", "a", 2 * day - 1, false),
            ("m", "a", 2 * day, true),
            ("m", "a", 2 * day + 1, false),
            // The clock is set back.
            ("m", "a", 5, true),
            ("m", "a", 6, false),
        ] {
            check(&mut muting, mute, group, secs, told);
        }
        assert_eq!(muting.told.len(), 3);
        let mut again = Muting::remembering(muting.reminded);
        check(&mut again, "m", "a", 7, false);
    }

    #[test]
    fn groups_beyond_the_most_share_a_reminder_until_there_is_room() {
        let mut muting = Muting::default();
        for group in 0..REMINDED_MAX {
            check(&mut muting, "m", &group.to_string(), 0, true);
        }
        check(&mut muting, "m", "one more", 1, true);
        check(&mut muting, "m", "and another", 2, false);
        check(&mut muting, "m", "7", 3, false);
        check(&mut muting, "m", "and another", 86_400, true);
        assert_eq!(muting.reminded.len(), 2, "those of the day before are forgotten");
    }

    #[test]
    fn a_mute_comes_back_as_it_was_written() {
        let pairs = [("rule", "1:7"), ("source", "192.0.2.0/24"), ("host", "a\"*")];
        let pairs = pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let mute = Mute::of_pairs("M1".into(), &pairs, Some(at(9))).unwrap();
        assert_eq!(Mute::of_pairs("M1".into(), &mute.pairs(), mute.until).unwrap(), mute);
        assert!(mute.holds_at(at(8)) && !mute.holds_at(at(9)));
        assert!(Mute::of_pairs("M1".into(), &[], None).is_none(), "it would hide everything");
    }

    #[test]
    fn the_id_of_a_configured_mute_is_that_of_its_matcher() {
        let mute = |rule, reason: &str| config::Mute {
            matcher: Matcher::from_pairs([("rule", rule)]).unwrap(),
            until: None,
            reason: reason.to_owned(),
            place: String::new(),
        };
        let id = |mute| Mute::configured(&mute).id;
        assert_eq!(id(mute("7", "a")), id(mute("7", "b")));
        assert_ne!(id(mute("7", "a")), id(mute("8", "a")));
        assert_eq!(id(mute("7", "a")).len(), 8);
    }
}
