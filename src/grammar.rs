//! The entry for each record as the agent reads it: the grammars of the parsers' crate, then the formats that users
//! define. Pure; knows no file, no store and no configuration.

mod layout;
mod own;
mod pattern;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::Arc;

use ipsbell_parsers::alert::{Alert, Reject};
use ipsbell_parsers::envelope::Peel;
use ipsbell_parsers::{Choice, Format};

use self::own::Misfit;
use crate::wanted::Unfit;

pub use self::layout::Layout;
pub use self::own::{Definition, OTHERS, OwnFormat};
pub use self::pattern::{PATTERN_BYTES_MAX, Pattern};

/// What is wanted of a record that no pattern of its source's format reads, where nobody asks for more.
const READABLE: &str = "a record that a pattern of this format reads";

/// Which formats a file may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatChoice {
    /// Any: told from the content, record by record.
    Auto,
    /// Always this one.
    Named(&'static Format),
    /// Always this one, which a user defined.
    Own(Arc<OwnFormat>),
}

/// A format that reads a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grammar {
    /// One of the table.
    Known(&'static Format),
    /// One that a user defined.
    Own(Arc<OwnFormat>),
}

/// What a record is.
pub type Read<'a> = ipsbell_parsers::Read<'a, Grammar>;

/// The memory of one file.
#[derive(Debug, Clone)]
pub struct Reader {
    known: ipsbell_parsers::Reader,
    /// Those that are tried; with `is_fixed` the only one.
    own: Arc<[Arc<OwnFormat>]>,
    is_fixed: bool,
    found: Option<Arc<OwnFormat>>,
}

impl FormatChoice {
    /// The choice for whoever knows only the formats of the table.
    pub const fn known(&self) -> Choice {
        match self {
            Self::Auto => Choice::Auto,
            Self::Named(format) => Choice::Fixed(format),
            Self::Own(_) => Choice::None,
        }
    }
}

impl Grammar {
    /// A record without the header lines that its format put in front of it.
    pub fn own<'a>(&self, record: &'a [u8]) -> &'a [u8] {
        match self {
            Self::Known(format) => format.framing.own(record),
            Self::Own(_) => record,
        }
    }

    /// The format's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Known(format) => format.name,
            Self::Own(format) => format.name(),
        }
    }
}

impl Reader {
    /// Nothing read yet. `make` is how the reader of the table's formats is made; `own` are the formats that users
    /// defined, in the order in which they are tried where the content tells the format.
    pub fn new(
        choice: &FormatChoice,
        own: &Arc<[Arc<OwnFormat>]>,
        make: impl FnOnce(Choice) -> ipsbell_parsers::Reader,
    ) -> Self {
        let (own, is_fixed) = match choice {
            FormatChoice::Auto => (Arc::clone(own), false),
            FormatChoice::Named(_) => (Arc::default(), false),
            FormatChoice::Own(format) => (Arc::from([Arc::clone(format)]), true),
        };
        Self { known: make(choice.known()), own, is_fixed, found: None }
    }

    /// How many formats that users defined are tried.
    pub fn own_count(&self) -> usize {
        self.own.len()
    }

    /// The format of the last record that one claimed.
    pub fn found(&self) -> Option<&str> {
        let own = self.found.as_ref().map(|format| format.name());
        own.or_else(|| self.known.found().map(|format| format.name))
    }

    /// Where the own text of a record begins that one of the formats claims, behind its headers; none if nobody does.
    pub fn begins(&self, record: &[u8]) -> Option<usize> {
        let known = self.known.claim(record).map(|claim| claim.at);
        known.or_else(|| claim(&self.own, record).map(|(at, ..)| at))
    }

    /// Reads one record, without its line end. Never panics, and takes time in proportion to the record and to the
    /// patterns of formats that users defined.
    #[inline]
    pub fn read<'a>(&mut self, record: &'a [u8]) -> Read<'a> {
        use ipsbell_parsers::Read as Known;
        let read = match self.known.read(record) {
            Known::Unclaimed => Read::Unclaimed,
            Known::Blank => return Read::Blank,
            Known::Alert { format, alert } => Read::Alert { format: Grammar::Known(format), alert },
            Known::Other { format } => Read::Other { format: Grammar::Known(format) },
            Known::Reject { format, reject } => {
                Read::Reject { format: Grammar::Known(format), reject }
            }
        };
        if self.own.is_empty() {
            return read;
        }
        // In a file of bare records a line that nobody claims is a reject of the format that was found.
        let is_claimed = match read {
            Read::Unclaimed => false,
            Read::Reject { .. } => self.known.claim(record).is_some(),
            _ => true,
        };
        if is_claimed {
            self.found = None;
            return read;
        }
        self.read_own(record).unwrap_or(read)
    }

    /// The record as one of the formats that users defined reads it; a reject if there is no other choice.
    fn read_own<'a>(&mut self, record: &'a [u8]) -> Option<Read<'a>> {
        if let Some((_, format, alert)) = claim(&self.own, record) {
            self.found = Some(Arc::clone(format));
            let format = Grammar::Own(Arc::clone(format));
            return Some(Read::Alert { format, alert: Box::new(alert) });
        }
        let format = self.own.first().filter(|_| self.is_fixed)?;
        let reject = Reject { at: 0, wanted: READABLE };
        Some(Read::Reject { format: Grammar::Own(Arc::clone(format)), reject })
    }
}

/// What was wanted of a rejected record, and at which of its bytes. Of a format that a user defined this is found out
/// only here, since it costs more than to read the record.
pub fn place(format: &Grammar, reject: Reject, record: &[u8]) -> (usize, Cow<'static, str>) {
    match format {
        Grammar::Known(format) => {
            // Header lines in front of it stand elsewhere.
            let header_bytes = record.len() - format.framing.own(record).len();
            (reject.at.saturating_sub(header_bytes), Cow::Borrowed(reject.wanted))
        }
        Grammar::Own(format) => {
            let starts = starts(record).map(|(at, rest, _)| (at, rest));
            let (at, wanted) = format.wanted(starts);
            (at, Cow::Owned(wanted))
        }
    }
}

/// The pieces of the headers that stand before this byte of a record.
pub fn headers(record: &[u8], before: usize) -> impl Iterator<Item = &[u8]> {
    let starts = starts(record).map(|(at, ..)| at).take_while(move |at| *at <= before);
    let mut last = None;
    starts.filter_map(move |at| record.get(last.replace(at)?..at))
}

/// Where the own text of a record begins that one of these formats reads, the format, and what it reads.
fn claim<'a, 'f>(
    own: &'f [Arc<OwnFormat>],
    record: &'a [u8],
) -> Option<(usize, &'f Arc<OwnFormat>, Alert<'a>)> {
    for (at, rest, header) in starts(record) {
        let mut found = own.iter().filter_map(|format| Some((format, format.read(rest)?)));
        if let Some((format, mut alert)) = found.next() {
            if let Some(header) = header {
                header.into_envelope().complete(&mut alert);
            }
            return Some((at, format, alert));
        }
    }
    None
}

/// Where a record's own text may begin, the text, and the headers before it: at its first byte, or behind each piece of
/// a header.
fn starts(record: &[u8]) -> impl Iterator<Item = (usize, &[u8], Option<Peel<'_>>)> {
    let record = record.strip_suffix(b"\r").unwrap_or(record);
    let bare = record.strip_prefix(b"\xef\xbb\xbf").unwrap_or(record);
    let before = record.len() - bare.len();
    let mut peel = Peel::new(bare);
    let behind = std::iter::from_fn(move || {
        let (at, rest) = peel.next()?;
        Some((before + at, rest, Some(peel.clone())))
    });
    std::iter::once((before, bare, None)).chain(behind)
}

/// Does this format read the line, as its user says that it does?
///
/// # Errors
/// It does not, or a value is not what its field wants; what was wanted, and where.
pub fn check_sample(format: &OwnFormat, line: &str) -> Result<(), Unfit> {
    let record = line.as_bytes();
    let read = starts(record).find_map(|(_, rest, _)| format.read_strictly(rest));
    if let Some((_, misfits)) = read {
        let Some(Misfit { field, value }) = misfits.first() else { return Ok(()) };
        let (name, wanted) = (field.name, field.wanted);
        let unfit = Unfit::new(format!("{wanted} in the group `{name}`, which holds {value:?}"));
        return Err(match name {
            "timestamp" => unfit.hint("say how it is written: `timestamp = \"%d.%m.%Y %H:%M:%S\"`"),
            _ => unfit,
        });
    }
    let (at, wanted) = format.wanted(starts(record).map(|(at, rest, _)| (at, rest)));
    let unfit = Unfit::new(format!("a line that a pattern reads (it wants {wanted} at byte {at})"));
    let later = |pattern: &Pattern| pattern.fits_later(record);
    Err(match format.definition().patterns.iter().any(later) {
        true => unfit.hint(
            "a pattern fits from the first byte on, or behind a syslog header: begin it with `.*?` to pass over what \
             stands before",
        ),
        false => unfit,
    })
}

/// Does this format read the line?
pub fn reads(format: &OwnFormat, line: &str) -> bool {
    starts(line.as_bytes()).any(|(_, rest, _)| format.read(rest).is_some())
}
