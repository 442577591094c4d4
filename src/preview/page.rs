//! The preview as a page that looks like the channel: HTML that stands alone, without script, network or font. Pure: what
//! was played in, text out.
//!
//! Text of a log stands only between tags, escaped; no attribute, style or link is ever made of it.

use std::fmt::{self, Display, Formatter};

use jiff::{SignedDuration, Timestamp};

use super::{Hours, Played, Post};
use crate::message::sanitize::is_invisible;
use crate::message::{Card, Line, Message, Span, Tone, severity, utc};

/// So many posts of a channel are shown, the first; of the others the page says how many they are.
pub const POSTS_MAX: usize = 300;

const STYLE: &str = include_str!("page.css");

/// The face of who posts, drawn once and shown beside each post.
const BELL: &str = "<svg class=\"art\" aria-hidden=\"true\"><symbol id=\"bell\" viewBox=\"0 0 24 24\">\
    <path d=\"M12 2a2 2 0 0 0-2 2v.3A7 7 0 0 0 5 11v5l-2 2v1h18v-1l-2-2v-5a7 7 0 0 0-5-6.7V4a2 2 0 0 0-2-2z\
    M9.5 20a2.5 2.5 0 0 0 5 0z\"/></symbol></svg>\n";

/// No network, no script: a browser holds us to it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// What was played into one destination.
#[derive(Debug, Default)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// Label and value of the settings that were played.
    pub settings: Vec<(&'static str, String)>,
    /// What became of all events.
    pub played: Played,
    /// The first posts, at most [`POSTS_MAX`].
    posts: Vec<Post>,
    hours: Hours,
}

impl Channel {
    /// A channel without posts.
    pub fn new(name: String, settings: Vec<(&'static str, String)>) -> Self {
        Self { name, settings, ..Self::default() }
    }

    /// Takes the next post.
    pub fn post(&mut self, post: Post) {
        self.hours.add(post.at);
        if self.posts.len() < POSTS_MAX {
            self.posts.push(post);
        }
    }
}

/// The whole page. `logs` says what was played, `made_at` when.
pub fn page(channels: &[Channel], logs: &str, made_at: Timestamp) -> String {
    let begin = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>ipsbell preview</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{BELL}"
    );
    let end = format!(
        "<footer>Made by <kbd>ipsbell preview</kbd> at {} from {}. Nothing was sent.</footer>\n\
         </body>\n</html>\n",
        time(made_at),
        Escaped(logs),
    );
    let sections = channels.iter().map(section);
    std::iter::once(begin).chain(sections).chain([end]).collect()
}

fn section(channel: &Channel) -> String {
    let Channel { name, played, posts, .. } = channel;
    let mut feed = String::new();
    let mut day = String::new();
    for post in posts {
        let this_day = post.at.strftime("%A, %-d %B %Y").to_string();
        if this_day != day {
            feed += &format!("<h2 class=\"day\"><span>{this_day}</span></h2>\n");
            day = this_day;
        }
        feed += &article(post);
    }
    let shown = posts.len() as u64;
    feed += &match played.posts.saturating_sub(shown) {
        0 if shown == 0 => "<p class=\"rest\">Nothing would have been posted.</p>\n".to_owned(),
        0 => String::new(),
        more => format!(
            "<p class=\"rest\">Shown are the first {shown} of {} posts; {more} more are not on this \
             page. <kbd>ipsbell preview</kbd> without <kbd>--html</kbd> prints them all.</p>\n",
            played.posts
        ),
    };
    format!(
        "<section aria-label=\"Channel\">\n<header>\n<h1>{}</h1>\n{}{}{}</header>\n\
         <main>\n{feed}</main>\n</section>\n",
        Escaped(name),
        numbers(played),
        bars(&channel.hours),
        settings(&channel.settings),
    )
}

/// What became of the alerts.
fn numbers(played: &Played) -> String {
    let Played { alerts, told, muted, not_matched, posts, groups } = played;
    let tiles = [
        (*alerts, "alerts"),
        (*posts, "posts"),
        (*groups, "groups"),
        (*told, "told"),
        (*muted, "muted"),
        (*not_matched, "not matched"),
        (played.unaccounted(), "unaccounted"),
    ];
    let tiles = tiles
        .iter()
        .map(|(number, what)| format!("<div><dt>{what}</dt><dd>{}</dd></div>\n", grouped(*number)));
    format!("<dl class=\"numbers\">\n{}</dl>\n", tiles.collect::<String>())
}

fn settings(settings: &[(&'static str, String)]) -> String {
    let rows = settings.iter().map(|(label, value)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", Escaped(label), Escaped(value))
    });
    format!(
        "<details open>\n<summary>Settings that were played</summary>\n<dl class=\"settings\">\n{}</dl>\n\
         </details>\n",
        rows.collect::<String>()
    )
}

/// Posts by the hour: a bar each, its number in its title, and in words beneath.
fn bars(hours: &Hours) -> String {
    const HEIGHT: u64 = 40;
    const STEP: usize = 5;
    let most = hours.most();
    if most == 0 {
        return String::new();
    }
    let mut bars = String::new();
    let (mut count, mut ends) = (0, None);
    for (place, (begin, posts)) in hours.bars().enumerate() {
        // A single post is seen beside hundreds.
        let height = if posts == 0 { 0 } else { (posts.saturating_mul(HEIGHT) / most).max(2) };
        bars += &format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{}: {posts}</title></rect>\n",
            place * STEP,
            HEIGHT.saturating_sub(height),
            STEP - 1,
            begin.strftime("%Y-%m-%d %H:%M UTC"),
        );
        let (first, _) = ends.unwrap_or((begin, begin));
        let hours = SignedDuration::from_hours(hours.width_hours());
        ends = Some((first, begin.saturating_add(hours).unwrap_or(begin)));
        count = place + 1;
    }
    let span = match hours.width_hours() {
        1 => "hour".to_owned(),
        width => format!("{width} hours"),
    };
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
    let ends = ends.map_or_else(String::new, |(first, end)| {
        format!("{} to {} UTC", minute(first), minute(end))
    });
    // Few bars keep their width instead of filling the row.
    let width = (count * STEP).max(24 * STEP);
    format!(
        "<figure>\n<svg viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Posts by the hour\">\n{bars}</svg>\n\
         <figcaption>Posts each {span}, {ends}: {} at the most</figcaption>\n</figure>\n",
        grouped(most)
    )
}

fn article(post: &Post) -> String {
    let Post { at, alerts, message, .. } = post;
    let mention = message.mention.as_deref().map_or_else(String::new, |mention| {
        format!("<span class=\"mention\">{}</span> ", Escaped(&called(mention)))
    });
    let cards: String = message.cards.iter().map(|card| self::card(card, message)).collect();
    let footer = match message.footer.is_empty() {
        true => String::new(),
        false => format!("<p class=\"foot\">{}</p>\n", Html(&message.footer)),
    };
    format!(
        "<article>\n<svg class=\"face\" aria-hidden=\"true\"><use href=\"#bell\"/></svg>\n<div class=\"who\"><b>ipsbell</b> <span class=\"app\">APP</span> {} \
         <span class=\"count\">{}</span></div>\n\
         <p class=\"headline\">{mention}{}{}</p>\n<div class=\"bar {}\">\n{cards}{footer}</div>\n\
         </article>\n",
        time(*at),
        told(*alerts),
        dot(message.tone),
        Html(&message.headline),
        look(message.tone),
    )
}

/// `<!here>` as the channel shows it, `@here`; another mention as it stands in the settings.
fn called(mention: &str) -> String {
    let name = mention.strip_prefix("<!").and_then(|rest| rest.strip_suffix('>'));
    let is_word = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase());
    name.filter(is_word).map_or_else(|| mention.to_owned(), |name| format!("@{name}"))
}

fn told(alerts: u64) -> String {
    match alerts {
        0 => "no new alert".to_owned(),
        1 => "1 alert".to_owned(),
        many => format!("{} alerts", grouped(many)),
    }
}

fn card(card: &Card, message: &Message) -> String {
    let mut lines = card.lines(message.shows_ids()).into_iter();
    let title = lines.next().unwrap_or_default();
    let facts: String = lines.map(|line| format!("<li>{}</li>\n", Html(&line))).collect();
    let facts = if facts.is_empty() { facts } else { format!("<ul>\n{facts}</ul>\n") };
    format!("<div class=\"card\">\n<p>{}{}</p>\n{facts}</div>\n", dot(card.tone), Html(&title))
}

/// A coloured mark; never the only sign, since the words say the severity.
fn dot(tone: Tone) -> String {
    format!("<i class=\"dot {}\"></i>", look(tone))
}

fn look(tone: Tone) -> &'static str {
    match tone {
        Tone::Alert(number) => severity(number).word(),
        Tone::Recovered => "recovered",
        Tone::Notice => "notice",
        Tone::Test => "test",
    }
}

fn time(at: Timestamp) -> String {
    let (machine, people) = (at.strftime("%Y-%m-%dT%H:%M:%SZ"), utc(at));
    format!("<time datetime=\"{machine}\">{people}</time>")
}

/// `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A line as HTML.
struct Html<'a>(&'a Line);

impl Display for Html<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for span in &self.0.0 {
            match span {
                Span::Words(text) => write!(out, "{}", Escaped(text))?,
                Span::Strong(text) => write!(out, "<b>{}</b>", Escaped(text))?,
                Span::Quote(text) => write!(out, "<code>{}</code>", Escaped(text))?,
                // The page leads nowhere.
                Span::Link { text, .. } => {
                    write!(out, "<span class=\"link\">{}</span>", Escaped(text))?;
                }
                Span::Command(text) => write!(out, "<kbd>{}</kbd>", Escaped(text))?,
                Span::Time(at) => out.write_str(&time(*at))?,
            }
        }
        Ok(())
    }
}

/// Text as text, wherever it stands: what HTML reads is escaped, and what nobody sees is shown, whoever composed it.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                hidden if is_invisible(hidden) => out.write_str("\u{fffd}")?,
                plain => write!(out, "{plain}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
