//! Chance that can be had again: the seed is printed, and `IPSBELL_SEED` sets it.

use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of numbers (xorshift64*, Vigna 2016).
pub(crate) struct Dice(u64);

impl Dice {
    /// With a seed of its own in each run; the output of a test that fails shows it.
    pub(crate) fn thrown() -> Self {
        let given = std::env::var("IPSBELL_SEED").ok();
        let seed = given.map(|seed| seed.parse().unwrap()).unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
        });
        eprintln!("IPSBELL_SEED={seed}");
        // The state must not be 0.
        Self(seed | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        number as usize % bound
    }

    /// One of these.
    pub(crate) fn one<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}
