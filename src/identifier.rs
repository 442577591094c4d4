//! Random identifiers, and chance. The one place that asks the system for randomness.

/// Crockford's base 32: no I, L, O, U, so that an id can be read aloud.
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A card's id: 8 Crockford characters, 40 random bits.
pub fn card() -> String {
    let bits = random();
    let digit = |place: u32| {
        CROCKFORD.get((bits >> (5 * place)) as usize & 31).copied().map_or('0', char::from)
    };
    (0..8).map(digit).collect()
}

/// 64 random bits.
pub fn random() -> u64 {
    getrandom::u64().unwrap_or_else(|_| {
        // The system always has randomness once it has started; before that, hash keys of the standard library serve.
        use std::hash::{BuildHasher as _, RandomState};
        RandomState::new().hash_one(crate::clock::now().as_nanosecond())
    })
}

/// Uniform in 0..1.
pub fn chance() -> f64 {
    (random() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    #[test]
    fn card_ids_are_crockford_and_differ() {
        let ids: std::collections::BTreeSet<String> = (0..1000).map(|_| super::card()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter().all(|id| id.len() == 8 && id.bytes().all(|b| super::CROCKFORD.contains(&b)))
        );
        assert!((0..1000).all(|_| (0.0..1.0).contains(&super::chance())));
    }
}
