//! Posts as text on standard output, for `ipsbell watch` and for a first look.
//! The smallest kind: copy this one.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write as _};
use std::time::Duration;

use super::{Answer, Destination, Form, Kind, SettingsError, Tells};
use crate::config::Settings;
use crate::message::{self, Card, Line, Message, Span, Tone, sanitize};

/// `type = "console"`.
pub const KIND: Kind = Kind {
    name: "console",
    about: "prints posts on standard output",
    tells: Tells::Alerts,
    example: r#"[[destination]]
name = "screen"
type = "console"
"#,
    keys: &[],
    pace: Duration::ZERO,
    mention_allowed: |_| false,
    open,
};

struct Console {
    colour: bool,
}

fn open(_: &Settings) -> Result<Box<dyn Destination>, SettingsError> {
    Ok(Box::new(Console { colour: wants_colour() }))
}

/// Colour is for a terminal whose user does not forbid it (`NO_COLOR`, see no-color.org).
pub fn wants_colour() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

impl Destination for Console {
    fn render(&self, message: &Message, form: Form) -> Vec<u8> {
        let mut text = match form.minimal {
            true => format!("{}\n", printable(&message.minimal)),
            false => text(message, self.colour),
        };
        if form.maybe_repeated {
            text.push_str("  (may be a repeat: an earlier try had no clear answer)\n");
        }
        text.into_bytes()
    }

    fn post(&mut self, payload: &[u8], _: Duration) -> Answer {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(payload).and_then(|()| stdout.flush()) {
            Ok(()) => Answer::Delivered,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                Answer::DestinationRefused { why: "standard output was closed".to_owned() }
            }
            Err(error) => Answer::Later {
                after: None,
                maybe_delivered: true,
                slow_down: false,
                why: format!("standard output: {}", error.kind()),
            },
        }
    }

    fn reach(&mut self, _: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// The message as lines of text, a blank line at its end.
pub fn text(message: &Message, colour: bool) -> String {
    let mut output = String::new();
    let paint = Paint { colour };
    paint.line(&mut output, "", message.tone, &message.headline);
    for card in &message.cards {
        push_card(&mut output, paint, card, message.shows_ids());
    }
    if !message.footer.is_empty() {
        let footer = paint.spans(&message.footer);
        push(&mut output, format_args!("  {footer}\n"));
    }
    output.push('\n');
    output
}

fn push_card(output: &mut String, paint: Paint, card: &Card, with_id: bool) {
    for (index, line) in card.lines(with_id).iter().enumerate() {
        if index == 0 {
            paint.line(output, "  ", card.tone, line);
        } else {
            let line = paint.spans(line);
            push(output, format_args!("    {line}\n"));
        }
    }
}

fn push(output: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a `String` cannot fail.
    let written = output.write_fmt(arguments);
    debug_assert!(written.is_ok(), "a String takes everything");
}

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn line(self, output: &mut String, indent: &str, tone: Tone, line: &Line) {
        let mark = self.sgr(colour_of(tone), "●");
        push(output, format_args!("{indent}{mark} {}\n", self.spans(line)));
    }

    fn spans(self, line: &Line) -> String {
        line.0.iter().map(|span| self.span(span)).collect()
    }

    fn span(self, span: &Span) -> String {
        let text = printable(&span.plain());
        match span {
            Span::Words(_) | Span::Time(_) | Span::Link { .. } => text,
            Span::Strong(_) => self.sgr("1", &text),
            Span::Command(_) => self.sgr("36", &text),
            // What an attacker may have written stands apart, in colour or in quotes.
            Span::Quote(_) if self.colour => self.sgr("2", &text),
            Span::Quote(_) => format!("“{text}”"),
        }
    }

    /// Select Graphic Rendition (ECMA-48 §8.3.117).
    fn sgr(self, parameters: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{parameters}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn colour_of(tone: Tone) -> &'static str {
    use ipsbell_parsers::alert::Severity;
    match tone {
        Tone::Alert(number) => match message::severity(number) {
            Severity::Critical => "1;31",
            Severity::High => "31",
            Severity::Medium => "33",
            Severity::Low => "34",
            Severity::Info => "37",
        },
        Tone::Recovered => "32",
        Tone::Notice => "35",
        Tone::Test => "36",
    }
}

/// Once more, whoever built the message: nothing that a terminal would obey or not show.
pub(crate) fn printable(text: &str) -> String {
    let visible = |c: char| if sanitize::is_invisible(c) { '\u{fffd}' } else { c };
    text.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::compose;
    use crate::message::samples::{self, check_each, event, group_of, report, single};

    fn single_message() -> Message {
        let event = event();
        let group = group_of(&event, "K7Q2M9XA");
        compose(&report(vec![single(&group, &event)]))
    }

    #[test]
    fn a_post_reads_well_without_colour() {
        let wanted = "\
● HIGH blocked: “ET EXPLOIT Apache HTTP Ser…(+55)” 203.0.113.7 → 192.0.2.12:443 on VA1SCDVMDC101
  ● blocked, high: “ET EXPLOIT Apache HTTP Server 2.4.49 - Path Traversal Attempt \
(CVE-2021-41773) M2” (1:2034125)
    Traffic  203.0.113.7:52144 (00-0C-29-F3-6D-AE) → 192.0.2.12:443 (00-50-56-01-02-03) \
“shop[.]example”, inbound, tcp/http
";
        let text = text(&single_message(), false);
        assert!(text.starts_with(wanted), "{text}");
        assert!(text.ends_with("“text like this” is from the log: untrusted\n\n"), "{text}");
    }

    #[test]
    fn no_byte_reaches_the_terminal_that_it_would_obey() {
        let hostile = samples::hostile_event(&["\x1b]0;x\x07\u{9b}2J\u{202e}\r".to_owned()]);
        let group = group_of(&hostile, "K7Q2M9XA");
        let mut message = compose(&report(vec![single(&group, &hostile)]));
        // Even if somebody forgot to sanitise.
        message.cards[0].title.0.push(Span::Quote("\x1b[2J\u{202e}".to_owned()));
        for colour in [false, true] {
            let text = text(&message, colour);
            let bare = text.replace("\x1b[0m", "");
            let own = ["1", "2", "36", "31"];
            let bare = own.iter().fold(bare, |t, sgr| t.replace(&format!("\x1b[{sgr}m"), ""));
            let bad = bare.chars().find(|c| *c != '\n' && sanitize::is_invisible(*c));
            assert_eq!(bad, None, "in {text:?}");
            assert_eq!(colour, text.contains("\x1b["));
        }
    }

    #[test]
    fn forms_and_sizes() {
        let console = Console { colour: false };
        let message = single_message();
        let minimal = console.render(&message, Form { minimal: true, maybe_repeated: true });
        let minimal = String::from_utf8(minimal).expect("text");
        assert!(minimal.starts_with("IPS ALERT high blocked"), "{minimal}");
        assert!(
            minimal.ends_with("(may be a repeat: an earlier try had no clear answer)\n"),
            "{minimal}"
        );
        check_each(|name, report| {
            let message = compose(report);
            let lines = text(&message, false).lines().count();
            assert_eq!(lines, message.visible_lines() + 1, "for {name}");
        });
    }
}
