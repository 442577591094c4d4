//! The card of a group: how many, since when, from whom to whom, what was done.

use jiff::Timestamp;

use super::alert_card::{self, rule_id};
use super::phrase::{self, counted, distinct, number};
use super::traffic::{self, HOST_CHARS_MAX, RULE_CHARS_MAX, rules};
use super::{Card, Disclosure, Line, Tone, severity};
use crate::context::RuleText;
use crate::triage::{Distinct, Entry, Group, Named, Reason, Scope};

/// What is shown of a request in the card of a batch, in escaped characters.
const REQUEST_CHARS_MAX: usize = 60;

/// What is shown of a rule's name where a group has one line, in escaped characters.
const LINE_RULE_CHARS_MAX: usize = 100;

/// How much of a group is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// It has the post for itself: all that is known.
    Full,
    /// With a few others: the title and at most two lines.
    Compact,
    /// With many others: the title and a line.
    Tight,
    /// With very many others: the title alone, numbers and sides in it.
    Line,
}

/// The rules that are named beside the worst where a group with many has a post for itself.
const FURTHER_RULES_MAX: usize = 3;

/// The card of a group.
pub(super) fn card(
    entry: &Entry<'_>,
    how_much: Detail,
    now: Timestamp,
    disclosure: Disclosure<'_>,
) -> Card {
    let group = entry.group;
    Card {
        id: search_id(&group.id).map(str::to_owned),
        severity: group.severity,
        tone: Tone::Alert(group.severity),
        title: match how_much {
            Detail::Line => {
                let spread = spread(group, disclosure.without_context());
                Line::joined([title(entry, how_much, disclosure), count(entry), spread], ", ")
            }
            _ => title(entry, how_much, disclosure),
        },
        facts: facts(entry, how_much, now, disclosure),
        evidence: match &entry.sample {
            Some(event) if how_much == Detail::Full => alert_card::evidence(event, disclosure),
            _ => Vec::new(),
        },
    }
}

/// A group's id if it is one: ours are Crockford characters, and only they may stand in a command.
pub(super) fn search_id(id: &str) -> Option<&str> {
    let is_id = !id.is_empty() && id.len() <= 16 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    is_id.then_some(id)
}

/// `blocked  high  RULE (1:2034125)`.
fn title(entry: &Entry<'_>, how_much: Detail, disclosure: Disclosure<'_>) -> Line {
    let group = entry.group;
    let chars_max = match how_much {
        Detail::Full => RULE_CHARS_MAX,
        Detail::Compact | Detail::Tight => HOST_CHARS_MAX,
        Detail::Line => LINE_RULE_CHARS_MAX,
    };
    let line = Line::new()
        .strong(verdict(group))
        .words(format!(", {}: ", severity(group.severity).word()))
        .line(rule_name(entry, chars_max, disclosure));
    let id = rule_id(group.rule_generator, group.rule_id.as_deref(), disclosure);
    let rule = (group.rule_generator, group.rule_id.as_deref());
    let line = match id.is_empty() || !has_name(group.rule_name.as_deref(), rule, disclosure) {
        true => line,
        false => line.words(" (").line(id).words(")"),
    };
    match group.muted_by.as_deref().and_then(search_id) {
        Some(mute) => line.words(format!(", told once a day although muted by {mute}")),
        None => line,
    }
}

/// What was done to most of the events, and that some were not stopped where most were.
pub(super) fn verdict(group: &Group) -> String {
    let most = group.verdict();
    let open = phrase::not_stopped(&group.verdicts);
    if most.stopped() && open > 0 {
        format!("{} ({} NOT)", phrase::verdict(most), number(open))
    } else {
        phrase::verdict(most).to_owned()
    }
}

/// The rule's name, its id where it has none; of a group with many rules how many and the worst.
pub(super) fn rule_name(entry: &Entry<'_>, chars_max: usize, disclosure: Disclosure<'_>) -> Line {
    let group = entry.group;
    let of = match group.scope {
        Scope::Values => {
            let id = (group.rule_generator, group.rule_id.as_deref());
            return named(whole_name(entry), id, chars_max, disclosure);
        }
        Scope::Source(_) => "",
        Scope::History => " of the past",
        Scope::Overflow => " beyond the limit of open groups",
    };
    let (rules, more) = group.rules.len();
    let at_least = if more { "at least " } else { "" };
    let how_many = counted(u64::try_from(rules).unwrap_or(u64::MAX), "rule");
    let line = Line::new().words(format!("{at_least}{how_many}{of}"));
    match group.rules.worst() {
        [] => line,
        [worst, ..] => line.words(", worst ").line(rule(worst, chars_max, disclosure)),
    }
}

/// The rule's name. A group remembers the beginning of a long one; where the newest event's begins so, it is taken, since
/// what is redacted is looked for in the whole.
fn whole_name<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    let known = entry.group.rule_name.as_deref()?;
    let whole = entry.sample.as_ref().and_then(|event| event.alert.rule.name.as_deref());
    let begins_so =
        |whole: &&str| known.rsplit_once("…(+").is_some_and(|(begin, _)| whole.starts_with(begin));
    whole.filter(begins_so).or(Some(known))
}

fn rule(rule: &Named, chars_max: usize, disclosure: Disclosure<'_>) -> Line {
    let id = (rule.generator, rule.id.as_deref());
    let line = named(rule.name.as_deref(), id, chars_max, disclosure);
    let id = rule_id(id.0, id.1, disclosure);
    let named = has_name(rule.name.as_deref(), (rule.generator, rule.id.as_deref()), disclosure);
    if id.is_empty() || !named { line } else { line.words(" (").line(id).words(")") }
}

/// What the rules' own files say of a rule.
pub(super) fn known_rule<'w>(
    (generator, id): (Option<u32>, Option<&str>),
    disclosure: Disclosure<'w>,
) -> Option<&'w RuleText> {
    disclosure.context?.rule(generator, id?)
}

/// Has the rule a name, from the log or from its own file?
fn has_name(
    name: Option<&str>,
    rule: (Option<u32>, Option<&str>),
    disclosure: Disclosure<'_>,
) -> bool {
    name.is_some_and(|name| !name.is_empty())
        || known_rule(rule, disclosure).is_some_and(|rule| rule.name.is_some())
}

fn named(
    name: Option<&str>,
    (generator, id): (Option<u32>, Option<&str>),
    chars_max: usize,
    disclosure: Disclosure<'_>,
) -> Line {
    let known = || known_rule((generator, id), disclosure)?.name.as_deref();
    match name.filter(|name| !name.is_empty()).or_else(known) {
        Some(name) => Line::new().quote(name, &rules(chars_max, disclosure)),
        None => {
            let id = rule_id(generator, id, disclosure);
            if id.is_empty() {
                Line::new().words("a rule without a name")
            } else {
                Line::new().words("rule ").line(id)
            }
        }
    }
}

fn facts(
    entry: &Entry<'_>,
    how_much: Detail,
    now: Timestamp,
    disclosure: Disclosure<'_>,
) -> Vec<(String, Line)> {
    let group = entry.group;
    let is_single = group.total == 1 && entry.reason == Reason::New;
    match (&entry.sample, how_much, is_single) {
        (Some(event), Detail::Full, true) => alert_card::facts(event, now, disclosure),
        (Some(_), Detail::Line, true) => Vec::new(),
        (Some(event), _, true) => {
            let beside = match how_much {
                Detail::Compact => disclosure,
                _ => disclosure.without_context(),
            };
            let traffic = alert_card::traffic_line(event, beside);
            let runbook = alert_card::runbook(event, beside);
            let line = Line::joined(
                [traffic, Line::new().time(event.at), alert_card::lateness(event, now), runbook],
                ", ",
            );
            let request = match alert_card::request(&event.alert, disclosure) {
                Some(request) if how_much == Detail::Compact => {
                    Line::new().quote(&request, &rules(REQUEST_CHARS_MAX, disclosure))
                }
                _ => Line::new(),
            };
            [line, request].into_iter().filter(|l| !l.is_empty()).map(unlabelled).collect()
        }
        (_, Detail::Line, _) => Vec::new(),
        (_, Detail::Tight, _) => {
            let spread = spread(group, disclosure.without_context());
            vec![unlabelled(Line::joined([count(entry), spread], ", "))]
        }
        (_, Detail::Compact, _) => {
            let runbook = runbook(entry, disclosure);
            let when =
                Line::joined([times(entry), lateness(entry, now), verdicts(group), runbook], ", ");
            vec![
                unlabelled(Line::joined([count(entry), spread(group, disclosure)], ", ")),
                unlabelled(when),
            ]
        }
        (sample, Detail::Full, _) => {
            let numbers = Line::joined(
                [count(entry), times(entry), lateness(entry, now), verdicts(group)],
                ", ",
            );
            let mut facts = vec![("Alerts".to_owned(), numbers)];
            if !spread(group, disclosure).is_empty() {
                facts.push(("Spread".to_owned(), spread(group, disclosure)));
            }
            let further = group.rules.worst().iter().skip(1).take(FURTHER_RULES_MAX);
            facts.extend(further.map(|further| {
                let word = severity(further.severity).word();
                let line = rule(further, HOST_CHARS_MAX, disclosure);
                ("And".to_owned(), Line::new().words(format!("{word}: ")).line(line))
            }));
            if let Some(event) = sample.as_ref().filter(|_| group.scope == Scope::Values) {
                let traffic = alert_card::traffic_line(event, disclosure);
                let pages = [alert_card::read_more(event), runbook(entry, disclosure)];
                let newest = Line::joined([traffic].into_iter().chain(pages), ", ");
                facts.push(("Newest".to_owned(), newest));
            }
            facts.retain(|(_, line)| !line.is_empty());
            facts
        }
    }
}

/// The runbook of the newest event, where all events are of one kind.
fn runbook(entry: &Entry<'_>, disclosure: Disclosure<'_>) -> Line {
    let sample = entry.sample.as_ref().filter(|_| entry.group.scope == Scope::Values);
    sample.map_or_else(Line::new, |event| alert_card::runbook(event, disclosure))
}

fn unlabelled(line: Line) -> (String, Line) {
    (String::new(), line)
}

/// How many now and in all, by the reason for which the group is told.
pub(super) fn count(entry: &Entry<'_>) -> Line {
    let group = entry.group;
    let since = |line: Line| line.words(" since ").time(group.first_at);
    match entry.reason {
        Reason::New if entry.events == group.total => {
            Line::new().words(counted(group.total, "alert"))
        }
        Reason::New => Line::new().words(format!(
            "{} now, {} in all",
            counted(entry.events, "alert"),
            number(group.total)
        )),
        Reason::Again => since(Line::new().words(format!(
            "again: {} since the last post, {} in all",
            number(entry.events),
            number(group.total)
        ))),
        Reason::Closed => {
            let last = match entry.events {
                0 => String::new(),
                events => format!("{} since the last post, ", number(events)),
            };
            let line = Line::new().strong("quiet now").words(format!(": {last}"));
            since(line.words(format!("{} in all", counted(group.total, "alert"))))
        }
    }
}

/// `37 sources → 1 destination`; an address where there is only one.
pub(super) fn spread(group: &Group, disclosure: Disclosure<'_>) -> Line {
    let side = |values: &Distinct, noun| match (values.count(), values.first()) {
        ((1, false), Some(ip)) => {
            let address = traffic::address(ip, None, disclosure);
            Some(address.words(traffic::known(ip, disclosure)))
        }
        _ => distinct(values, noun).map(|count| Line::new().words(count)),
    };
    match (side(&group.sources, "source"), side(&group.destinations, "destination")) {
        (None, None) => Line::new(),
        (Some(source), None) => source,
        (None, Some(destination)) => Line::new().words("→ ").line(destination),
        (Some(source), Some(destination)) => source.words(" → ").line(destination),
    }
}

/// `TIME to TIME`; only the last where the count tells the first already.
fn times(entry: &Entry<'_>) -> Line {
    let group = entry.group;
    match entry.reason {
        Reason::Again | Reason::Closed => Line::new().words("last ").time(group.last_at),
        Reason::New if group.first_at == group.last_at => Line::new().time(group.first_at),
        Reason::New => Line::new().time(group.first_at).words(" to ").time(group.last_at),
    }
}

/// How long after the last of them new events are told, where that is long. What goes on or is over waited on purpose.
fn lateness(entry: &Entry<'_>, now: Timestamp) -> Line {
    match entry.reason {
        Reason::New => {
            Line::new().words(phrase::lateness(entry.group.last_at, now, "the last happened"))
        }
        Reason::Again | Reason::Closed => Line::new(),
    }
}

/// The counts by verdict, where there are several verdicts.
fn verdicts(group: &Group) -> Line {
    let kinds = group.verdicts.iter().filter(|count| **count > 0).count();
    if kinds < 2 { Line::new() } else { Line::new().words(phrase::verdicts(&group.verdicts)) }
}
