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
pub mod kinds;
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

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use ipsbell_parsers::alert::Severity;
use jiff::{Timestamp, tz::TimeZone};
use regex::Regex;

use crate::destinations::Kind;
pub use crate::grammar::FormatChoice;
use crate::grammar::OwnFormat;
use crate::matcher::Matcher;
use crate::secret::Secret;

/// All settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[agent]`.
    pub agent: Agent,
    /// `[[format]]`, in the file's order, in which they are tried.
    pub formats: Arc<[Arc<OwnFormat>]>,
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
    /// `unparsed_share`: of a hundred records of a log so many may be rejects before that is trouble.
    pub unparsed_share: u8,
}

/// `[[source]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Paths and globs; none where `journal` is read.
    pub paths: Vec<String>,
    /// `journal`: entries of systemd's journal instead of files.
    pub journal: Option<JournalMatch>,
    /// Globs of files that are left out: one without `/` is compared with the file's name, one with
    /// `/` with the whole path.
    pub exclude: Vec<String>,
    /// The format.
    pub format: FormatChoice,
    /// `columns`: their order, where that is not the format's usual one.
    pub columns: Vec<&'static str>,
    /// `also`: the kinds of records that are taken for alerts beside those that are.
    pub also: Vec<&'static str>,
    /// The zone of stamps without an offset.
    pub timezone: TimeZone,
    /// Where reading begins in files that are there at the first start.
    pub start_at: StartAt,
    /// `silent_after`: nothing written for so long is trouble.
    pub silent_after: Option<Duration>,
}

impl Source {
    /// What is read, for people: its paths, or what of the journal.
    pub fn shown(&self) -> String {
        match &self.journal {
            Some(journal) => journal.to_string(),
            None => self.paths.join(", "),
        }
    }
}

/// `journal`: the entries that any of these fits. Units and identifiers are in order, none twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalMatch {
    /// `unit`: written by these units, with their type: `fail2ban.service`.
    pub units: Vec<String>,
    /// `identifier`: logged under these names, which any program can choose.
    pub identifiers: Vec<String>,
    /// `kernel`: written by the kernel.
    pub kernel: bool,
    /// `directory`: of this directory's journal files instead of the machine's own.
    pub directory: Option<String>,
}

impl JournalMatch {
    /// What is read, one by one: `unit=fail2ban.service`, `kernel`.
    pub fn parts(&self) -> impl Iterator<Item = String> + '_ {
        let units = self.units.iter().map(|unit| format!("unit={unit}"));
        let identifiers = self.identifiers.iter().map(|name| format!("identifier={name}"));
        units.chain(identifiers).chain(self.kernel.then(|| "kernel".to_owned()))
    }
}

/// Stands where a log's path stands: `journal:unit=fail2ban.service,kernel`. The same for the same entries.
impl fmt::Display for JournalMatch {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directory = self.directory.iter().map(|directory| format!("directory={directory}"));
        write!(out, "journal:{}", self.parts().chain(directory).collect::<Vec<_>>().join(","))
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
    /// Where it stands: `/etc/ipsbell/config.toml:12`.
    pub place: String,
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
