//! A destination's ledger: after every outcome the account is whole, and what is remembered is what
//! was written.

use std::collections::BTreeMap;

use super::*;
use crate::config::Config;
use crate::health::Health;
use crate::message;
use crate::triage::{Desk, Plan, Policy, Report, Rest};

/// A destination with a desk, which this test drives by hand.
pub(super) struct Teller {
    pub(super) ledger: Ledger,
    pub(super) desk: Desk,
    cursor: u64,
}

fn policy() -> Policy {
    let kind = crate::destinations::kind("console").unwrap();
    let config = Config::for_files(&[], kind, "/nonexistent".into()).unwrap();
    Policy::new(&config, &config.destinations[0])
}

fn message(id: &str) -> message::Message {
    let rest = Rest::default();
    message::compose(&Report {
        id,
        agent_host: HOST,
        now: at(0),
        entries: Vec::new(),
        rest,
        gap: None,
    })
}

impl Teller {
    pub(super) fn new(place: &Place, name: &str) -> (Self, Restored) {
        let mut ledger = place.store.ledger(name, HOST).unwrap();
        let restored = ledger.restore("console").unwrap();
        let desk = Desk::new(policy(), restored.groups.clone());
        (Self { ledger, desk, cursor: restored.cursor }, restored)
    }

    /// Reads on; what it read is on the desk.
    pub(super) fn read(&mut self) -> u64 {
        let desk = &mut self.desk;
        let (cursor, expired) = self
            .ledger
            .read_on(self.cursor, 1_000, &mut |event| {
                desk.fold(&event, at(0), &mut crate::identifier::card);
                true
            })
            .unwrap();
        self.cursor = cursor;
        expired
    }

    pub(super) fn commit(
        &mut self,
        expired: u64,
        attempt: Option<(&Plan, &str)>,
    ) -> Option<Attempt> {
        let words = message(attempt.map_or("", |attempt| attempt.1));
        let new = attempt.map(|(plan, id)| NewAttempt {
            id,
            message: &words,
            cards: plan.told().map(|told| (id, told)).collect(),
            plan,
            oldest_at: Some(at(0)),
        });
        let health = Health::default();
        let changes = self.desk.changes();
        let begun =
            self.ledger.commit(at(0), self.cursor, expired, &changes, &health, new.as_ref());
        self.desk.committed();
        begun.unwrap()
    }

    /// Tells all that is on the desk, and commits that as an attempt.
    pub(super) fn attempt(&mut self, id: &str) -> Attempt {
        let plan = self.desk.plan(at(0), true);
        self.desk.tell(&plan, at(0));
        self.commit(0, Some((&plan, id))).unwrap()
    }

    pub(super) fn answered(&mut self, attempt: &mut Attempt, outcome: Outcome) {
        let health = Health::default();
        self.ledger.answered(at(0), attempt, outcome, "word", b"payload", &health).unwrap();
    }
}

/// stored, unread, held, told, given up, expired.
fn sums(place: &Place) -> [u64; 6] {
    let account = place.account("soc");
    let Account { stored, unread, held, told, given_up, expired, .. } = account;
    [stored, unread, held, told, given_up, expired]
}

#[test]
fn the_account_is_whole_after_every_outcome() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    store(&mut writer, 1, 7, 0);
    let (mut soc, restored) = Teller::new(&place, "soc");
    assert_eq!((restored.cursor, restored.attempt.is_none()), (7, true));
    assert_eq!(sums(&place), [0; 6], "a new destination starts at now");

    store(&mut writer, 1, 4, 0);
    assert_eq!(sums(&place), [4, 4, 0, 0, 0, 0]);
    soc.read();
    assert_eq!(sums(&place), [4, 4, 0, 0, 0, 0], "what is not committed is not read");
    soc.commit(0, None);
    assert_eq!(sums(&place), [4, 0, 4, 0, 0, 0]);

    let mut attempt = soc.attempt("P0ST0001");
    assert_eq!((attempt.events, attempt.tries, attempt.unanswered), (4, 1, true));
    assert_eq!(sums(&place), [4, 0, 4, 0, 0, 0]);
    let again = Outcome::Again { maybe_delivered: false, minimal: false };
    soc.answered(&mut attempt, again);
    assert_eq!((attempt.unanswered, attempt.maybe_repeated), (false, false));
    assert_eq!(sums(&place), [4, 0, 4, 0, 0, 0]);
    soc.ledger.retry(&mut attempt).unwrap();
    soc.answered(&mut attempt, Outcome::Delivered);
    assert_eq!(sums(&place), [4, 0, 0, 4, 0, 0]);

    store(&mut writer, 2, 3, 1);
    soc.read();
    let mut attempt = soc.attempt("P0ST0002");
    soc.answered(&mut attempt, Outcome::Again { maybe_delivered: false, minimal: true });
    assert!(attempt.minimal);
    soc.answered(&mut attempt, Outcome::GivenUp);
    assert_eq!(sums(&place), [7, 0, 0, 4, 3, 0]);

    store(&mut writer, 3, 2, 2);
    writer.sweep(at(9), &retention(|keep| keep.events = Some(Duration::ZERO))).unwrap();
    assert_eq!(sums(&place), [9, 2, 0, 4, 3, 0]);
    let expired = soc.read();
    soc.commit(expired, None);
    assert_eq!(sums(&place), [9, 0, 0, 4, 3, 2]);

    // An open attempt outlives the retention of the ledger, what is over does not, and its sums
    // stay.
    store(&mut writer, 4, 1, 3);
    soc.read();
    soc.attempt("P0ST0003");
    let day = retention(|keep| keep.notifications = Some(Duration::from_secs(60)));
    assert_eq!(writer.sweep(at(60), &day).unwrap().notifications, 0);
    assert_eq!(writer.sweep(at(61), &day).unwrap().notifications, 2);
    assert_eq!(place.number("SELECT count(*) FROM notification"), 1);
    assert_eq!(place.number("SELECT count(*) FROM card"), 1);
    assert_eq!(place.number("SELECT told_pruned * 100 + given_up_pruned FROM destination"), 403);
    assert_eq!(sums(&place), [10, 0, 1, 4, 3, 2]);
    assert_eq!(place.view().card("P0ST0001").unwrap(), Found::Unknown);
}

#[test]
fn retention_of_the_ledger_keeps_each_destinations_sums() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let mut tellers = ["mail", "soc"].map(|name| Teller::new(&place, name).0);
    for round in 0..3 {
        store(&mut writer, 1, 2 + round, 0);
        for (number, teller) in tellers.iter_mut().enumerate() {
            teller.read();
            let mut attempt = teller.attempt("P0ST0001");
            let outcome = if number == 0 { Outcome::GivenUp } else { Outcome::Delivered };
            teller.answered(&mut attempt, outcome);
        }
    }
    let none = retention(|keep| keep.notifications = Some(Duration::ZERO));
    assert_eq!(writer.sweep(at(1), &none).unwrap().notifications, 6);
    let mail = place.account("mail");
    assert_eq!((mail.told, mail.given_up, mail.stored), (0, 9, 9));
    let soc = place.account("soc");
    assert_eq!((soc.told, soc.given_up, soc.stored), (9, 0, 9));
}

#[test]
fn a_new_process_goes_on_where_the_last_one_was() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (mut soc, _) = Teller::new(&place, "soc");
    store(&mut writer, 1, 3, 0);
    store(&mut writer, 2, 1, 0);
    soc.read();
    let mut attempt = soc.attempt("P0ST0001");
    let groups: BTreeMap<_, _> = soc
        .desk
        .changes()
        .groups
        .into_iter()
        .map(|(key, group)| (key.to_owned(), group.clone()))
        .collect();
    assert!(groups.is_empty(), "all was committed");
    let mut health = Health::default();
    health.note(
        at(3),
        &crate::destinations::Answer::DestinationRefused { why: "no_service".into() },
        false,
    );
    health.gap_mut(at(4)).expired += 5;
    health.notices = crate::trouble::Telling::beginning_after(0);
    let outcome = Outcome::Again { maybe_delivered: true, minimal: true };
    soc.ledger.answered(at(3), &mut attempt, outcome, "word", b"payload", &health).unwrap();
    let keys: Vec<String> = ["rule=1:1", "rule=1:2"]
        .map(|rule| format!("{rule}\nverdict=detected\n"))
        .into_iter()
        .collect();
    let on_desk: Vec<_> = keys.iter().map(|key| soc.desk.group(key).unwrap().clone()).collect();

    // Without a further word, and with another try begun, whose answer nobody knows.
    for (tries, unanswered) in [(1, false), (2, true)] {
        let (_, restored) = Teller::new(&place, "soc");
        assert_eq!((restored.cursor, &restored.health), (4, &health));
        assert!(restored.groups.keys().eq(&keys), "{:?}", restored.groups);
        assert!(restored.groups.values().eq(&on_desk), "{:?}", restored.groups);
        let found = restored.attempt.unwrap();
        assert_eq!((found.id, found.events, &found.message), (attempt.id, 4, &attempt.message));
        assert_eq!((found.tries, found.unanswered), (tries, unanswered));
        assert_eq!((found.maybe_repeated, found.minimal), (true, true));
        soc.ledger.retry(&mut attempt).unwrap();
    }
    // A group that is closed is gone.
    soc.desk.plan(at(0), true);
    soc.commit(0, None);
    assert!(Teller::new(&place, "soc").1.groups.is_empty());
}

#[test]
fn destinations_know_nothing_of_each_other() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (mut soc, _) = Teller::new(&place, "soc");
    store(&mut writer, 1, 3, 0);
    let (mut mail, restored) = Teller::new(&place, "mail");
    assert_eq!(restored.cursor, 3);
    store(&mut writer, 1, 2, 0);
    soc.read();
    mail.read();
    soc.attempt("P0ST0001");
    mail.commit(0, None);
    assert_eq!(sums(&place), [5, 0, 5, 0, 0, 0]);
    let account = place.account("mail");
    assert_eq!((account.stored, account.held), (2, 2));
    assert!(Teller::new(&place, "mail").1.attempt.is_none());
}

#[test]
fn a_database_that_refuses_is_worth_another_try() {
    let place = Place::new();
    let mut writer = place.store.writer().unwrap();
    let (soc, _) = Teller::new(&place, "soc");
    soc.ledger.hurry();
    soc.ledger.refuse_writes(true);
    let Teller { mut ledger, desk, cursor } = soc;
    let changes = desk.changes();
    let commit = |ledger: &mut Ledger| {
        ledger.commit(at(0), cursor, 0, &changes, &Health::default(), None).map(|_| ())
    };
    let error = commit(&mut ledger).unwrap_err();
    assert!(error.may_pass() && matches!(error, StoreError::Full(_)), "{error}");
    ledger.refuse_writes(false);
    let other = hold(place.path());
    let error = commit(&mut ledger).unwrap_err();
    assert!(error.may_pass() && matches!(error, StoreError::Busy(_)), "{error}");
    drop(other);
    commit(&mut ledger).unwrap();
    store(&mut writer, 1, 1, 0);
}
