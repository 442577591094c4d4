//! The entry for each record of a file: which grammar reads it, with or without a syslog header in
//! front. Knows the table of formats and no format.

use alloc::{borrow::Cow, boxed::Box, vec::Vec};

use memchr::memchr;

use crate::alert::{Alert, Parsed, Reject};
use crate::envelope::Peel;
use crate::wrapped::{self, Wrapped};
use crate::{FORMATS, Format, Framing};

/// Which formats a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Any: told from the content, record by record.
    Auto,
    /// None of the table: each line is a record, and nobody claims it.
    None,
    /// Only this one; a record of another is a reject.
    Fixed(&'static Format),
}

/// What a record is. `F` is what stands for a format.
#[derive(Debug, Clone, PartialEq)]
pub enum Read<'a, F = &'static Format> {
    /// An alert.
    Alert {
        /// The format that read it.
        format: F,
        /// What it says.
        alert: Box<Alert<'a>>,
    },
    /// Well formed, no alert.
    Other {
        /// The format that knows it.
        format: F,
    },
    /// Nothing but white space.
    Blank,
    /// No grammar claims it: an ordinary line in a file that holds more than alerts. Never with
    /// [`Choice::Fixed`].
    Unclaimed,
    /// It should be of this format, and is not.
    Reject {
        /// The format that claimed it, or that was chosen.
        format: F,
        /// What was wanted, and at which byte of the record, or of the text that was wrapped in it.
        reject: Reject,
    },
}

/// A record that a format claims.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The format.
    pub format: &'static Format,
    /// Where the format's own text begins, behind a byte order mark and headers.
    pub at: usize,
    // The headers before it.
    peel: Option<Peel<'a>>,
}

/// Which kinds of records beside alerts are taken for alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Also {
    These(Vec<Box<str>>),
    All,
}

/// The memory of one file: which format it was found to hold.
#[derive(Debug, Clone)]
pub struct Reader {
    choice: Choice,
    heads_only: bool,
    also: Also,
    found: Option<&'static Format>,
    // The last record that a format claimed stood without a header.
    bare: bool,
}

impl Also {
    fn any(&self) -> bool {
        !matches!(self, Self::These(kinds) if kinds.is_empty())
    }

    fn includes(&self, kind: &str) -> bool {
        match self {
            Self::These(kinds) => kinds.iter().any(|each| **each == *kind),
            Self::All => true,
        }
    }
}

impl Reader {
    /// Nothing read yet.
    pub const fn new(choice: Choice) -> Self {
        Self { choice, heads_only: false, also: Also::These(Vec::new()), found: None, bare: false }
    }

    /// Nothing read yet; alerts may come without their details ([`Alert::details`]) and Ethernet
    /// addresses, in less time.
    pub fn of_heads(choice: Choice) -> Self {
        Self { heads_only: true, ..Self::new(choice) }
    }

    /// Also takes records of these kinds ([`Format::also`]) for alerts.
    #[must_use]
    pub fn also<'k>(self, kinds: impl IntoIterator<Item = &'k str>) -> Self {
        Self { also: Also::These(kinds.into_iter().map(Box::from).collect()), ..self }
    }

    /// Takes records of every kind that can be asked for for alerts.
    #[must_use]
    pub fn also_all(self) -> Self {
        Self { also: Also::All, ..self }
    }

    /// The format of the last record that one claimed.
    pub const fn found(&self) -> Option<&'static Format> {
        self.found
    }

    /// Reads one record, without its line end (a `\r` before it is tolerated). Never panics, and
    /// takes time in proportion to the record.
    pub fn read<'a>(&mut self, record: &'a [u8]) -> Read<'a> {
        let record = record.strip_suffix(b"\r").unwrap_or(record);
        match wrapped::unwrap(record) {
            None => self.read_own(record),
            Some(wrapped) => self.read_wrapped(wrapped),
        }
    }

    // A container's log and the journal hold all that a program says, so that what nobody claims there is no broken record.
    fn read_wrapped<'a>(&mut self, wrapped: Wrapped<'a>) -> Read<'a> {
        let mut read = match wrapped.text {
            Cow::Borrowed(text) => self.read_own(text),
            Cow::Owned(text) => self.read_own(&text).into_owned(),
        };
        self.bare = false;
        if let Read::Alert { alert, .. } = &mut read {
            wrapped.header.complete(alert);
        }
        read
    }

    fn read_own<'a>(&mut self, record: &'a [u8]) -> Read<'a> {
        // The stable case first: a file of one product.
        if let Some(format) = self.found
            && (format.claims)(record)
        {
            return self.parse(format, record, None);
        }
        if record.trim_ascii_start().is_empty() {
            return Read::Blank;
        }
        let Some(Claim { format, at, peel }) = self.claim(record) else {
            return match (self.choice, self.found) {
                (Choice::Fixed(format), _) => self.parse(format, record, None),
                // A file of bare records is no syslog file: what nobody claims there is a broken record, not another
                // program's line.
                (Choice::Auto, Some(format)) if self.bare && Peel::new(record).next().is_none() => {
                    self.parse(format, record, None)
                }
                (Choice::Auto | Choice::None, _) => Read::Unclaimed,
            };
        };
        self.found = Some(format);
        self.bare = peel.is_none();
        let inside = peel.as_ref().map_or(record.get(at..).unwrap_or_default(), Peel::rest);
        self.parse(format, inside, peel.map(|peel| (at, peel)))
    }

    fn parse<'a>(
        &self,
        format: &'static Format,
        record: &'a [u8],
        header: Option<(usize, Peel<'a>)>,
    ) -> Read<'a> {
        // What is told at a glance to be no alert may be of a kind that was asked for.
        if !self.also.any() && (format.skips)(record) {
            return Read::Other { format };
        }
        let parse = if self.heads_only { format.parse_head } else { format.parse };
        match parse(record) {
            Ok(Parsed::Also(kind, _)) if !self.also.includes(kind) => Read::Other { format },
            Ok(Parsed::Alert(mut alert) | Parsed::Also(_, mut alert)) => {
                if let Some((_, peel)) = header {
                    peel.into_envelope().complete(&mut alert);
                }
                Read::Alert { format, alert }
            }
            Ok(Parsed::Other) => Read::Other { format },
            Err(reject) => {
                let before = header.map_or(0, |(at, _)| at);
                Read::Reject { format, reject: Reject { at: reject.at + before, ..reject } }
            }
        }
    }

    /// Who claims the record, bare or behind headers.
    pub fn claim<'a>(&self, record: &'a [u8]) -> Option<Claim<'a>> {
        let bare = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        if let Some(format) = self.claimant(bare) {
            return Some(Claim { format, at: record.len() - bare.len(), peel: None });
        }
        let mut peel = Peel::new(bare);
        while let Some((at, rest)) = peel.next() {
            // Who puts headers in front of lines does it to each, so a record of several lines stands bare in a file. An
            // entry of the journal has one header, whatever its message holds.
            if let Some(format) = self.claimant(rest)
                && (!matches!(format.framing, Framing::Lines(_)) || memchr(b'\n', rest).is_some())
            {
                let at = behind_header(format, &mut peel, at);
                let at = record.len() - bare.len() + at;
                return Some(Claim { format, at, peel: Some(peel) });
            }
        }
        None
    }

    fn claimant(&self, record: &[u8]) -> Option<&'static Format> {
        let claims = |format: &&'static Format| (format.claims)(record);
        match self.choice {
            Choice::Fixed(format) => Some(format).filter(claims),
            Choice::None => None,
            Choice::Auto => {
                let is_found = |f: &Format| self.found.is_some_and(|found| core::ptr::eq(found, f));
                let mut others = FORMATS.iter().copied().filter(|format| !is_found(format));
                self.found.filter(claims).or_else(|| others.find(claims))
            }
        }
    }
}

// A record that begins with free text, as netfilter's, is also claimed with the rest of its header still in front of it:
// what may be a host or RFC 5424's later fields is that, if the record behind it is claimed as well.
fn behind_header(format: &Format, peel: &mut Peel<'_>, at: usize) -> usize {
    let mut further = peel.clone();
    if !further.rest_of_header() || !(format.claims)(further.rest()) {
        return at;
    }
    let at = at + peel.rest().len() - further.rest().len();
    *peel = further;
    at
}
