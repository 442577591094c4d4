//! The configuration: text in, [`Config`] out, valid by construction. Knows the names that users
//! type; knows no receiver's protocol and touches no log.
//!
//! `files` reads the files, `document` makes trees with places of them, `syntax` words what is no
//! TOML, `reader` collects the faults, `sections` say what each table takes, and `keys` is the table
//! of all keys, from which docs/configuration.md is made.

mod document;
mod fault;
mod files;
pub mod keys;
mod load;
mod reader;
mod sections;
mod syntax;
mod text;
pub mod values;

#[cfg(test)]
mod tests;

pub use fault::{FAULTS_MAX, Fault, Faults, Position};
pub use files::{FILE_BYTES_MAX, FILES_MAX};
pub use load::{PATH, Secrets, load};
pub use reader::LIST_ITEMS_MAX;

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use ipsbell_parsers::Choice;
use ipsbell_parsers::alert::Severity;
use jiff::{Timestamp, tz::TimeZone};
use regex::Regex;

use crate::destinations::Kind;
use crate::matcher::Matcher;
use crate::secret::Secret;

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[agent]`.
    pub agent: Agent,
    /// `[[source]]`, in the file's order.
    pub sources: Vec<Source>,
    /// `[[destination]]`, in the file's order.
    pub destinations: Vec<Destination>,
    /// `[[mute]]`.
    pub mutes: Vec<Mute>,
    /// `[[severity]]`.
    pub severities: Vec<SeverityRule>,
    /// `[retention]`.
    pub retention: Retention,
    /// `[[redact]]`.
    pub redactions: Vec<Redaction>,
    /// `[context]`.
    pub context: ContextFiles,
    /// `[[runbook]]`, in the file's order.
    pub runbooks: Vec<Runbook>,
}

/// `[agent]`.
#[derive(Debug, Clone)]
pub struct Agent {
    /// The name under which posts speak of this machine.
    pub host: String,
    /// Where the store lies.
    pub state_dir: PathBuf,
    /// Networks of our own machines.
    pub home_networks: Vec<IpNet>,
}

/// `[[source]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Paths and globs.
    pub paths: Vec<String>,
    /// Globs of files that are left out: one without `/` is compared with the file's name, one with
    /// `/` with the whole path.
    pub exclude: Vec<String>,
    /// The format.
    pub format: FormatChoice,
    /// The zone of stamps without an offset.
    pub timezone: TimeZone,
    /// Where reading begins in files that are there at the first start.
    pub start_at: StartAt,
    /// `silent_after`: nothing written for so long is trouble.
    pub silent_after: Option<Duration>,
}

/// `format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatChoice {
    /// Told from the content, record by record.
    Auto,
    /// Always this one.
    Named(&'static ipsbell_parsers::Format),
}

impl From<FormatChoice> for Choice {
    fn from(choice: FormatChoice) -> Self {
        match choice {
            FormatChoice::Auto => Self::Auto,
            FormatChoice::Named(format) => Self::Fixed(format),
        }
    }
}

/// `start_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartAt {
    /// At the end: only what is written from now on.
    End,
    /// At the beginning: all that the file holds.
    Beginning,
}

/// Posts an hour by severity, as in [`Severity::ALL`]; `None` has no limit.
pub type PostsPerHour = [Option<u32>; 5];

/// Without a setting. What is critical has no limit.
pub const POSTS_PER_HOUR: PostsPerHour = [Some(1), Some(2), Some(6), Some(30), None];

/// `[[destination]]`.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The name, unique.
    pub name: String,
    /// `type`.
    pub kind: &'static Kind,
    /// What the kind itself needs.
    pub settings: Settings,
    /// `min_severity`.
    pub min_severity: Severity,
    /// `match`: any of these; empty is everything.
    pub matches: Vec<Matcher>,
    /// `unless`: none of these.
    pub unless: Vec<Matcher>,
    /// `group_by`, never empty.
    pub group_by: Vec<GroupField>,
    /// `triage`: group and pace (`true`), or a post for every event (`false`).
    pub triage: bool,
    /// `repeat_every`.
    pub repeat_every: Duration,
    /// `pace`: the least time between two posts.
    pub pace: Duration,
    /// `posts_per_hour`: by severity as in [`Severity::ALL`]; `None` has no limit.
    pub posts_per_hour: PostsPerHour,
    /// `mention`: by severity, a constant of the receiver's own (`<!here>`).
    pub mentions: Vec<(Severity, String)>,
    /// `notices`: is the agent's own trouble told here?
    pub notices: bool,
    /// `mask`: are values that look like secrets masked?
    pub mask: bool,
    /// `defang`: are URLs and host names broken?
    pub defang: bool,
    /// `payload`: is an excerpt of the packet's data shown?
    pub payload: bool,
}

/// The keys of a `[[destination]]` that its kind reads. A kind lists those that it knows in
/// [`Kind::keys`].
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// From `url_file`, `url_env`, `credential` or `url`.
    pub url: Option<Secret>,
    /// `ca_file`: PEM certificates that are trusted beside the system's.
    pub ca_file: Option<PathBuf>,
    /// `proxy`: `http://host:port` or `socks5://host:port`, perhaps with a user.
    pub proxy: Option<Secret>,
    /// `every`: the time from one ping to the next.
    pub every: Option<Duration>,
}

/// A value by which events are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GroupField {
    /// Generator, id and name of the rule.
    Rule,
    /// The verdict.
    Verdict,
    /// The severity.
    Severity,
    /// The source's address.
    Source,
    /// The destination's address.
    Destination,
    /// The rule's category.
    Category,
    /// The format.
    Format,
}

/// `[[mute]]`.
#[derive(Debug, Clone)]
pub struct Mute {
    /// What is muted.
    pub matcher: Matcher,
    /// Until when; `None` is for good.
    pub until: Option<Timestamp>,
    /// Why.
    pub reason: String,
}

/// `[[severity]]`. Where several fit an event, the last one holds.
#[derive(Debug, Clone)]
pub struct SeverityRule {
    /// What it applies to: any of these.
    pub matches: Vec<Matcher>,
    /// The severity that it gets.
    pub set: Severity,
}

/// `[context]`: files that say more of what an alert names.
#[derive(Debug, Clone, Default)]
pub struct ContextFiles {
    /// `hosts`: names of addresses.
    pub hosts: Option<PathBuf>,
    /// `assets`: what networks are, and whose.
    pub assets: Option<PathBuf>,
    /// `rules`: files of rules, perhaps with a pattern for a name.
    pub rules: Vec<PathBuf>,
}

/// `[[runbook]]`: what to do about an alert. Where several fit, the last one holds.
#[derive(Debug, Clone)]
pub struct Runbook {
    /// What it is for: any of these.
    pub matches: Vec<Matcher>,
    /// The address of its page, `https` alone.
    pub url: String,
    /// The host of that page.
    pub site: String,
}

/// `[[redact]]`: what posts do not show.
#[derive(Debug, Clone)]
pub struct Redaction {
    /// What is masked.
    pub pattern: Regex,
    /// In posts of these; empty is all.
    pub destinations: Vec<String>,
}

/// `[retention]`.
#[derive(Debug, Clone)]
pub struct Retention {
    /// How long events are kept; `None` is for ever.
    pub events: Option<Duration>,
    /// How long the ledger of posts is kept; `None` is for ever.
    pub notifications: Option<Duration>,
    /// The most bytes that the store may take.
    pub max_size_bytes: u64,
    /// Keep each record's own bytes; without, the event of ECS form is kept in their place.
    pub keep_raw: bool,
}
