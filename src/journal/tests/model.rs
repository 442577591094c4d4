//! Random lives: entries come, old ones go, journalctl fails in every way, transactions fail, the program dies. Whatever
//! happens, each entry is read once and in order; if one was not, it was gone before, and that was told.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Write(usize),
    Vacuum(usize),
    Fault(usize, Fault),
    Look,
    Turn { entries_max: usize, commits: bool },
    Wait(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    use Fault::{ClosesItsOutput, Dies, DiesInAnEntry, Hangs, WritesGarbage};
    let fault =
        prop::sample::select(vec![Dies, DiesInAnEntry, Hangs, WritesGarbage, ClosesItsOutput]);
    prop_oneof![
        4 => (1..5_usize).prop_map(Step::Write),
        1 => (1..4_usize).prop_map(Step::Vacuum),
        2 => (0..5_usize, fault).prop_map(|(left, fault)| Step::Fault(left, fault)),
        6 => Just(Step::Look),
        5 => (1..4_usize, prop::bool::weighted(0.8))
            .prop_map(|(entries_max, commits)| Step::Turn { entries_max, commits }),
        2 => (1..90_u64).prop_map(Step::Wait),
        1 => Just(Step::Restart),
    ]
}

fn live(steps: &[Step], vacuums: bool) -> Result<(), TestCaseError> {
    let mut rig = Rig::new(StartAt::Beginning, World::default());
    for step in steps {
        match *step {
            Step::Write(entries) => rig.write(entries),
            Step::Vacuum(entries) if vacuums => rig.world.with(|world| {
                world.first = (world.first + entries).min(world.entries.len());
            }),
            Step::Vacuum(_) => {}
            Step::Fault(left, fault) => rig.world.with(|world| world.faults.push((left, fault))),
            Step::Look => rig.look(),
            Step::Turn { entries_max, commits } => drop(rig.turn(entries_max, commits)),
            Step::Wait(seconds) => rig.seconds += seconds,
            Step::Restart => rig.restart(),
        }
    }
    rig.world.with(|world| world.faults.clear());
    // Whatever hangs now is found out, and the longest pause goes by.
    rig.pass(300);
    let read = rig.read.clone();
    prop_assert!(read.is_sorted_by(|one, next| one < next), "{read:?}");
    let (all, first) = rig.world.with(|world| (world.entries.len(), world.first));
    let missing: Vec<usize> = (0..all).filter(|number| !read.contains(number)).collect();
    prop_assert!(
        missing.iter().all(|number| *number < first),
        "{missing:?} of {all}, first {first}"
    );
    // Before anything was read there was no place from which something could be missing.
    let was_new = |number: &usize| read.first().is_none_or(|first| number < first);
    let told = !rig.gaps.is_empty() || missing.iter().all(was_new);
    prop_assert!(told, "{missing:?} are gone without a word, of {all}, first {first}");
    prop_assert!(vacuums || rig.gaps.is_empty(), "{:?}", rig.gaps);
    Ok(())
}

proptest! {
    #[test]
    fn every_entry_is_read_once_and_in_order(steps in prop::collection::vec(step(), 0..60)) {
        live(&steps, false)?;
    }

    #[test]
    fn what_is_gone_before_it_is_read_is_told(steps in prop::collection::vec(step(), 0..60)) {
        live(&steps, true)?;
    }
}
