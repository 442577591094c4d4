//! What the reader finds wrong with its logs: which cannot be read, which are behind, not understood, silent. Judges what
//! the tail and the lanes know, and puts it on the board; opens nothing.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::journals::Entries;
use super::lag::{self, LAG_TIME_MAX, Mark};
use super::lane::Lane;
use super::quality::{Judgement, RECORDS_JUDGED};
use super::standing::Duty;
use crate::clock;
use crate::config::{Source, values};
use crate::store::{Reading, StoreError};
use crate::tail::{FileKey, FileStatus, Finding, Pattern, State, Tail, Weight, What};
use crate::trouble::{Board, Condition, Kind};

/// How often the logs are judged; sooner if the tail found something.
const JUDGE_EVERY: Duration = Duration::from_secs(2);

/// One reader's eye on its logs.
#[derive(Debug)]
pub(super) struct Conditions {
    board: Board,
    /// The reader's name as a finder.
    finder: String,
    marks: HashMap<FileKey, Option<Mark>>,
    silences: Vec<Silence>,
    /// Since when the store takes nothing, and why.
    refused: Option<(Timestamp, String)>,
    judged_at: Option<Instant>,
    /// All logs were read as far as they went, once: what was written while nobody read is known.
    came_round: bool,
}

/// A source that should not fall silent.
#[derive(Debug)]
struct Silence {
    source: usize,
    paths: String,
    after: Duration,
    written_at: Timestamp,
}

impl Conditions {
    /// Of the reader with this duty; so far the store knows its sources to be read.
    pub(super) fn new(board: Board, duty: &Duty, read: &[Reading]) -> Self {
        let now = clock::now();
        let sources = duty.sources.iter().enumerate();
        let is_read = |source: &Source| !source.paths.is_empty() || source.journal.is_some();
        let read_here = sources.filter(|(_, source)| is_read(source));
        let silences = read_here.filter_map(|(number, source)| {
            Some(Silence {
                source: number,
                paths: source.shown(),
                after: source.silent_after?,
                written_at: last_read(source, read).unwrap_or(now).min(now),
            })
        });
        Self {
            board,
            finder: duty.name(),
            marks: HashMap::new(),
            silences: silences.collect(),
            refused: None,
            judged_at: None,
            came_round: false,
        }
    }

    /// The reader did not hang.
    pub(super) fn pass(&self, now: Instant) {
        self.board.passed(&self.finder, now);
    }

    /// The reader ends.
    pub(super) fn end(&self) {
        self.board.ended(&self.finder);
    }

    /// Something was read of a source.
    pub(super) fn read(&mut self, source: usize, now: Timestamp) {
        for silence in self.silences.iter_mut().filter(|silence| silence.source == source) {
            silence.written_at = now;
        }
    }

    /// The store refuses what was read, or takes it again. True if that is new.
    pub(super) fn store(&mut self, failed: Option<&StoreError>) -> bool {
        let was = self.refused.take();
        let since = was.as_ref().map(|(since, _)| *since);
        self.refused = failed.map(|error| (since.unwrap_or_else(clock::now), error.to_string()));
        since.is_some() != self.refused.is_some()
    }

    /// All logs had their turns, and all went well or not.
    pub(super) fn came_round(&mut self, well: bool) {
        self.came_round |= well;
    }

    /// The tail found something: it is judged next time.
    pub(super) fn hasten(&mut self) {
        self.judged_at = None;
    }

    /// Is it time to judge?
    pub(super) fn due(&self, now: Instant) -> bool {
        self.judged_at.is_none_or(|at| now.duration_since(at) >= JUDGE_EVERY)
    }

    /// Puts on the board all that is wrong now.
    pub(super) fn judge(
        &mut self,
        now: Instant,
        tail: &Tail,
        entries: &[Entries],
        lanes: &HashMap<FileKey, Lane>,
    ) {
        self.judged_at = Some(now);
        let wall = clock::now();
        let files = tail.files();
        let mut found = BTreeMap::new();
        let mut add = |kind: Kind, subject: String, text: String, since: Timestamp| {
            found.insert((kind, subject.clone()), Condition { kind, subject, text, since });
        };
        for finding in problems(tail, &files) {
            if let Some(kind) = kind_of(&finding) {
                add(kind, named(&finding.path), finding.to_string(), wall);
            }
        }
        for entries in entries {
            let name = entries.journal.name();
            if let Some(failure) = entries.journal.failure() {
                let text = format!("{name:?}: {failure}");
                add(Kind::SourceUnreadable, name.to_owned(), text, wall);
            }
            let busy = entries.journal.busy_since().map(|since| now.duration_since(since));
            if busy.is_some_and(|busy| busy > LAG_TIME_MAX) {
                add(Kind::Lagging, name.to_owned(), behind(name), wall);
            }
            if let Some(text) = self.not_understood(Path::new(name), lanes.get(&entries.file)) {
                add(Kind::Unparsable, name.to_owned(), text, wall);
            }
        }
        let mut marks = HashMap::new();
        for file in &files {
            let (path, subject) = (&file.path, named(&file.path));
            // One that is quiet is let go within seconds.
            if file.state == State::Deleted {
                let text = format!(
                    "{path:?} was deleted, and its writer goes on writing to it; hint: restart the writer, so \
                     that it opens a new log"
                );
                add(Kind::DeletedHeld, subject.clone(), text, wall);
            }
            let mut mark = self.marks.get(&file.key).copied().flatten();
            if self.is_behind(&mut mark, file, now) {
                add(Kind::Lagging, subject.clone(), behind(&path.to_string_lossy()), wall);
            }
            marks.insert(file.key, mark);
            if let Some(text) = self.not_understood(path, lanes.get(&file.key)) {
                add(Kind::Unparsable, subject, text, wall);
            }
        }
        self.marks = marks;
        for silence in self.silences.iter().filter(|silence| self.is_silent(silence, wall)) {
            let (paths, after) = (&silence.paths, values::duration_text(silence.after));
            let text = format!(
                "nothing was written to {paths:?} for more than {after}; hint: see whether the IPS runs, and \
                 where it writes"
            );
            add(Kind::Silent, paths.clone(), text, silence.written_at);
        }
        if let Some((since, why)) = &self.refused {
            add(Kind::StoreUnwritable, "reading".to_owned(), format!("`reading`: {why}"), *since);
        }
        self.board.report(&self.finder, wall, found.into_values().collect());
    }

    fn is_behind(&self, mark: &mut Option<Mark>, file: &FileStatus, now: Instant) -> bool {
        if file.problem.is_some() {
            return false;
        }
        let was = || self.board.has(Kind::Lagging, &named(&file.path));
        lag::is_behind(mark, file, now).unwrap_or_else(was)
    }

    /// As it was, until it is known what was written while nobody read.
    fn is_silent(&self, silence: &Silence, now: Timestamp) -> bool {
        let lasted = now.duration_since(silence.written_at);
        let lasts = Duration::try_from(lasted).unwrap_or_default() >= silence.after;
        lasts && (self.came_round || self.board.has(Kind::Silent, &silence.paths))
    }

    /// What is wrong with the records of a log; as it was, while too few were read to say.
    fn not_understood(&self, path: &Path, lane: Option<&Lane>) -> Option<String> {
        let no_format = || {
            format!(
                "{path:?}: no known format in its last {RECORDS_JUDGED} records; hint: `ipsbell formats` lists \
                 those that are known"
            )
        };
        let rejected = |more_than| {
            format!(
                "{path:?}: more than {more_than} of its last {RECORDS_JUDGED} records are broken; hint: `ipsbell \
                 status` shows what was wanted of them, `ipsbell parse --explain FILE` what is wrong with each"
            )
        };
        match lane.and_then(Lane::judgement) {
            Some(Judgement::Fine) => None,
            Some(Judgement::Rejected { more_than }) => Some(rejected(more_than)),
            Some(Judgement::NoFormat) => Some(no_format()),
            None => self.board.text(Kind::Unparsable, &named(path)),
        }
    }
}

fn behind(log: &str) -> String {
    let minutes = LAG_TIME_MAX.as_secs() / 60;
    format!(
        "{log:?}: what was written more than {minutes} minutes ago is not read yet; hint: `ipsbell status` shows how \
         far it is read"
    )
}

/// What cannot be read, or is not a file.
fn problems(tail: &Tail, files: &[FileStatus]) -> Vec<Finding> {
    let of_file = |file: &FileStatus| {
        let what = file.problem.clone()?;
        Some(Finding { path: file.path.to_path_buf(), what })
    };
    files.iter().filter_map(of_file).chain(tail.troubles()).collect()
}

fn kind_of(finding: &Finding) -> Option<Kind> {
    match finding.what {
        What::NotAFile { .. } => Some(Kind::NotAFile),
        What::TooManyFiles => Some(Kind::TooManyFiles),
        What::Unreadable { .. } => Some(Kind::SourceUnreadable),
        _ => (finding.weight() == Weight::Problem).then_some(Kind::SourceUnreadable),
    }
}

/// When something of this source was read last.
fn last_read(source: &Source, read: &[Reading]) -> Option<Timestamp> {
    if source.journal.is_some() {
        let of_source = read.iter().find(|reading| reading.path == source.shown());
        return of_source.and_then(|reading| reading.last_read_at);
    }
    let patterns: Vec<Pattern> =
        source.paths.iter().filter_map(|path| Pattern::parse(path).ok()).collect();
    let of_source = read
        .iter()
        .filter(|reading| patterns.iter().any(|pattern| pattern.matches(Path::new(&reading.path))));
    of_source.filter_map(|reading| reading.last_read_at).max()
}

/// A path as text; bytes that are none stand as `\xNN`.
fn named(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    let bytes = || path.as_os_str().as_bytes().escape_ascii().to_string();
    path.to_str().map_or_else(bytes, str::to_owned)
}

#[cfg(test)]
mod tests;
