//! A long life that fails, made short: actions are left out as long as what is left still fails. One life takes seconds,
//! so halves are tried first, then quarters, and so on (delta debugging), and there is a limit of time.

use std::time::{Duration, Instant};

use super::action::{Action, Life};

/// A life that fails at times only is tried so often until it counts as one that does not.
const TRIES: usize = 3;

/// The shortest life found within `limit` that still fails, and how it does. `fails` gives a reason.
pub(super) fn shrink(
    life: Life,
    reason: String,
    limit: Duration,
    fails: impl Fn(&Life) -> Option<String>,
) -> (Life, String) {
    let begin = Instant::now();
    let (mut shortest, mut why) = (life, reason);
    let mut length = shortest.actions.len().div_ceil(2).max(1);
    loop {
        let mut from = 0;
        let mut is_shorter = false;
        while from < shortest.actions.len() {
            if begin.elapsed() >= limit {
                return (shortest, why);
            }
            let without = Life { actions: without(&shortest.actions, from, length), ..shortest };
            match (0..TRIES).find_map(|_| fails(&without)) {
                Some(reason) => {
                    (shortest, why) = (without, reason);
                    is_shorter = true;
                }
                None => from += length,
            }
        }
        if length == 1 && !is_shorter {
            return (shortest, why);
        }
        length = length.div_ceil(2);
    }
}

fn without(actions: &[Action], from: usize, length: usize) -> Vec<Action> {
    let is_left = |at: &usize| *at < from || *at >= from + length;
    (0..actions.len()).filter(is_left).map(|at| actions[at]).collect()
}

#[test]
fn what_does_not_matter_is_left_out() {
    use Action::{Kill, Rest, Rotate, Write};
    let noise = |n: u8| (0..n).map(Rest);
    let matters = [Write(3), Rotate { create: true }, Kill];
    let [first, second, third] = matters;
    let actions = noise(9).chain([first]).chain(noise(7)).chain([second, third]).chain(noise(5));
    let life = Life { naming: super::action::Naming::Shifted, actions: actions.collect() };
    let fails = |life: &Life| {
        let left: Vec<_> = life.actions.iter().filter(|action| matters.contains(action)).collect();
        (left == [&first, &second, &third]).then(|| "it fails".to_owned())
    };
    let (shortest, why) = shrink(life, String::new(), Duration::MAX, fails);
    assert_eq!((&shortest.actions[..], &why[..]), (&matters[..], "it fails"));
}
