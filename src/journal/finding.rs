//! What reading the journal has to say: a closed list, each with what it means and what to do. Knows nobody who listens.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;

/// What went wrong with a run of journalctl. It is started again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It is not there, or cannot be started.
    NotStarted(String),
    /// A journal file may not be read; journalctl would leave it out without a word.
    Forbidden(PathBuf),
    /// It ended; how, and what it said last.
    Ended(String),
    /// It gave nothing for [`HANG_TIME_MAX`](super::HANG_TIME_MAX), and did not end.
    Hangs,
    /// It did not follow: what was written meanwhile came only when it was asked anew.
    StoppedFollowing,
    /// It wrote what is no entry; what was wanted.
    Garbage(&'static str),
}

/// Entries may have been lost between these two times, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Up to then all was read.
    pub read_until_us: i64,
    /// The journal's oldest entry is of then; `None` if it is empty.
    pub begins_us: Option<i64>,
}

/// Something worth a line in this program's own log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The source: `journal:unit=…`.
    pub name: String,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// Reading begins or goes on.
    Reads,
    /// It failed, for the n-th time since the source is known.
    Failed(Failure, u64),
    /// It works again.
    Recovered,
    /// The entry at which reading stood is gone, and none that was not read.
    Vacuumed,
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => {
                write!(
                    out,
                    "cannot start journalctl: {why}; hint: it is part of the package `systemd`"
                )
            }
            Self::Forbidden(path) => write!(
                out,
                "may not read {path:?}; hint: `usermod --append --groups systemd-journal ipsbell`, or \
                 `SupplementaryGroups=systemd-journal` in the unit, and a restart"
            ),
            Self::Ended(how) => {
                write!(out, "journalctl ended: {how}; hint: see what `journalctl --verify` says")
            }
            Self::Hangs => write!(
                out,
                "journalctl gives nothing and does not end; hint: see whether the file system of the journal answers"
            ),
            Self::StoppedFollowing => write!(
                out,
                "journalctl had stopped to follow the journal; what it missed is read; hint: raise \
                 `fs.inotify.max_user_instances` if this comes again"
            ),
            Self::Garbage(wanted) => write!(
                out,
                "journalctl wrote something else than {wanted}; hint: see whether `journalctl --output=json --lines=1` \
                 is well"
            ),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |us: i64| Timestamp::from_microsecond(us).unwrap_or_default();
        write!(out, "the journal was read until {}, ", at(self.read_until_us))?;
        match self.begins_us {
            Some(begins) => write!(out, "and now begins at {}", at(begins))?,
            None => out.write_str("and now is empty")?,
        }
        out.write_str(
            ": what was written in between may be lost unread; hint: keep more of it, `SystemMaxUse=` in journald.conf, \
             and on the disk, `Storage=persistent`",
        )
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: ", self.name)?;
        match &self.what {
            What::Reads => out.write_str("reading the journal"),
            What::Failed(failure, times) => {
                write!(out, "{failure}; it is started again ({times} failures so far)")
            }
            What::Recovered => out.write_str("the journal can be read again"),
            What::Vacuumed => out.write_str(
                "the entry at which reading stood is not in the journal any more; nothing unread was lost",
            ),
        }
    }
}
