//! Lines: how they are put together, and how they read as plain text. Knows no receiver.

use jiff::Timestamp;

use super::sanitize::{self, Rules};
use super::{Card, Line, Message, Span};
use crate::event::links::Link;

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// With our own words at its end.
    #[must_use]
    pub fn words(mut self, words: impl Into<String>) -> Self {
        let words = words.into();
        match self.0.last_mut() {
            Some(Span::Words(last)) => last.push_str(&words),
            _ if words.is_empty() => {}
            _ => self.0.push(Span::Words(words)),
        }
        self
    }

    /// With our own words at its end, made to stand out.
    #[must_use]
    pub fn strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Span::Strong(words.into()));
        self
    }

    /// With text of a log at its end, made safe and cut here. An empty text adds nothing.
    #[must_use]
    pub fn quote(mut self, text: &str, rules: &Rules<'_>) -> Self {
        if !text.is_empty() {
            self.0.push(Span::Quote(sanitize::sanitize(text, rules)));
        }
        self
    }

    /// With an instant at its end.
    #[must_use]
    pub fn time(mut self, at: Timestamp) -> Self {
        self.0.push(Span::Time(at));
        self
    }

    /// With something to type at its end.
    #[must_use]
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.0.push(Span::Command(command.into()));
        self
    }

    /// With a page at its end.
    #[must_use]
    pub fn link(self, link: Link) -> Self {
        self.page(link.site, &link.url)
    }

    /// With a page of the operator's at its end.
    #[must_use]
    pub fn page(mut self, text: &str, url: &str) -> Self {
        self.0.push(Span::Link { text: text.to_owned(), url: url.to_owned() });
        self
    }

    /// With another line at its end.
    #[must_use]
    pub fn line(mut self, other: Self) -> Self {
        for span in other.0 {
            match span {
                Span::Words(words) => self = self.words(words),
                span => self.0.push(span),
            }
        }
        self
    }

    /// Is there nothing in it?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As plain text, times in UTC.
    pub fn plain(&self) -> String {
        self.0.iter().map(Span::plain).collect()
    }

    /// The parts that are not empty, with `separator` between them.
    pub(super) fn joined(parts: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        parts.into_iter().filter(|part| !part.is_empty()).fold(Self::new(), |line, part| {
            let line = if line.is_empty() { line } else { line.words(separator) };
            line.line(part)
        })
    }
}

impl Span {
    /// As plain text, times in UTC.
    pub fn plain(&self) -> String {
        match self {
            Self::Words(text) | Self::Strong(text) | Self::Quote(text) | Self::Command(text) => {
                text.clone()
            }
            Self::Link { url, .. } => url.clone(),
            Self::Time(at) => utc(*at),
        }
    }
}

/// `2026-11-23 11:37:00 UTC`.
pub fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

impl Card {
    /// All that the card shows, in reading order: the title, the facts, the evidence. `with_id`
    /// puts the card's id behind its title, for a message with several.
    pub fn lines(&self, with_id: bool) -> Vec<Line> {
        let mut title = self.title.clone();
        if let Some(id) = self.id.as_ref().filter(|_| with_id) {
            title = title.words("  ").command(id);
        }
        let mut lines = vec![title];
        for (label, value) in &self.facts {
            let lead =
                if label.is_empty() { Line::new() } else { Line::new().strong(label).words("  ") };
            lines.push(lead.line(value.clone()));
        }
        for (label, text) in &self.evidence {
            let quote = Line(vec![Span::Quote(text.clone())]);
            lines.push(Line::new().strong(label).words("  ").line(quote));
        }
        lines
    }
}

impl Message {
    /// How many lines a reader sees, long ones counted once.
    pub fn visible_lines(&self) -> usize {
        let cards: usize = self.cards.iter().map(|card| card.lines(false).len()).sum();
        1 + cards + usize::from(!self.footer.is_empty())
    }

    /// Does every card show its id? With one card the footer names it.
    pub fn shows_ids(&self) -> bool {
        self.cards.iter().filter(|card| card.id.is_some()).count() > 1
    }
}
