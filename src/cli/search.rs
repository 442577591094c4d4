//! `ipsbell search`: the events behind a card, or those of a rule, a source, a time; also while the agent runs.

use std::cell::RefCell;
use std::io::Write as _;

use clap::{Args as _, FromArgMatches as _};
use jiff::{SignedDuration, Timestamp};

use super::settings::Settings;
use super::status::brief;
use super::{Command, Exit, Unusable, output, say};
use crate::clock;
use crate::config::values;
use crate::event::Event;
use crate::matcher::Matcher;
use crate::message::Disclosure;
use crate::message::sanitize::{Rules, sanitize};
use crate::store::{Found, Query, View};

/// `ipsbell search`.
pub(super) const COMMAND: Command = Command {
    name: "search",
    about: "Find stored events: by a card's id, a rule, a source, a time",
    define: Arguments::augment_args,
    run,
};

/// Characters of a rule's name in the table.
const NAME_CHARS_MAX: usize = 60;

/// Characters of a rule's id in the table.
const ID_CHARS_MAX: usize = 24;

#[derive(Debug, clap::Args)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
    /// Id of a card or post, or its beginning (at least 4 characters)
    id: Option<String>,
    /// Rule: an id, a range of ids, or a name with `*`
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// Source: an address or a network
    #[arg(long, value_name = "ADDRESS")]
    source: Vec<String>,
    /// Only what happened since then: `2h`, `3 days`, `2026-11-01`, `2026-11-01T10:00:00Z`
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// At most so many, the newest
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    /// Print one ECS JSON event a line
    #[arg(long)]
    json: bool,
    /// With --json: the raw record as well
    #[arg(long, requires = "json")]
    raw: bool,
}

fn run(matches: &clap::ArgMatches) -> anyhow::Result<Exit> {
    let arguments = Arguments::from_arg_matches(matches)?;
    let matcher = matcher(&arguments)?;
    let since = arguments.since.as_deref().map(|text| since(text, clock::now())).transpose()?;
    let config = arguments.settings.load_to_read()?;
    let view = View::open(&config.agent.state_dir, &config.agent.host)?;
    let ranges = match &arguments.id {
        None => None,
        Some(id) => match card(&view, id)? {
            None => return Ok(Exit::Failed),
            ranges => ranges,
        },
    };
    let query = Query { since, limit: arguments.limit };
    let mut out = output();
    let mut written = Ok(());
    let found_lines = RefCell::new(Vec::new());
    let found = view.search(
        &query,
        ranges.as_deref(),
        &|event| matcher.matches(event),
        &mut |event| {
            let shown = if arguments.json { event.ecs(arguments.raw) } else { line(event) };
            found_lines.borrow_mut().push(shown);
        },
        &mut || {
            for shown in found_lines.borrow_mut().drain(..) {
                if written.is_ok() {
                    written = writeln!(out, "{shown}");
                }
            }
        },
    )?;
    written?;
    out.flush()?;
    if found == arguments.limit && !arguments.json {
        say(&format!("the newest {found} events; more with --limit"));
    } else if found == 0 {
        say("no such event is stored");
    }
    Ok(Exit::Well)
}

/// The keys and ranges of a card or post; `None`, and it is said why, if not exactly one has this id.
pub(super) fn card(view: &View, id: &str) -> anyhow::Result<Option<Vec<(String, u64, u64)>>> {
    say(&match view.card(id)? {
        Found::Card(ranges) => return Ok(Some(ranges)),
        Found::Unknown => "ipsbell: no card has this id; an id has 8 characters, of which the first 4 suffice, and \
                           stands at the end of each post"
            .to_owned(),
        Found::Ambiguous(cards) => format!(
            "ipsbell: several cards begin like this, type one more character: {}",
            cards.join(" ")
        ),
    });
    Ok(None)
}

fn matcher(arguments: &Arguments) -> anyhow::Result<Matcher> {
    let given = arguments.rule.iter().map(|rule| ("rule", rule.as_str()));
    let given = given.chain(arguments.source.iter().map(|source| ("source", source.as_str())));
    Matcher::from_pairs(given).map_err(|why| Unusable(format!("ipsbell: {why}")).into())
}

/// `2h` is two hours before `now`; anything else is a date or an instant.
pub(super) fn since(text: &str, now: Timestamp) -> anyhow::Result<Timestamp> {
    if let Ok(age) = values::duration(text) {
        let age = SignedDuration::try_from(age)?;
        return Ok(now.checked_sub(age)?);
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let date: Result<jiff::civil::Date, _> = text.parse();
    match date {
        Ok(date) => Ok(jiff::tz::TimeZone::system().to_timestamp(date.at(0, 0, 0, 0))?),
        Err(_) => Err(Unusable(format!(
            "ipsbell: `--since {text}`: a time span (`2h`, `3 days`), a date (`2026-11-01`) or an instant \
             (`2026-11-01T10:00:00Z`) was expected"
        ))
        .into()),
    }
}

/// One event on a terminal; text of the log with its control characters shown.
fn line(event: &Event<'_>) -> String {
    let rule = &event.alert.rule;
    let name = rule.name.as_deref().or(rule.id.as_deref()).unwrap_or("(no rule)");
    let side = |endpoint: &ipsbell_parsers::alert::Endpoint<'_>| {
        let host = endpoint.ip.map(|ip| ip.to_string());
        let host = host
            .or_else(|| endpoint.domain.as_deref().map(|name| shown(name, NAME_CHARS_MAX)))
            .unwrap_or_else(|| "-".into());
        endpoint.port.map_or(host.clone(), |port| {
            if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
        })
    };
    format!(
        "{}  {:<8} {:<11} {:>10}  {}  {} -> {}",
        brief(event.at),
        event.severity.word(),
        event.alert.verdict.word(),
        shown(rule.id.as_deref().unwrap_or("-"), ID_CHARS_MAX),
        shown(name, NAME_CHARS_MAX),
        side(&event.alert.source),
        side(&event.alert.destination),
    )
}

/// Text of a log, with what could act on a terminal made visible. Nothing is masked or defanged: this is the evidence.
fn shown(text: &str, chars_max: usize) -> String {
    let disclosure = Disclosure::OPEN;
    sanitize(text, &Rules { chars_max, disclosure, is_host: false })
}
