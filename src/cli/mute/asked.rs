//! From what was typed to a matcher. The values of a card come from its stored events, never from text that somebody copies
//! out of a post, and each stands for itself alone: a `*` that an attacker wrote must not hide more.

use std::collections::BTreeSet;

use ipsbell_parsers::alert::Rule;

use crate::cli::{Unusable, say};
use crate::destinations::console::printable;
use crate::event::Event;
use crate::matcher::{Key, Matcher};
use crate::store::{Query, View};
use crate::wanted::Unfit;

/// The fields of a card that can be muted by: those of which an event has one value.
pub(super) const FIELDS: [Key; 10] = [
    Key::Rule,
    Key::Category,
    Key::Severity,
    Key::Verdict,
    Key::Source,
    Key::Destination,
    Key::Protocol,
    Key::Direction,
    Key::Host,
    Key::Format,
];

/// So many events of a card are looked at, the newest.
const EVENTS_MAX: usize = 10_000;

/// So many values of a field are muted one by one; more are a network or a pattern that somebody has to choose.
pub(super) const VALUES_MAX: usize = 50;

/// The fields of `--by`.
pub(super) fn keys(names: &[String]) -> anyhow::Result<Vec<Key>> {
    let known = FIELDS.map(Key::word);
    let key = |name: &String| {
        let key = Key::named(name.trim()).filter(|key| FIELDS.contains(key));
        key.ok_or_else(|| {
            let unfit = Unfit::one_of("a field of a card", name, &known);
            wrong(&format!("`--by {name}`: {unfit}; {}", unfit.hint.as_deref().unwrap_or_default()))
        })
    };
    names.iter().map(key).collect()
}

/// The matcher of the keys that were typed.
pub(super) fn matcher(matches: &clap::ArgMatches) -> anyhow::Result<Matcher> {
    let mut matcher = Matcher::default();
    for key in Key::ALL {
        for value in matches.get_many::<String>(key.word()).into_iter().flatten() {
            matcher.add(key, value).map_err(|unfit| {
                let hint = unfit.hint.as_deref().map_or(String::new(), |hint| format!("; {hint}"));
                wrong(&format!("`--{} {value}`: {unfit}{hint}", key.word()))
            })?;
        }
    }
    Ok(matcher)
}

/// Adds the values that the events of a card have in these fields.
pub(super) fn add_card(
    view: &View,
    ranges: &[(String, u64, u64)],
    by: &[Key],
    matcher: &mut Matcher,
) -> anyhow::Result<()> {
    // The cards of what is past, and of what is beyond a limit, hold alerts that have nothing in common.
    if ranges.iter().any(|(key, ..)| !key.contains('=')) {
        return Err(wrong(
            "this card stands for alerts that have nothing in common; mute by another, or with `--rule` and `--source`",
        ));
    }
    let mut found: Vec<(Key, BTreeSet<String>)> =
        by.iter().map(|key| (*key, BTreeSet::new())).collect();
    let mut ambiguous = None;
    let query = Query { since: None, limit: EVENTS_MAX };
    let mut take = |event: &Event<'_>| {
        for (key, values) in &mut found {
            match value(*key, event) {
                Ok(value) if values.len() <= VALUES_MAX => values.extend(value),
                Ok(_) => {}
                Err(text) => ambiguous = Some((*key, text)),
            }
        }
    };
    let seen = view.search(&query, Some(ranges), &|_| true, &mut take, &mut || {})?;
    if seen == EVENTS_MAX {
        say(&format!("the values are those of the card's newest {EVENTS_MAX} alerts"));
    }
    if let Some((key, text)) = ambiguous {
        let text = printable(&text);
        let key = key.word();
        return Err(wrong(&format!(
            "the card's {key} is {text:?}, which would mute more than itself; mute by another field, or type `--{key}`"
        )));
    }
    for (key, values) in found {
        let word = key.word();
        match values.len() {
            0 => return Err(wrong(&format!("no alert of this card that is stored has a {word}"))),
            1..=VALUES_MAX => {}
            _ => {
                return Err(wrong(&format!(
                    "the alerts of this card have more than {VALUES_MAX} values of {word}; leave it out, or name what \
                     holds them all with `--{word}`"
                )));
            }
        }
        for value in values {
            matcher
                .add(key, &value)
                .map_err(|unfit| wrong(&format!("the card's {word}: {unfit}")))?;
        }
    }
    Ok(())
}

/// The value of an event, if it has one, as a matcher takes it for this value alone; the text itself where a matcher would
/// take it for more.
fn value(key: Key, event: &Event<'_>) -> Result<Option<String>, String> {
    let alert = &event.alert;
    let text = match key {
        Key::Rule => return rule(&alert.rule),
        Key::Severity => return Ok(Some(event.severity.word().to_owned())),
        Key::Verdict => return Ok(Some(alert.verdict.word().to_owned())),
        Key::Direction => return Ok(event.direction.map(|direction| direction.word().to_owned())),
        Key::Source => return Ok(alert.source.ip.map(|ip| ip.to_string())),
        Key::Destination => return Ok(alert.destination.ip.map(|ip| ip.to_string())),
        Key::Category => alert.rule.category.as_deref(),
        Key::Protocol => alert.protocol.as_deref().or(alert.transport.as_deref()),
        Key::Host => Some(alert.host.as_deref().unwrap_or(&event.agent_host)),
        Key::Format => Some(event.format.as_ref()),
        Key::Port | Key::Tag => None,
    };
    literal(text)
}

/// `1:2010935`, `2010935`; the name where the id is no number.
fn rule(rule: &Rule<'_>) -> Result<Option<String>, String> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match (rule.id.as_deref(), rule.generator) {
        (Some(id), Some(generator)) if is_number(id) => Ok(Some(format!("{generator}:{id}"))),
        (Some(id), None) if is_number(id) => Ok(Some(id.to_owned())),
        (id, _) => {
            let text =
                [id, rule.name.as_deref()].into_iter().flatten().find(|text| !text.is_empty());
            // Digits and what stands between them are ids and ranges of ids to a matcher.
            let numeric =
                |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b":-".contains(&b));
            match text {
                Some(text) if numeric(text) => Err(text.to_owned()),
                text => literal(text),
            }
        }
    }
}

fn literal(text: Option<&str>) -> Result<Option<String>, String> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) if text.contains('*') => Err(text.to_owned()),
        text => Ok(text.map(str::to_owned)),
    }
}

fn wrong(what: &str) -> anyhow::Error {
    Unusable(format!("ipsbell: {what}")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_stands_for_itself_alone() {
        for (id, generator, name, value) in [
            (Some("7"), Some(1), Some("name"), Ok(Some("1:7"))),
            (Some("7"), None, None, Ok(Some("7"))),
            (None, None, Some("a name"), Ok(Some("a name"))),
            (Some("rule.a"), Some(1), Some("a name"), Ok(Some("rule.a"))),
            (Some("1-9"), None, Some("a name"), Err("1-9")),
            (None, None, Some("119:7"), Err("119:7")),
            (None, None, Some("all*"), Err("all*")),
            (Some(""), None, Some(""), Ok(None)),
        ] {
            let rule_of = Rule {
                id: id.map(Into::into),
                generator,
                name: name.map(Into::into),
                ..Rule::default()
            };
            let found = rule(&rule_of);
            assert_eq!(found.as_ref().map(Option::as_deref).map_err(String::as_str), value);
            if let Ok(Some(value)) = found {
                let matcher = Matcher::from_pairs([("rule", value.as_str())]).unwrap();
                assert_eq!(matcher.pairs().next().unwrap().1, value);
            }
        }
    }

    #[test]
    fn fields_are_those_of_which_an_event_has_one_value() {
        let names = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(keys(&names("rule, source")).unwrap(), [Key::Rule, Key::Source]);
        for (given, said) in [("rul", "did you mean `rule`"), ("tag", "known: "), ("", "known: ")] {
            let error = keys(&names(given)).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
