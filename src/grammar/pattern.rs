//! A pattern of a format that a user defines: a regular expression whose groups are named like fields. It fits a record
//! from its first byte on, so that what an attacker makes a program write in the midst of a line is never taken for the
//! line. Knows how far it came in a record that it does not fit.

use ipsbell_parsers::fields::{FIELDS, Field};
use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast};

use crate::wanted::{Unfit, known_words};

/// A longer pattern is refused.
pub const PATTERN_BYTES_MAX: usize = 4096;

/// A compiled pattern may take so much memory, and the automaton that is built of it while it reads as much again.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// Groups may be nested so deeply.
const DEPTH_MAX: u32 = 50;

/// Names that begin like this are no fields: their values are kept under the product's name, without it.
const EXTRA: &str = "x_";

/// Pieces of a pattern that are told apart where it does not fit; what is behind them is the last one.
const PIECES_MAX: usize = 64;

/// So many characters of a piece are shown.
const PIECE_CHARS_MAX: usize = 60;

/// A pattern.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// The named groups by their numbers.
    groups: Vec<(usize, Group)>,
    /// Where its pieces end, in bytes.
    pieces: Vec<usize>,
}

/// What a group's text is.
#[derive(Debug, Clone)]
pub(super) enum Group {
    /// The value of a field.
    Field(&'static Field),
    /// A value that is kept under this name below the product's.
    Extra(String),
}

impl Pattern {
    /// The pattern of this text.
    ///
    /// # Errors
    /// It is no regular expression, takes too much memory, or has no group or one of an unknown name.
    pub fn parse(text: &str) -> Result<Self, Unfit> {
        if text.is_empty() || text.len() > PATTERN_BYTES_MAX {
            return Err(Unfit::new(format!("a pattern of 1 to {PATTERN_BYTES_MAX} bytes")));
        }
        let parsed = ast::parse::ParserBuilder::new().nest_limit(DEPTH_MAX).build().parse(text);
        let ast = parsed.map_err(|error| {
            let (what, column) = (error.kind(), error.span().start.column);
            Unfit::new(format!("a regular expression ({what}, at its character {column})"))
        })?;
        let regex = compile(text).map_err(|error| {
            // The last line says what it is, those before show the pattern again.
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim_start_matches("error: ");
            Unfit::new(format!("a regular expression ({why})"))
        })?;
        let named = regex.capture_names().enumerate();
        let named = named.filter_map(|(number, name)| Some((number, name?)));
        let groups = named.map(|(number, name)| Ok((number, group(name)?)));
        let groups = groups.collect::<Result<Vec<_>, Unfit>>()?;
        if groups.is_empty() {
            let hint = r"name the parts that are of use: `(?P<source_ip>\S+)`";
            return Err(Unfit::new("a pattern with a named group").hint(hint));
        }
        Ok(Self { regex, groups, pieces: pieces(&ast, text.len()) })
    }

    /// Its text.
    pub fn text(&self) -> &str {
        self.regex.as_str()
    }

    /// The groups that took part, with their texts, if it fits from the record's first byte on.
    pub(super) fn groups<'p, 'a>(
        &'p self,
        record: &'a [u8],
    ) -> Option<impl Iterator<Item = (&'p Group, &'a [u8])>> {
        let captures = self.regex.captures(record)?;
        if captures.get(0)?.start() > 0 {
            return None;
        }
        let groups = self.groups.iter();
        Some(
            groups.filter_map(move |(number, group)| {
                Some((group, captures.get(*number)?.as_bytes()))
            }),
        )
    }

    /// Would it fit behind the record's first byte?
    pub(super) fn fits_later(&self, record: &[u8]) -> bool {
        self.regex.find(record).is_some_and(|found| found.start() > 0)
    }

    /// The byte at which it stopped to fit, and the piece that was wanted there.
    pub(super) fn farthest(&self, record: &[u8]) -> (usize, String) {
        let ends =
            |count: usize| count.checked_sub(1).and_then(|last| self.pieces.get(last)).copied();
        let fits = |count: usize| {
            let end = ends(count).unwrap_or(0);
            let begin = compile(self.text().get(..end)?).ok()?;
            begin.find(record).filter(|found| found.start() == 0).map(|found| found.end())
        };
        // If so many pieces fit, fewer do.
        let (mut fit, mut at, mut unfit) = (0, 0, self.pieces.len());
        while fit + 1 < unfit {
            let middle = fit.midpoint(unfit);
            match fits(middle) {
                Some(end) => (fit, at) = (middle, end),
                None => unfit = middle,
            }
        }
        let (from, to) = (ends(fit).unwrap_or(0), ends(fit + 1).unwrap_or(self.text().len()));
        let piece = self.text().get(from..to).unwrap_or_default();
        let mut shown: String = piece.chars().take(PIECE_CHARS_MAX).collect();
        if shown.len() < piece.len() {
            shown.push('…');
        }
        (at, shown)
    }
}

fn compile(text: &str) -> Result<Regex, regex::Error> {
    // A byte that is no UTF-8 must not hide a line, so `.` is any byte.
    RegexBuilder::new(text)
        .unicode(false)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .nest_limit(DEPTH_MAX)
        .build()
}

fn group(name: &str) -> Result<Group, Unfit> {
    if let Some(extra) = name.strip_prefix(EXTRA).filter(|extra| !extra.is_empty()) {
        return Ok(Group::Extra(extra.to_owned()));
    }
    Field::named(name).map(Group::Field).ok_or_else(|| {
        let known: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        let hint = known_words(name, &known);
        let hint = format!("{hint}; what is no field is named `{EXTRA}…`");
        Unfit::new(format!("groups that are named like fields, not `{name}`")).hint(hint)
    })
}

/// Where the pieces of a pattern end: characters that stand in a row are one, what is in a group is one.
fn pieces(ast: &Ast, text_bytes: usize) -> Vec<usize> {
    let parts: &[Ast] = if let Ast::Concat(concat) = ast { &concat.asts } else { &[] };
    let is_literal = |part: &Ast| matches!(part, Ast::Literal(_));
    let pairs = parts.iter().zip(parts.iter().skip(1));
    let ends = pairs.filter(|(part, next)| !is_literal(part) || !is_literal(next));
    let ends = ends.map(|(part, _)| part.span().end.offset);
    ends.take(PIECES_MAX - 1).chain([text_bytes]).collect()
}

impl PartialEq for Pattern {
    /// A pattern is its text.
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Pattern {}
