//! The entry for each record of a file: which grammar reads it, with or without a syslog header in
//! front. Knows the table of formats and no format.

use alloc::{boxed::Box, vec::Vec};

use memchr::memchr;

use crate::alert::{Alert, Parsed, Reject};
use crate::envelope::Peel;
use crate::{FORMATS, Format, Framing};

/// Which formats a file may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Any: told from the content, record by record.
    Auto,
    /// Only this one; a record of another is a reject.
    Fixed(&'static Format),
}

/// What a record is.
#[derive(Debug, Clone, PartialEq)]
pub enum Read<'a> {
    /// An alert.
    Alert {
        /// The format that read it.
        format: &'static Format,
        /// What it says.
        alert: Box<Alert<'a>>,
    },
    /// Well formed, no alert.
    Other {
        /// The format that knows it.
        format: &'static Format,
    },
    /// Nothing but white space.
    Blank,
    /// No grammar claims it: an ordinary line in a file that holds more than alerts. Only with
    /// [`Choice::Auto`].
    Unclaimed,
    /// It should be of this format, and is not.
    Reject {
        /// The format that claimed it, or that was chosen.
        format: &'static Format,
        /// What was wanted, and at which byte of the record.
        reject: Reject,
    },
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
        // The stable case first: a file of one product.
        if let Some(format) = self.found
            && (format.claims)(record)
        {
            return self.parse(format, record, None);
        }
        if record.trim_ascii_start().is_empty() {
            return Read::Blank;
        }
        let Some((format, at, peel)) = self.claim(record) else {
            return match (self.choice, self.found) {
                (Choice::Fixed(format), _) => self.parse(format, record, None),
                // A file of bare records is no syslog file: what nobody claims there is a broken record, not another
                // program's line.
                (Choice::Auto, Some(format)) if self.bare && Peel::new(record).next().is_none() => {
                    self.parse(format, record, None)
                }
                (Choice::Auto, _) => Read::Unclaimed,
            };
        };
        self.found = Some(format);
        self.bare = peel.is_none();
        self.parse(format, record.get(at..).unwrap_or_default(), peel.map(|peel| (at, peel)))
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

    // Who claims the record, bare or behind a header; where it begins, and the header.
    fn claim<'a>(&self, record: &'a [u8]) -> Option<(&'static Format, usize, Option<Peel<'a>>)> {
        let bare = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
        if let Some(format) = self.claimant(bare) {
            return Some((format, record.len() - bare.len(), None));
        }
        let mut peel = Peel::new(bare);
        while let Some((at, rest)) = peel.next() {
            // Who puts headers in front of lines does it to each, so a record of several lines stands bare in a file. An
            // entry of the journal has one header, whatever its message holds.
            let fits = |format: &&'static Format| {
                matches!(format.framing, Framing::Line) || memchr(b'\n', rest).is_some()
            };
            if let Some(format) = self.claimant(rest).filter(fits) {
                return Some((format, record.len() - bare.len() + at, Some(peel)));
            }
        }
        None
    }

    fn claimant(&self, record: &[u8]) -> Option<&'static Format> {
        let claims = |format: &&'static Format| (format.claims)(record);
        match self.choice {
            Choice::Fixed(format) => Some(format).filter(claims),
            Choice::Auto => {
                self.found.filter(claims).or_else(|| FORMATS.iter().copied().find(claims))
            }
        }
    }
}
