//! A table of names that is asked for each key of each record: a hash table that the compiler fills in, so that a look-up costs
//! one comparison of texts and not one for each halving. Knows no name.

/// Names and what they stand for.
#[derive(Debug)]
pub(crate) struct Table<T: 'static> {
    rows: &'static [(&'static str, T)],
    // The row's number and one; 0 where no row is.
    slots: [u8; SLOTS],
}

const SLOTS: usize = 512;

/// The most rows: their numbers are bytes, and half of the slots stay empty so that look-ups end soon.
pub(crate) const ROWS_MAX: usize = 255;

impl<T: Copy> Table<T> {
    /// Fills the table. More than [`ROWS_MAX`] rows do not compile.
    #[expect(clippy::indexing_slicing, reason = "run by the compiler, which stops where it panics")]
    pub(crate) const fn new(rows: &'static [(&'static str, T)]) -> Self {
        assert!(rows.len() <= ROWS_MAX);
        let mut slots = [0; SLOTS];
        let mut row = 0;
        while row < rows.len() {
            let mut slot = hash(rows[row].0.as_bytes());
            while slots[slot] != 0 {
                slot = (slot + 1) % SLOTS;
            }
            row += 1;
            slots[slot] = row as u8;
        }
        Self { rows, slots }
    }

    /// The row of this name, and its number.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, T)> {
        let mut slot = hash(name.as_bytes());
        loop {
            let row = usize::from(*self.slots.get(slot)?).checked_sub(1)?;
            let (found, value) = self.rows.get(row)?;
            if *found == name {
                return Some((row, *value));
            }
            slot = (slot + 1) % SLOTS;
        }
    }
}

// The length and three of the bytes: names of one product differ in them.
const fn hash(name: &[u8]) -> usize {
    let (Some(first), Some(last)) = (name.first(), name.last()) else { return 0 };
    let middle = match name.split_at_checked(name.len() / 2) {
        Some((_, [middle, ..])) => *middle,
        _ => 0,
    };
    let sum = *first as usize * 29 + middle as usize * 7 + *last as usize * 3 + name.len() * 61;
    sum % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &[(&str, u8)] = &[("src", 1), ("dst", 2), ("srcport", 3), ("dstport", 4), ("", 5)];
    const TABLE: Table<u8> = Table::new(ROWS);

    #[test]
    fn each_name_is_found_and_no_other() {
        for (at, (name, value)) in ROWS.iter().enumerate() {
            assert_eq!(TABLE.find(name), Some((at, *value)), "{name}");
        }
        for name in ["s", "SRC", "srcporT", "x", "srcportsrcport"] {
            assert_eq!(TABLE.find(name), None, "{name}");
        }
    }
}
