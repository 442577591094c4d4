//! Messages for reports that people will see, and for any report at all.

use ipsbell_parsers::alert::{Severity, Value};
use proptest::prelude::*;
use std::sync::LazyLock;

use super::samples::{
    self, HOST, check_each, event, gap, group_of, hostile_event, large_group, report, single,
};
use super::*;
use crate::config::ContextFiles;
use crate::triage::{Entry, Gap, Group, Reason, Report, Rest};

fn lines(message: &Message) -> Vec<String> {
    let cards = message.cards.iter().flat_map(|card| card.lines(message.shows_ids()));
    let all = [message.headline.clone()].into_iter().chain(cards).chain([message.footer.clone()]);
    all.map(|line| line.plain()).collect()
}

#[test]
fn one_alert_tells_every_field_that_the_managed_service_told() {
    let event = event();
    let group = group_of(&event, "K7Q2M9XA");
    let message = compose(&report(vec![single(&group, &event)]));
    let text = lines(&message).join("\n");
    let fields = [
        ("host", HOST),
        ("reported host", "reported as fw-edge-1"),
        ("time", "2026-11-23 11:37:00 UTC"),
        (
            "rule name",
            "ET EXPLOIT Apache HTTP Server 2.4.49 - Path Traversal Attempt (CVE-2021-41773) M2",
        ),
        ("rule id", "1:2034125 rev 3"),
        ("action taken", "action Reset"),
        ("verdict", "blocked"),
        ("source", "203.0.113.7:52144 (00-0C-29-F3-6D-AE)"),
        ("destination", "192.0.2.12:443 (00-50-56-01-02-03) shop[.]example"),
        ("direction", "inbound"),
        ("flow", "flow Connection Flow"),
        ("interface", "interface eth0"),
        ("flags", "flags ACK PSH DF=1"),
        ("packet size", "1,460 bytes"),
        (
            "data",
            "GET /cgi-bin/.%2e/ HTTP/1.1\\r\\nHost: shop[.]example\\r\\n\
             Authorization: ***\\r\\n\\r\\n\\xff",
        ),
        ("severity", "severity high (1)"),
        ("category", "Attempted Administrator Privilege Gain"),
        ("request", "GET shop[.]example /cgi-bin/.%2e/.%2e/etc/passwd?token=***"),
        ("agent", "agent curl/8.5.0"),
        ("status", "answered 403"),
        ("vulnerability", "CVE-2021-41773, T1190"),
        ("protocol", "tcp/http"),
        ("count", "counted 3 times"),
        ("command", "ipsbell search K7Q2M9XA"),
    ];
    for (what, wanted) in fields {
        assert!(text.contains(wanted), "{what}: {wanted:?} is not in\n{text}");
    }
    assert_eq!(message.visible_lines(), ALERT_LINES_MAX, "{text}");
    assert!(message.cards[0].title.plain().starts_with("blocked, high: ET EXPLOIT"));
}

#[test]
fn the_headline_stands_alone_on_a_lock_screen() {
    let table = [
        (
            "single",
            "HIGH blocked: ET EXPLOIT Apache HTTP Ser…(+55) 203.0.113.7 → 192.0.2.12:443 on \
             VA1SCDVMDC101",
        ),
        ("bare", "HIGH detected, not stopped: a rule without a name on VA1SCDVMDC101"),
        (
            "again",
            "MEDIUM blocked (4 NOT): ET SCAN Suspicious inbound…(+19) at least 256 sources → \
             192.0.2.12 on VA1SCDVMDC101, again: 240 since the last post, 1,204 in all since \
             2026-11-23 11:02:00 UTC",
        ),
        (
            "gap",
            "IPS alerts are posted again on VA1SCDVMDC101 after 14 min: 212 alerts waited, \
             none lost; 2 critical, 31 high, 179 medium",
        ),
        ("empty", "INFO: 0 alerts in 0 groups on VA1SCDVMDC101"),
    ];
    check_each(|name, report| {
        if let Some((_, wanted)) = table.iter().find(|(known, _)| *known == name) {
            assert_eq!(compose(report).headline.plain(), *wanted, "for {name}");
        }
    });
}

#[test]
fn none_lost_is_said_only_when_it_is_true() {
    let lost = |expired, maybe_repeated| {
        let gap = Gap { expired, maybe_repeated, ..gap() };
        lines(&compose(&Report { gap: Some(gap), ..report(Vec::new()) })).join("\n")
    };
    assert!(lost(0, 0).contains("212 alerts waited, none lost;"));
    assert!(lost(0, 1).contains("none lost, 1 post may appear twice"));
    assert!(lost(9, 0).contains("9 alerts LOST before they could be told"));
    assert!(!lost(9, 0).contains("none lost"));
}

#[test]
fn entries_beyond_the_most_are_counted_in_the_rest() {
    check_each(|name, report| {
        if name == "batch" {
            let text = lines(&compose(report)).join("\n");
            assert!(text.contains("and 2,408 more alerts in 2 other groups, worst low"), "{text}");
            assert!(text.contains("25,284 more alerts in 21 other groups"), "{text}");
        }
    });
}

#[test]
fn the_verdict_is_the_first_word_and_what_was_not_stopped_is_said() {
    let table = [
        ([9, 0, 0, 0, 0, 0], "blocked"),
        ([0, 9, 0, 0, 0, 0], "reset"),
        ([0, 0, 9, 0, 0, 0], "rejected"),
        ([0, 0, 0, 9, 0, 0], "detected, not stopped"),
        ([0, 0, 0, 0, 9, 0], "not stopped, would be blocked"),
        ([0, 0, 0, 0, 0, 9], "outcome unknown"),
        ([9, 0, 0, 1, 1, 0], "blocked (2 NOT)"),
    ];
    for (verdicts, wanted) in table {
        let group = Group { verdicts, total: 9, ..large_group("A1", "rule", Severity::High, 3) };
        let entry = Entry { group: &group, reason: Reason::Again, events: 9, sample: None };
        let message = compose(&report(vec![entry]));
        let title = message.cards[0].title.plain();
        assert_eq!(title, format!("{wanted}, high: rule (1:2034125)"));
    }
}

#[test]
fn nothing_of_a_log_is_in_a_command_or_in_the_plainest_form() {
    let mut event = event();
    event.alert.rule.name = Some("evil; rm -rf /".into());
    event.alert.rule.id = Some("$(reboot)".into());
    for id in ["$(reboot)", "a b", "", "AB12CD34AB12CD34X"] {
        let group = group_of(&event, id);
        let message = compose(&report(vec![single(&group, &event)]));
        let all = message.cards.iter().flat_map(|card| card.lines(true)).chain([message.footer]);
        for span in all.flat_map(|line| line.0) {
            assert!(!matches!(span, Span::Command(_)), "{span:?} for {id}");
        }
        assert_eq!(
            message.minimal,
            "IPS ALERT high blocked, 203.0.113.7 -> 192.0.2.12:443 on VA1SCDVMDC101"
        );
    }
}

#[test]
fn an_operator_may_show_more_or_less() {
    let event = event();
    let group = group_of(&event, "K7Q2M9XA");
    let entry = || report(vec![single(&group, &event)]);
    let open = Disclosure::OPEN;
    let text = lines(&compose_with(&entry(), open)).join("\n");
    assert!(text.contains("token=abc123") && text.contains("Basic YTpi"), "{text}");
    assert!(text.contains("GET shop.example /cgi-bin"), "{text}");
    let closed = Disclosure { payload: false, ..Disclosure::default() };
    let text = lines(&compose_with(&entry(), closed)).join("\n");
    assert!(!text.contains("Data  "), "{text}");
}

#[test]
fn an_excerpt_of_the_data_says_how_much_there_is() {
    let table = [
        (0, ""),
        (10, "ababababab"),
        (200, "ababababab"),
        (300, "ba…(+107)"),
        (12_288, "ba…(+12097)"),
        (12_289, "ba…(+12097) of 12,289 bytes"),
    ];
    for (bytes, end) in table {
        let mut event = event();
        event.alert.details.retain(|(key, _)| key != "ipsbell.payload");
        let data: String = "ab".chars().cycle().take(bytes).collect();
        let encoded = data_encoding::BASE64.encode(data.as_bytes());
        event.alert.details.push(("ipsbell.payload".into(), Value::Text(encoded.into())));
        let group = group_of(&event, "K7Q2M9XA");
        let message = compose(&report(vec![single(&group, &event)]));
        let found = message.cards[0].evidence.iter().find(|(label, _)| label == "Data");
        let text = found.map(|(_, text)| text.as_str()).unwrap_or_default();
        assert!(text.ends_with(end) && text.len() < 240, "{text} for {bytes}");
        assert_eq!(text.is_empty(), bytes == 0);
    }
}

#[test]
fn what_is_redacted_in_a_long_name_is_looked_for_in_the_whole() {
    let mut event = event();
    event.alert.rule.name = Some(format!("{}secret-name", "a b ".repeat(48)).into());
    let group = group_of(&event, "K7Q2M9XA");
    assert!(group.rule_name.as_ref().is_some_and(|name| name.contains("secret-n…(+")));
    let redactions = vec![Regex::new("secret-name").expect("a pattern")];
    let wording = Wording { redactions, ..Wording::default() };
    let text = lines(&wording.compose(&report(vec![single(&group, &event)]))).join("\n");
    assert!(text.contains("a b ***") && !text.contains("secret"), "{text}");
}

#[test]
fn what_is_told_late_says_how_late() {
    let event = event();
    let (one, many) = (group_of(&event, "K7Q2M9XA"), large_group("A1", "rule", Severity::High, 3));
    let told = |entry, seconds: i64| {
        let now = event.at + jiff::SignedDuration::from_secs(seconds);
        lines(&compose(&Report { now, ..report(vec![entry]) })).join("\n")
    };
    let of_many = |reason| Entry { group: &many, reason, events: 9, sample: Some(event.clone()) };
    let late = "11:37:00 UTC, told 14 min after it happened, ";
    assert!(told(single(&one, &event), 899).contains(late));
    assert!(told(of_many(Reason::New), 3_600).contains("told 1 h after the last happened"));
    for prompt in [
        told(single(&one, &event), 60),
        told(of_many(Reason::New), 60),
        told(of_many(Reason::Again), 3_600),
        told(of_many(Reason::Closed), 3_600),
    ] {
        assert!(!prompt.contains("told"), "{prompt}");
    }
}

#[test]
fn a_test_says_that_nothing_happened() {
    let message = test_message(HOST, samples::now());
    assert_eq!(message.tone, Tone::Test);
    assert!(message.minimal.ends_with("no alert, no action"), "{}", message.minimal);
}

/// The limits that hold for every message.
fn check_limits(message: &Message, is_batch: bool) -> Result<(), TestCaseError> {
    let lines_max = if is_batch { BATCH_LINES_MAX } else { ALERT_LINES_MAX };
    prop_assert!(message.visible_lines() <= lines_max, "{:#?}", lines(message));
    prop_assert!(message_chars(message) <= MESSAGE_CHARS_MAX, "{}", message_chars(message));
    prop_assert!(message.cards.len() < MESSAGE_BLOCKS_MAX);
    prop_assert!(message.minimal.len() <= MINIMAL_CHARS_MAX && message.minimal.is_ascii());
    for line in lines(message) {
        prop_assert!(!line.chars().any(sanitize::is_invisible), "{line:?}");
    }
    Ok(())
}

/// With files that say much, and nothing good, of every address and rule.
static WORDING: LazyLock<Wording> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory");
    let file = |name: &str, text: String| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let evil = "<!channel>&\u{202e}http://a.example/".repeat(20);
    let files = ContextFiles {
        hosts: None,
        assets: Some(file("assets", format!("0.0.0.0/0,{evil},{evil}\n"))),
        rules: vec![file(
            "rules",
            format!("a (msg:\"{evil}\"; sid:2034125; reference:url,{evil};)"),
        )],
    };
    let (context, faults) = Context::load(&files);
    assert!(faults.list.is_empty(), "{faults:?}");
    Wording { context: context.into(), ..Wording::default() }
});

#[test]
fn what_is_known_stands_in_the_card_and_is_made_safe() {
    let mut event = event();
    event.alert.rule.name = None;
    let group = group_of(&event, "K7Q2M9XA");
    let message = WORDING.compose(&report(vec![single(&group, &event)]));
    assert!(message.headline.plain().contains("blocked: <!channel>"), "{:?}", message.headline);
    let text = lines(&message).join("\n");
    for wanted in ["192.0.2.12:443 (00-50-56-01-02-03) (<!channel>&\\u{202e}hxxp[:]//", "see <!ch"]
    {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let of_the_log = text.replace("https://nvd.nist.gov/", "");
    assert!(!of_the_log.contains("://"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_report_keeps_the_limits(
        texts in prop::collection::vec(attack(), 1..8),
        many in 0..14_usize,
        counts in any::<[u16; 6]>(),
        has_gap in any::<bool>(),
        rest in 0..3_u64,
        reason in prop::sample::select(vec![Reason::New, Reason::Again, Reason::Closed]),
        sources in 0..400_u16,
    ) {
        let event = hostile_event(&texts);
        let mut group = large_group("K7Q2M9XA", "", Severity::Critical, sources);
        group.rule_name = event.alert.rule.name.as_ref().map(ToString::to_string);
        group.rule_id = event.alert.rule.id.as_ref().map(ToString::to_string);
        group.verdicts = counts.map(u64::from);
        group.total = if many % 2 == 0 { 1 } else { u64::MAX };
        let entry = |_| Entry {
            group: &group,
            reason,
            events: group.total,
            sample: Some(event.clone()),
        };
        let host = texts.concat();
        let report = Report {
            id: "P0ST1D00",
            agent_host: &host,
            now: samples::now(),
            entries: (0..many).map(entry).collect(),
            rest: Rest { groups: rest, events: u64::MAX, worst: Severity::High },
            gap: has_gap.then(|| Gap { why: host.clone(), waited: [u64::MAX; 5], ..gap() }),
        };
        let message = WORDING.compose(&report);
        check_limits(&message, many > 1 || has_gap || rest > 0)?;
        let json = serde_json::to_string(&message).expect("a message is JSON");
        prop_assert_eq!(serde_json::from_str::<Message>(&json).expect("it comes back"), message);
    }
}

/// An attacker's text, short or very long.
fn attack() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        prop::sample::select(vec![
            "<!channel>",
            "&",
            "<",
            "`",
            "\n",
            "\u{301}",
            "http://a.example/"
        ])
        .prop_map(String::from),
    ];
    (prop::collection::vec(piece, 1..20), 1..400_usize)
        .prop_map(|(p, times)| p.concat().repeat(times))
}
