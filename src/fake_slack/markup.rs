//! What Slack would read out of a text: mentions that notify, links that can be clicked. Stricter
//! than Slack where its behaviour is not known.

/// What a text would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) notify: Vec<String>,
    pub(super) link: Vec<String>,
}

/// How much of a text Slack reads by itself, beside `<…>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Automatic {
    /// Nothing.
    Off,
    /// Bare URLs.
    Urls,
    /// Bare URLs, `@here` and `#general`.
    UrlsAndNames,
}

/// What clients make a link of without being asked.
const URL_STARTS: [&str; 5] = ["http://", "https://", "ftp://", "mailto:", "www."];

/// Names that notify.
const NAMES: [&str; 4] = ["@here", "@channel", "@everyone", "@group"];

impl Marks {
    /// Reads a text of type `mrkdwn`. Code spans do not protect: Slack reads `<…>` in them too.
    pub(super) fn read(&mut self, text: &str, automatic: Automatic) {
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            self.bare(before, automatic);
            let (inside, tail) = after.split_once('>').unwrap_or((after, ""));
            self.token(inside);
            rest = tail;
        }
        self.bare(rest, automatic);
    }

    /// What stands between `<` and `>`.
    fn token(&mut self, inside: &str) {
        let whole = format!("<{inside}>");
        if inside.starts_with('@') {
            self.notify.push(whole);
        } else if let Some(special) = inside.strip_prefix('!') {
            match special.strip_prefix("date^") {
                None => self.notify.push(whole),
                Some(date) => {
                    // `ts^format|fallback` is text; `ts^format^link|fallback` is a link.
                    let head = date.split_once('|').map_or(date, |(head, _)| head);
                    let is_text = date.contains('|')
                        && head.split('^').count() == 2
                        && head.split('^').next().is_some_and(|ts| ts.parse::<u64>().is_ok());
                    if !is_text {
                        self.link.push(whole);
                    }
                }
            }
        } else {
            self.link.push(whole);
        }
    }

    /// Text outside of `<…>`.
    pub(super) fn bare(&mut self, text: &str, automatic: Automatic) {
        if automatic == Automatic::Off {
            return;
        }
        let lower = text.to_lowercase();
        let found = URL_STARTS.iter().filter(|start| lower.contains(**start));
        self.link.extend(found.map(|start| (*start).to_owned()));
        if automatic == Automatic::UrlsAndNames {
            let names = NAMES.iter().filter(|name| lower.contains(**name));
            self.notify.extend(names.map(|name| (*name).to_owned()));
            let channels = text.split_whitespace().filter(|word| is_channel(word));
            self.link.extend(channels.map(str::to_owned));
        }
    }
}

fn is_channel(word: &str) -> bool {
    let name = word.strip_prefix('#').unwrap_or_default();
    name.starts_with(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, automatic: Automatic, notify: &[&str], link: &[&str]) {
        let mut marks = Marks::default();
        marks.read(text, automatic);
        assert_eq!((marks.notify, marks.link), (owned(notify), owned(link)), "for {text}");
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_slack_reads_is_found() {
        use Automatic::{Off, Urls, UrlsAndNames};
        check("plain &lt;!here&gt;", UrlsAndNames, &[], &[]);
        check("`<!here>` <!channel|x>", Off, &["<!here>", "<!channel|x>"], &[]);
        check("<@U1> <!subteam^S1>", Off, &["<@U1>", "<!subteam^S1>"], &[]);
        check("<#C1> <https://e.example|x>", Off, &[], &["<#C1>", "<https://e.example|x>"]);
        check("<!date^1^{date}|then>", Off, &[], &[]);
        check("<!date^1^{date}^https://e|x>", Off, &[], &["<!date^1^{date}^https://e|x>"]);
        check("a < b", Off, &[], &["< b>"]);
        check("see HTTPS://e @here #ops", Off, &[], &[]);
        check("see HTTPS://e @here #ops", Urls, &[], &["https://"]);
        check("see https://e @here #ops", UrlsAndNames, &["@here"], &["https://", "#ops"]);
    }
}
