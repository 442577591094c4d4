//! A sender in its thread, beside others: stops, blocks, and shares the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use super::*;

/// Batches that the writer commits while the senders read.
const BATCHES: u32 = 60;

#[test]
fn a_post_under_way_is_finished_before_a_stop() {
    let mut bench = Bench::new();
    let (arrived, has_arrived) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    bench.receiver.during(move || {
        arrived.send(()).unwrap();
        released.recv().unwrap();
    });
    bench.store(1, 2);
    let Bench { place, sender, .. } = bench;
    let signal = Signal::default();
    let waiter = signal.waiter();
    let run = std::thread::spawn(move || sender.run(waiter, &Until::Stopped));
    has_arrived.recv().unwrap();
    signal.stop();
    assert_eq!(place.account("soc").held, 2);
    release.send(()).unwrap();
    assert!(!run.join().unwrap().unwrap(), "it was stopped, not drained");
    assert_eq!(place.account("soc").told, 2);
}

#[test]
fn what_was_read_and_not_told_is_put_down_at_a_stop() {
    let mut bench = Bench::with(|config| {
        config.destinations[0].min_severity = Severity::High;
    });
    bench.store(1, 3);
    bench.settle(&Until::Stopped);
    assert_eq!(bench.account(), [3, 0, 0, 0, 0], "not worth a commit yet");
    let Bench { place, sender, .. } = bench;
    let signal = Signal::default();
    signal.stop();
    assert!(!sender.run(signal.waiter(), &Until::Stopped).unwrap());
    let account = place.account("soc");
    assert_eq!((account.unread, account.not_matched), (0, 3));
}

#[test]
fn a_writer_two_senders_and_a_view_at_once() {
    let place = Place::new();
    let mut config = config();
    let mut senders = Vec::new();
    for name in ["mail", "soc"] {
        config.destinations[0].name = name.into();
        let receiver = Scripted::default();
        receiver.answer((0..40).map(|n| if n % 3 == 0 { refused() } else { Answer::Delivered }));
        let sender = sender(&place, &config, &receiver, &Board::new(Vec::new(), []));
        // As in the agent: one waits for the other's commits.
        sender.ledger.be_patient();
        senders.push(sender);
    }
    let (stored, done, over) = (Signal::default(), Signal::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let runs: Vec<_> = senders
            .into_iter()
            .map(|sender| {
                let (waiter, until) = (stored.waiter(), Until::Drained(done.clone()));
                scope.spawn(move || sender.run(waiter, &until).unwrap())
            })
            .collect();
        let look = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for view in place.view().destinations().unwrap() {
                    assert_eq!(view.account.unaccounted(), 0, "{view:?}");
                }
            }
        });
        let mut writer = place.store.writer().unwrap();
        for batch in 0..BATCHES {
            store(&mut writer, batch % 7, 25, 0);
            stored.ring();
        }
        done.stop();
        stored.ring();
        assert!(runs.into_iter().all(|run| run.join().unwrap()), "both are drained");
        over.store(true, Ordering::Relaxed);
        look.join().unwrap();
    });
    for name in ["mail", "soc"] {
        let account = place.account(name);
        assert_eq!((account.pending(), account.stored), (0, u64::from(BATCHES) * 25));
        assert_eq!(account.told + account.given_up, account.stored);
    }
}
