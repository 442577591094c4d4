//! When trouble is told: by tables of seconds, and by random lives of conditions.

use proptest::prelude::*;

use super::*;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + secs).unwrap()
}

fn condition(kind: Kind, subject: &str, since: i64) -> Condition {
    let text = format!("trouble with {subject:?}");
    Condition { kind, subject: subject.into(), text, since: at(since) }
}

fn incidents(count: u64, first: i64, last: i64) -> Incidents {
    Incidents {
        kind: Some(Kind::BytesLost),
        subject: "/var/log/eve.json".into(),
        text: "lost".into(),
        count,
        first_at: at(first),
        last_at: at(last),
    }
}

/// What is told at a time: the state and how many entries of each section.
fn shape(notice: &Notice) -> Vec<(State, usize)> {
    notice.sections.iter().map(|section| (section.state, section.entries.len())).collect()
}

/// Plays seconds: an unreadable log is open in the spans, and what is told is delivered at once. Each second is
/// another process where `restarts` says so.
fn play(spans: &[(i64, i64)], until: i64, restarts: bool) -> Vec<(i64, State)> {
    let mut telling = Telling::beginning_after(0);
    let mut told = Vec::new();
    for second in 0..until {
        if restarts {
            telling = serde_json::from_str(&serde_json::to_string(&telling).unwrap()).unwrap();
        }
        let span = spans.iter().find(|(from, to)| (*from..*to).contains(&second));
        let open = span.map(|(from, _)| condition(Kind::SourceUnreadable, "/a", *from));
        telling.observe(at(second), &open, true);
        if let Some(notice) = telling.notice(at(second), &[], 0, false) {
            told.extend(shape(&notice).into_iter().map(|(state, _)| (second, state)));
            telling.begin(at(second), &notice, None);
            telling.delivered();
        }
    }
    told
}

#[track_caller]
fn check(spans: &[(i64, i64)], until: i64, wanted: &[(i64, State)]) {
    assert_eq!(play(spans, until, false), wanted, "{spans:?}");
    assert_eq!(play(spans, until, true), wanted, "{spans:?} with a restart each second");
}

#[test]
fn it_is_told_when_it_has_lasted_and_its_end_once() {
    use State::{Began, Over};
    // A hiccup is not told, nor is its end.
    check(&[(0, 2), (10, 12)], 60, &[]);
    // Onset 3 s, then 1 s for others; its end after 3 s of calm, and 1 s for others.
    check(&[(0, 100)], 300, &[(4, Began), (104, Over)]);
    check(&[(0, 5)], 300, &[(4, Began), (9, Over)]);
    // Away for less than the calm: the same one.
    check(&[(0, 50), (52, 100)], 300, &[(4, Began), (104, Over)]);
}

#[test]
fn it_is_repeated_after_one_four_and_each_further_day() {
    use State::{Began, Over, Still};
    let (hour, day) = (3_600, 86_400);
    let first = 4 + hour + 1;
    let second = first + 4 * hour + 1;
    let third = second + day + 1;
    let wanted = [
        (4, Began),
        (first, Still),
        (second, Still),
        (third, Still),
        (third + day + 1, Still),
        (3 * day + 4, Over),
    ];
    assert_eq!(play(&[(0, 3 * day)], 3 * day + hour, false), wanted);
}

#[test]
fn what_comes_and_goes_is_told_less_and_less() {
    let flapping: Vec<(i64, i64)> = (0..720).map(|n| (n * 20, n * 20 + 10)).collect();
    let told = play(&flapping, 4 * 3_600, false);
    let began: Vec<i64> = told
        .iter()
        .filter(|(_, state)| *state == State::Began)
        .map(|(second, _)| *second)
        .collect();
    let gaps: Vec<i64> = began.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.iter().zip([60, 300, 900, 3_600]).all(|(gap, least)| *gap >= least), "{gaps:?}");
    assert!(told.len() <= 14, "{told:?}");
}

#[test]
fn a_hundred_begin_and_end_in_one_notice_each() {
    let many: Vec<Condition> =
        (0..100).map(|n| condition(Kind::SourceUnreadable, &format!("/{n}"), n / 50)).collect();
    let mut telling = Telling::beginning_after(0);
    let mut told = Vec::new();
    for second in 0..60 {
        telling.observe(at(second), many.iter().filter(|_| second < 30), true);
        if let Some(notice) = telling.notice(at(second), &[], 0, false) {
            told.extend(shape(&notice));
            telling.begin(at(second), &notice, None);
        }
    }
    assert_eq!(told, [(State::Began, 100), (State::Over, 100)]);
}

#[test]
fn what_lasts_beside_an_end_is_counted() {
    let mut telling = Telling::beginning_after(0);
    let both = [condition(Kind::SourceUnreadable, "/a", 0), condition(Kind::NotAFile, "/b", 0)];
    telling.observe(at(4), &both, true);
    let began = telling.notice(at(4), &[], 0, false).unwrap();
    telling.begin(at(4), &began, None);
    telling.observe(at(20), &both[1..], true);
    let over = telling.notice(at(24), &[], 0, false).unwrap();
    assert_eq!((over.others_open, over.is_good(), over.is_all_clear()), (1, true, false));
    assert_eq!((began.others_open, shape(&over)), (0, vec![(State::Over, 1)]));
}

#[test]
fn what_ended_before_anybody_could_be_told_is_told_as_over() {
    let mut telling = Telling::beginning_after(0);
    telling.observe(at(0), &[condition(Kind::StoreUnwritable, "reading", 0)], true);
    telling.observe(at(40), &[condition(Kind::StoreUnwritable, "reading", 0)], true);
    telling.observe(at(41), &[], true);
    let notice = telling.notice(at(48), &[], 0, false).unwrap();
    assert_eq!(shape(&notice), [(State::Over, 1)]);
    let entry = &notice.sections[0].entries[0];
    assert_eq!((entry.since, entry.until), (at(0), Some(at(41))));
}

#[test]
fn nothing_ends_before_everybody_has_reported() {
    let mut telling = Telling::beginning_after(0);
    let open = [condition(Kind::Lagging, "/a", 0)];
    telling.observe(at(0), &open, true);
    let notice = telling.notice(at(2), &[], 0, false).unwrap();
    telling.begin(at(2), &notice, None);
    telling.observe(at(20), &[], false);
    assert_eq!(telling.notice(at(60), &[], 0, true), None);
    telling.observe(at(60), &[], true);
    assert_eq!(shape(&telling.notice(at(60), &[], 0, true).unwrap()), [(State::Over, 1)]);
}

#[test]
fn at_the_end_of_a_run_all_that_is_open_is_told() {
    let mut telling = Telling::beginning_after(0);
    telling.observe(at(0), &[condition(Kind::DestinationDown, "soc", 0)], true);
    assert_eq!(telling.notice(at(0), &[], 0, false), None);
    let notice = telling.notice(at(0), &[incidents(1, 0, 0)], 0, true).unwrap();
    assert_eq!(shape(&notice), [(State::Began, 1), (State::Happened, 1)]);
    telling.begin(at(0), &notice, Some(1));
    assert_eq!((telling.notice(at(0), &[], 0, true), telling.incidents_to()), (None, Some(1)));
}

#[test]
fn incidents_are_told_soon_and_a_stream_of_them_ever_less_often() {
    let mut telling = Telling::beginning_after(0);
    let (mut told, mut pending) = (Vec::new(), 0_u64);
    for second in 0..3_600 {
        pending += 1;
        let waiting = [incidents(pending, second + 1 - pending as i64, second)];
        if let Some(notice) = telling.notice(at(second), &waiting, 0, false) {
            telling.begin(at(second), &notice, Some(second));
            telling.delivered();
            told.push((second, pending));
            pending = 0;
        }
    }
    assert_eq!(told.iter().take(4).map(|told| told.0).collect::<Vec<_>>(), [1, 6, 16, 36]);
    assert!(told.len() <= 12, "{told:?}");
    assert_eq!(told.iter().map(|told| told.1).sum::<u64>() + pending, 3_600);
}

#[test]
fn what_a_given_up_notice_should_have_told_is_told_again() {
    let mut telling = Telling::beginning_after(3);
    telling.observe(at(0), &[condition(Kind::SourceUnreadable, "/a", 0)], true);
    let notice = telling.notice(at(7), &[incidents(2, 1, 2)], 5, false).unwrap();
    telling.begin(at(7), &notice, Some(9));
    telling.given_up(at(8));
    assert_eq!(telling.incidents_to(), Some(3));
    assert_eq!(telling.notice(at(9), &[incidents(2, 1, 2)], 5, false), None);
    // Two in a row: not before 10 s have passed.
    assert_eq!(telling.due_at(at(9), None), Some(at(18)));
    let again = telling.notice(at(18), &[incidents(2, 1, 2)], 5, false).unwrap();
    assert_eq!(again, notice);
    assert_eq!(again.sections.iter().map(|section| section.more).sum::<u64>(), 5);
}

#[test]
fn a_clock_that_is_set_back_silences_nothing() {
    let mut telling = Telling::beginning_after(0);
    let open = [condition(Kind::SourceUnreadable, "/a", 1_000_000)];
    telling.observe(at(1_000_000), &open, true);
    let notice = telling.notice(at(1_000_007), &[], 0, false).unwrap();
    telling.begin(at(1_000_007), &notice, None);
    telling.delivered();
    telling.observe(at(0), &open, true);
    telling.observe(at(10), &[], true);
    assert_eq!(telling.due_at(at(10), None), Some(at(14)));
    assert_eq!(shape(&telling.notice(at(14), &[], 0, false).unwrap()), [(State::Over, 1)]);
}

#[test]
fn what_is_known_is_bounded_and_what_is_over_goes_first() {
    let mut telling = Telling::beginning_after(0);
    let round = |round: usize| -> Vec<Condition> {
        let name = |n: usize| format!("/{round}/{n}");
        (0..CONDITIONS_MAX).map(|n| condition(Kind::SourceUnreadable, &name(n), 0)).collect()
    };
    for (place, second) in (0..5).zip([0, 1_000, 2_000, 3_000, 4_000]) {
        let open = round(place);
        for second in (second..second + 1_000).step_by(20) {
            telling.observe(at(second), &open, true);
            if let Some(notice) = telling.notice(at(second), &[], 0, false) {
                telling.begin(at(second), &notice, None);
                telling.delivered();
            }
        }
        assert!(telling.known.len() <= KNOWN_MAX, "{}", telling.known.len());
        let known = |open: &Condition| telling.known.iter().any(|known| known.is(open));
        assert!(open.iter().all(known), "what is open is known");
    }
}

proptest! {
    /// Each condition is told to begin before it is told to be over, and over no more often than it began or was owed;
    /// after a long calm nothing that was told is without its end.
    #[test]
    fn every_beginning_that_is_told_has_one_end(
        steps in prop::collection::vec((prop::bits::u8::masked(7), 1_i64..2_000, any::<bool>()), 1..80),
    ) {
        let mut telling = Telling::beginning_after(0);
        let mut now = 0;
        let mut balance = [0_i32; 3];
        let mut since = [0_i64; 3];
        let mut last = 0_u8;
        let calm = (0..40).map(|_| (0, 500, false));
        for (open, wait, restart) in steps.into_iter().chain(calm) {
            now += wait;
            if restart {
                telling = serde_json::from_str(&serde_json::to_string(&telling).unwrap()).unwrap();
            }
            let conditions: Vec<Condition> = (0..3)
                .filter(|n| open & (1 << n) != 0)
                .map(|n| {
                    if last & (1 << n) == 0 { since[n] = now; }
                    condition(Kind::SourceUnreadable, &n.to_string(), since[n])
                })
                .collect();
            last = open;
            telling.observe(at(now), &conditions, true);
            let Some(notice) = telling.notice(at(now), &[], 0, false) else { continue };
            telling.begin(at(now), &notice, None);
            for section in &notice.sections {
                for entry in &section.entries {
                    let place: usize = entry.subject.parse().unwrap();
                    match section.state {
                        State::Began => balance[place] += 1,
                        State::Over => balance[place] = balance[place].max(1) - 1,
                        State::Still => prop_assert_eq!(balance[place], 1),
                        State::Happened => prop_assert!(false, "nothing happened"),
                    }
                    prop_assert!((0..=1).contains(&balance[place]), "{}: {:?}", place, balance);
                }
            }
        }
        prop_assert_eq!(balance, [0; 3]);
    }
}
