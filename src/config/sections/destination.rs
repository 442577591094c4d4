//! `[[destination]]`.

use std::collections::BTreeSet;
use std::time::Duration;

use ipsbell_parsers::alert::Severity;
use toml::de::DeValue;

use super::agent::absolute_path;
use super::matchers::{self, severity};
use super::{duration, url};
use crate::config::document::{Node, shown};
use crate::config::fault::Fault;
use crate::config::reader::{Reader, Table};
use crate::config::{Destination, GroupField, POSTS_PER_HOUR, PostsPerHour, Secrets, Settings};
use crate::destinations::{Kind, Tells};
use crate::secret::Secret;
use crate::wanted::Unfit;

const NAME_CHARS_MAX: usize = 64;

/// What only a destination that tells alerts can be asked.
const OF_ALERTS: [&str; 13] = [
    "min_severity",
    "match",
    "unless",
    "group_by",
    "triage",
    "repeat_every",
    "posts_per_hour",
    "pace",
    "mention",
    "notices",
    "mask",
    "defang",
    "payload",
];
const GROUP_BY: [GroupField; 2] = [GroupField::Rule, GroupField::Verdict];
const REPEAT_EVERY: Duration = Duration::from_secs(300);
const REPEAT_EVERY_BOUNDS: [Duration; 2] =
    [Duration::from_secs(1), Duration::from_secs(28 * 86_400)];
/// More is the pace of one a second.
const POSTS_PER_HOUR_MAX: u32 = 3_600;
const UNLIMITED: &str = "unlimited";
const EVERY_BOUNDS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(86_400)];
const PACE_BOUNDS: [Duration; 2] = [Duration::from_millis(1), Duration::from_secs(3_600)];

impl Destination {
    /// All defaults.
    pub(in crate::config) fn standard(name: String, kind: &'static Kind) -> Self {
        Self {
            name,
            kind,
            settings: Settings::default(),
            min_severity: Severity::Info,
            matches: Vec::new(),
            unless: Vec::new(),
            group_by: GROUP_BY.to_vec(),
            triage: true,
            repeat_every: REPEAT_EVERY,
            posts_per_hour: POSTS_PER_HOUR,
            pace: kind.pace,
            mentions: Vec::new(),
            notices: true,
            mask: true,
            defang: true,
            payload: true,
        }
    }

    /// The destination and the place of its name, which no other may have.
    pub(in crate::config) fn read<'d>(
        table: &Table<'d, '_>,
    ) -> (Option<Self>, Option<(String, Node<'d>)>) {
        let reader = table.reader;
        let name = table.required("name", |node| name(reader, node));
        let named = name.clone().zip(table.node("name"));
        let kind = table.required("type", |node| kind(reader, node));
        let settings = kind.map(|kind| settings(table, kind)).unwrap_or_default();
        let min_severity =
            table.one("min_severity", |node| reader.parsed(node, "a severity", severity));
        let matches = matchers::list(table, "match");
        let unless = matchers::list(table, "unless");
        let group_by = group_by(table);
        let triage = table.one("triage", |node| reader.truth(node));
        let repeat_every =
            table.one("repeat_every", |node| duration(reader, node, REPEAT_EVERY_BOUNDS));
        let pace = table.one("pace", |node| duration(reader, node, PACE_BOUNDS));
        let posts_per_hour = posts_per_hour(table);
        let mentions = mentions(table, kind);
        let [notices, mask, defang, payload] = ["notices", "mask", "defang", "payload"]
            .map(|key| table.one(key, |node| reader.truth(node)).unwrap_or(true));
        let destination = name.zip(kind).map(|(name, kind)| Self {
            settings,
            min_severity: min_severity.unwrap_or(Severity::Info),
            matches: matches.unwrap_or_default(),
            unless: unless.unwrap_or_default(),
            group_by: group_by.unwrap_or_else(|| GROUP_BY.to_vec()),
            triage: triage.unwrap_or(true),
            repeat_every: repeat_every.unwrap_or(REPEAT_EVERY),
            posts_per_hour,
            pace: pace.unwrap_or(kind.pace),
            mentions,
            notices,
            mask,
            defang,
            payload,
            ..Self::standard(name, kind)
        });
        (destination, named)
    }
}

fn name(reader: &Reader<'_>, node: Node<'_>) -> Result<String, Fault> {
    let text = reader.text(node)?;
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_' | '-');
    if !text.is_empty() && text.len() <= NAME_CHARS_MAX && text.chars().all(plain) {
        return Ok(text.into_owned());
    }
    let wanted = format!("1 to {NAME_CHARS_MAX} of the characters a-z, 0-9, `_` and `-`");
    Err(node.wanted(&wanted))
}

fn kind(reader: &Reader<'_>, node: Node<'_>) -> Result<&'static Kind, Fault> {
    reader.parsed(node, "a kind of destination", |text| {
        reader.kinds.iter().copied().find(|kind| kind.name == text).ok_or_else(|| {
            let names: Vec<&str> = reader.kinds.iter().map(|kind| kind.name).collect();
            Unfit::one_of("a kind of destination", text, &names)
        })
    })
}

impl GroupField {
    const ALL: [(&str, Self); 7] = [
        ("rule", Self::Rule),
        ("verdict", Self::Verdict),
        ("severity", Self::Severity),
        ("source", Self::Source),
        ("destination", Self::Destination),
        ("category", Self::Category),
        ("format", Self::Format),
    ];

    /// What users type.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, field)| *field == self).map_or("", |(word, _)| word)
    }

    fn read(text: &str) -> Result<Self, Unfit> {
        let known = Self::ALL.iter().find(|(word, _)| *word == text);
        known
            .map(|(_, field)| *field)
            .ok_or_else(|| Unfit::one_of("a field", text, &Self::ALL.map(|(word, _)| word)))
    }
}

fn group_by(table: &Table<'_, '_>) -> Option<Vec<GroupField>> {
    let mut seen = BTreeSet::new();
    table.list("group_by", |node| {
        let field = table.reader.parsed(node, "a field", GroupField::read)?;
        if seen.insert(field) { Ok(field) } else { Err(node.wanted("each field once")) }
    })
}

/// What the kind reads. A key that it does not read would do nothing, so it is a fault.
fn settings(table: &Table<'_, '_>, kind: &'static Kind) -> Settings {
    let reader = table.reader;
    let takes = |key: &str| kind.keys.contains(&key);
    let taken = |key: &str| table.node(key).filter(|_| takes(key));
    let of_kinds = url::KEYS.iter().copied().chain(["ca_file", "proxy", "every"]);
    let of_alerts = OF_ALERTS.iter().copied();
    for key in of_kinds.chain(of_alerts.filter(|_| kind.tells != Tells::Alerts)) {
        let of_kind = if url::KEYS.contains(&key) { "url" } else { key };
        if let Some(node) = table.node(key).filter(|_| !takes(of_kind)) {
            let what = format!("`{key}`: a destination of type `{}` takes none", kind.name);
            let hint = Some("remove it".to_owned());
            reader.blame(Fault { hint, ..node.key_fault(what) });
        }
    }
    let url = takes("url").then(|| url::read(table)).flatten();
    let url_node = url.as_ref().map(|(node, _)| *node);
    let settings = Settings {
        url: url.and_then(|(_, secret)| secret),
        ca_file: taken("ca_file").and_then(|node| reader.keep(absolute_path(reader, node))),
        proxy: taken("proxy").and_then(|node| reader.keep(proxy(reader, node))),
        every: taken("every").and_then(|node| reader.keep(duration(reader, node, EVERY_BOUNDS))),
    };
    // The kind's own faults are told with the others; half-read settings would give faults that are
    // none.
    let whole = (settings.url.is_some() || !takes("url"))
        && settings.ca_file.is_some() == taken("ca_file").is_some()
        && settings.proxy.is_some() == taken("proxy").is_some();
    if whole
        && reader.secrets == Secrets::Read
        && let Err(error) = (kind.open)(&settings)
    {
        let node = if error.key == "url" { url_node } else { table.node(error.key) };
        match node {
            Some(node) => {
                let what = format!("`{}`: {}", node.key, error.wanted);
                reader.blame(Fault { hint: error.hint, ..node.fault(what) });
            }
            None => table.blame(format!("`{}`: {}", error.key, error.wanted), error.hint),
        }
    }
    settings
}

/// `http://[USER:PASSWORD@]HOST:PORT`, or with `socks5`.
fn proxy(reader: &Reader<'_>, node: Node<'_>) -> Result<Secret, Fault> {
    let text = Secret::new(reader.text(node)?);
    let behind = ["http://", "socks5://"].iter().find_map(|s| text.reveal().strip_prefix(s));
    let (user, address) = match behind.and_then(|behind| behind.rsplit_once('@')) {
        Some((user, address)) => (Some(user), Some(address)),
        None => (None, behind),
    };
    let fits = address.and_then(|address| address.rsplit_once(':')).is_some_and(|(host, port)| {
        let strange = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | '?' | '#');
        !host.is_empty()
            && !host.contains(strange)
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !fits {
        let unfit = Unfit::new("the address of a proxy");
        return Err(node.unfit(unfit.hint("such as `http://proxy.example.com:3128`")));
    }
    if user.is_some_and(|user| user.contains(':')) && !node.file.private && !node.uses_environment()
    {
        return Err(url::exposed(node, "a password"));
    }
    Ok(text)
}

/// Posts an hour for the severities that are named; the others keep what they have without it.
fn posts_per_hour(table: &Table<'_, '_>) -> PostsPerHour {
    let mut all = POSTS_PER_HOUR;
    let wanted = format!("a table such as `{{ high = 30, critical = \"{UNLIMITED}\" }}`");
    for (severity, value) in by_severity(table, "posts_per_hour", &wanted) {
        let posts = table.reader.keep(posts(value));
        if let (Some(posts), Some(place)) = (posts, all.get_mut(severity as usize)) {
            *place = posts;
        }
    }
    all
}

fn posts(node: Node<'_>) -> Result<Option<u32>, Fault> {
    let number = match node.value {
        DeValue::String(text) if text == UNLIMITED => return Ok(None),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
        _ => None,
    };
    let number = number.filter(|posts| (1..=POSTS_PER_HOUR_MAX).contains(posts));
    let wanted = format!("posts an hour, 1 to {POSTS_PER_HOUR_MAX}, or `{UNLIMITED}`");
    number.map(Some).ok_or_else(|| node.wanted(&wanted))
}

fn mentions(table: &Table<'_, '_>, kind: Option<&'static Kind>) -> Vec<(Severity, String)> {
    let reader = table.reader;
    let mut mentions = Vec::new();
    for (severity, value) in
        by_severity(table, "mention", "a table such as `{ critical = \"<!here>\" }`")
    {
        let text = reader.text(value).and_then(|text| mention(value, text.into_owned(), kind));
        mentions.extend(reader.keep(text).map(|text| (severity, text)));
    }
    mentions.sort();
    mentions
}

/// The entries of a table whose keys are severities.
fn by_severity<'d>(table: &Table<'d, '_>, key: &str, wanted: &str) -> Vec<(Severity, Node<'d>)> {
    let Some(node) = table.node(key) else { return Vec::new() };
    let reader = table.reader;
    let DeValue::Table(entries) = node.value else {
        reader.blame(node.wanted(wanted));
        return Vec::new();
    };
    let mut all = Vec::new();
    for entry in Node::entries(node.file, entries) {
        let severity = severity(entry.key).map_err(|unfit| {
            let found = shown(entry.key);
            let what = format!("`{key}`: wanted {}, found {found}", unfit.wanted);
            Fault { hint: unfit.hint, ..entry.key_fault(what) }
        });
        let value = Node { key: node.key, ..entry };
        all.extend(reader.keep(severity).map(|severity| (severity, value)));
    }
    all
}

fn mention(node: Node<'_>, text: String, kind: Option<&'static Kind>) -> Result<String, Fault> {
    match kind {
        Some(kind) if !(kind.mention_allowed)(&text) => {
            let unfit = Unfit::new(format!("a mention that type `{}` can send", kind.name));
            Err(node.unfit(unfit.hint("`ipsbell destinations` shows an example of each type")))
        }
        _ => Ok(text),
    }
}
