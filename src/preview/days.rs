//! What people read on days of different kinds: generated, played, measured, and held against what we aim at. The table
//! stands in docs/triage.md; `UPDATE=1 cargo test days` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use ipsbell_parsers::alert::{Alert, Endpoint, Rule, Severity, Verdict};
use jiff::{SignedDuration, Timestamp};

use super::{Played, Player, Post};
use crate::config::Config;
use crate::event::{Event, EventId};
use crate::triage::{Policy, SeverityPolicy};

const DAY_SECS: f64 = 86_400.0;
const NOON_SECS: f64 = 43_200.0;
const RULES: usize = 400;
const SCANNER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 99));
const INFECTED: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 1, 2, 66));

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    /// From 0 up to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, end: usize) -> usize {
        (self.part() * end as f64) as usize
    }

    /// The first of them most often: the n-th n times less.
    fn heavy_tailed(&mut self, end: usize) -> usize {
        ((end as f64 + 1.0).powf(self.part()) - 1.0) as usize
    }
}

struct Seen {
    at_secs: f64,
    rule: usize,
    severity: Severity,
    verdict: Verdict,
    source: IpAddr,
    target: IpAddr,
}

fn address(number: usize) -> IpAddr {
    let number = u32::try_from(number).unwrap();
    IpAddr::V4(Ipv4Addr::from(0xC612_0000 + number))
}

fn server(number: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 168, 7, u8::try_from(number % 20).unwrap()))
}

/// One rule in a hundred is critical, nine are high, and so on.
fn severity_of(rule: usize) -> Severity {
    match (rule * 37 + 11) % 100 {
        0 => Severity::Critical,
        1..=9 => Severity::High,
        10..=49 => Severity::Medium,
        50..=84 => Severity::Low,
        _ => Severity::Info,
    }
}

fn ordinary(dice: &mut Dice, alerts: usize, rules: usize, sources: usize) -> Vec<Seen> {
    let one = |dice: &mut Dice| {
        let rule = dice.heavy_tailed(rules);
        Seen {
            at_secs: dice.part() * DAY_SECS,
            rule,
            severity: severity_of(rule),
            verdict: if rule.is_multiple_of(3) { Verdict::Detected } else { Verdict::Blocked },
            source: address(dice.heavy_tailed(sources)),
            target: server(dice.below(20)),
        }
    };
    (0..alerts).map(|_| one(dice)).collect()
}

fn quiet() -> Vec<Seen> {
    ordinary(&mut Dice(1), 40, 15, 30)
}

fn noisy() -> Vec<Seen> {
    ordinary(&mut Dice(2), 50_000, RULES, 3_000)
}

/// A scanner of ports and one of web servers, from one address.
fn scan() -> Vec<Seen> {
    let mut dice = Dice(3);
    let one = |number: usize| {
        let rule = if number < RULES { number } else { dice.below(RULES) };
        Seen {
            at_secs: NOON_SECS + number as f64 * 300.0 / 4_000.0,
            rule,
            severity: severity_of(rule),
            verdict: Verdict::Blocked,
            source: SCANNER,
            target: server(number),
        }
    };
    (0..4_000).map(one).collect()
}

/// One rule, tripped in an hour from so many addresses.
fn brute_force(sources: usize, alerts: usize) -> Vec<Seen> {
    let one = |number: usize| Seen {
        at_secs: NOON_SECS + number as f64 * 3_600.0 / alerts as f64,
        rule: 7,
        severity: Severity::Medium,
        verdict: Verdict::Detected,
        source: address(number * 7_919 % sources),
        target: server(1),
    };
    (0..alerts).map(one).collect()
}

/// A machine of ours talks out, amid the noisy day.
fn worm() -> Vec<Seen> {
    let one = |number: usize| Seen {
        at_secs: NOON_SECS + number as f64 * 1.5,
        rule: 3 + number % 3,
        severity: Severity::High,
        verdict: Verdict::Detected,
        source: INFECTED,
        target: address(50_000 + number),
    };
    noisy().into_iter().chain((0..1_200).map(one)).collect()
}

fn name(rule: usize) -> String {
    format!("RULE-{rule:04} of the generated day")
}

fn event(number: usize, seen: &Seen, severities: &SeverityPolicy) -> Event<'static> {
    let at = Timestamp::from_second(1_790_000_000 / 86_400 * 86_400).unwrap()
        + SignedDuration::from_secs_f64(seen.at_secs);
    let side = |ip| Endpoint { ip: Some(ip), port: Some(443), ..Endpoint::default() };
    let mut event = Event {
        sequence: None,
        id: EventId(number as u128),
        at,
        read_at: at,
        severity: seen.severity,
        direction: None,
        agent_host: "sensor-1".into(),
        format: "suricata-eve".into(),
        path: "eve.json".into(),
        offset: 0,
        alert: Alert {
            severity: seen.severity,
            verdict: seen.verdict,
            rule: Rule {
                id: Some((9_000_000 + seen.rule).to_string().into()),
                generator: Some(1),
                name: Some(name(seen.rule).into()),
                ..Rule::default()
            },
            source: side(seen.source),
            destination: side(seen.target),
            ..Alert::default()
        },
        raw: b"".into(),
    };
    event.severity = severities.severity(&event);
    event
}

/// What was measured of a day.
struct Day {
    played: Played,
    posts: Vec<Post>,
    /// From the first event of each rule until a post names it, in seconds, by the severity of that event.
    named_after: BTreeMap<Severity, Vec<f64>>,
    first_at: Timestamp,
    alerts: Vec<(Timestamp, String)>,
}

fn play(mut seen: Vec<Seen>) -> Day {
    seen.sort_by(|a, b| a.at_secs.total_cmp(&b.at_secs));
    let kind = crate::destinations::kind("slack").unwrap();
    let mut config = Config::for_files(&[], kind, "/nonexistent".into()).unwrap();
    config.destinations[0].pace = kind.pace;
    let policy = Policy::new(&config, &config.destinations[0]);
    let severities = SeverityPolicy::new(&config);
    let mut posts = Vec::new();
    let mut take = |post: Post| posts.push(post);
    let mut player = Player::new("sensor-1", policy, kind.pace, &mut take);
    let mut first: BTreeMap<String, (Timestamp, Severity)> = BTreeMap::new();
    let mut alerts = Vec::new();
    for (number, seen) in seen.iter().enumerate() {
        let event = event(number, seen, &severities);
        alerts.push((event.at, name(seen.rule)));
        first.entry(name(seen.rule)).or_insert((event.at, event.severity));
        player.event(event);
    }
    let played = player.finish();
    let named = named(&posts);
    let mut named_after: BTreeMap<Severity, Vec<f64>> = BTreeMap::new();
    for (rule, (at, severity)) in &first {
        let after = named.get(rule).map_or(f64::INFINITY, |n| n.duration_since(*at).as_secs_f64());
        named_after.entry(*severity).or_default().push(after);
    }
    Day { played, posts, named_after, first_at: alerts[0].0, alerts }
}

/// When each rule was first named in a post.
fn named(posts: &[Post]) -> BTreeMap<String, Timestamp> {
    let mut named = BTreeMap::new();
    for post in posts {
        for behind in text(post).split("RULE-").skip(1) {
            let rule: usize = behind.get(..4).unwrap().parse().unwrap();
            named.entry(name(rule)).or_insert(post.at);
        }
    }
    named
}

fn text(post: &Post) -> String {
    let message = &post.message;
    let cards = message.cards.iter().flat_map(|card| card.lines(true));
    let lines = std::iter::once(message.headline.clone()).chain(cards);
    lines.map(|line| line.plain() + "\n").collect()
}

impl Day {
    /// The last of the rules of this severity, in seconds.
    fn named_within(&self, severity: Severity) -> f64 {
        let after = self.named_after.get(&severity).into_iter().flatten();
        after.copied().fold(0.0, f64::max)
    }

    fn posts_in_first_hour(&self) -> usize {
        let hour = self.first_at + SignedDuration::from_hours(1);
        self.posts.iter().filter(|post| post.at <= hour).count()
    }

    fn most_posts_in_an_hour(&self) -> usize {
        let hour = SignedDuration::from_hours(1);
        let in_hour = |from: Timestamp| {
            self.posts.iter().filter(|p| p.at >= from && p.at < from + hour).count()
        };
        self.posts.iter().map(|post| in_hour(post.at)).max().unwrap_or(0)
    }

    fn accounted(&self) -> bool {
        let Played { alerts, told, muted, not_matched, .. } = self.played;
        let in_posts: u64 = self.posts.iter().map(|post| post.alerts).sum();
        alerts == told + muted + not_matched && in_posts == told
    }
}

fn seconds(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 5_400.0 => format!("{:.1} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

fn row(table: &mut String, what: &str, day: &Day, aim: &str) {
    let named: Vec<String> = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low]
        .map(|severity| match day.named_after.get(&severity) {
            Some(_) => seconds(day.named_within(severity)),
            None => "-".to_owned(),
        })
        .to_vec();
    writeln!(
        table,
        "| {what} | {} | {} | {} | {} | {} | {} | {aim} |",
        day.played.alerts,
        day.played.posts,
        day.posts_in_first_hour(),
        day.most_posts_in_an_hour(),
        named.join(" | "),
        if day.accounted() { "100 %" } else { "NO" },
    )
    .unwrap();
}

#[test]
fn the_days_are_as_the_table_says() {
    let mut table = String::new();
    let quiet = play(quiet());
    row(&mut table, "quiet", &quiet, "every alert within a second");
    let noisy = play(noisy());
    let aim = "200 posts; critical 5 s, high 60 s, medium 15 min, low 60 min";
    row(&mut table, "noisy", &noisy, aim);
    let scan = play(scan());
    row(&mut table, "nmap and nikto from one address", &scan, "6 posts in the first hour");
    let few = play(brute_force(2_000, 10_000));
    row(&mut table, "brute force from 2,000 addresses", &few, "8 posts in the first hour");
    let many = play(brute_force(100_000, 100_000));
    row(&mut table, "brute force from 100,000 addresses", &many, "8 posts in the first hour");
    let worm = play(worm());
    row(&mut table, "a worm going out amid the noisy day", &worm, "its card within 5 s");
    println!("{table}");
    compare(&table);

    for day in [&quiet, &noisy, &scan, &few, &many, &worm] {
        assert!(day.accounted());
    }
    assert!(latest(&quiet) <= 1.0, "{}", latest(&quiet));
    assert!(noisy.played.posts <= 200);
    for (severity, aim) in [
        (Severity::Critical, 5.0),
        (Severity::High, 60.0),
        (Severity::Medium, 900.0),
        (Severity::Low, 3_600.0),
    ] {
        assert!(noisy.named_within(severity) <= aim, "{severity:?}");
    }
    assert!(scan.posts_in_first_hour() <= 6);
    let last = text(scan.posts.last().unwrap());
    assert!(last.contains("203.0.113.99") && last.contains("rules"), "{last}");
    assert!(few.posts_in_first_hour() <= 8 && many.posts_in_first_hour() <= 8);
    let noon = worm.first_at + SignedDuration::from_secs_f64(NOON_SECS - 60.0);
    let card = worm.posts.iter().filter(|post| post.at >= noon).find(|post| {
        post.message
            .cards
            .iter()
            .any(|card| card.lines(true).iter().any(|line| line.plain().contains("10.1.2.66")))
    });
    let infected =
        worm.first_at.duration_since(worm.alerts[0].0) + card.unwrap().at.duration_since(noon);
    assert!(infected <= SignedDuration::from_secs(70), "{infected}");
}

/// The longest that an alert of a quiet day waited to be told.
fn latest(day: &Day) -> f64 {
    let mut told: BTreeSet<(Timestamp, u64)> = BTreeSet::new();
    let mut sum = 0;
    for post in &day.posts {
        sum += post.alerts;
        told.insert((post.at, sum));
    }
    let waits = day.alerts.iter().zip(1..).map(|((at, _), number)| {
        let post = told.iter().find(|(_, sum)| *sum >= number);
        post.map_or(f64::INFINITY, |(told_at, _)| told_at.duration_since(*at).as_secs_f64())
    });
    waits.fold(0.0, f64::max)
}

/// Holds the table against the page.
fn compare(table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/triage.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, behind) =
        page.split_once("|---|---|---|---|---|---|---|---|---|---|---|\n").unwrap();
    let (_, behind) = behind.split_once("\n\n").unwrap();
    let rule = "|---|---|---|---|---|---|---|---|---|---|---|\n";
    let new = format!("{before}{rule}{table}\n{behind}");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, new).unwrap();
    } else {
        assert_eq!(page, new, "the table of docs/triage.md is another: UPDATE=1 cargo test days");
    }
}
