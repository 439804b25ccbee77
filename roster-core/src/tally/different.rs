//! How many different ids there are among many, most of which come once.

use crate::hashed::HashedSet;

/// How many different hashes are among `all` and not among `without`.
///
/// A pull that repeats nothing is the rule, so no look-up is made for each id, and nothing is sorted: two passes over bits
/// find the few that may have come twice, and those alone are compared.
pub(super) fn different(all: &[u64], without: &HashedSet) -> u64 {
    let mut seen = Bits::for_hashes(all.len());
    let mut doubtful = without.clone();
    doubtful.extend(all.iter().filter(|id| !seen.set(**id)));
    if doubtful.is_empty() {
        return all.len() as u64;
    }
    let mut bits = Bits::for_hashes(all.len());
    for id in &doubtful {
        bits.set(*id);
    }
    let (mut once, mut met) = (0, HashedSet::default());
    for id in all {
        if bits.has(*id) && doubtful.contains(id) {
            met.insert(*id);
        } else {
            once += 1;
        }
    }
    once + met.difference(without).count() as u64
}

/// A bit for each of the places to which hashes lead by their upper bits: at least eight places for each.
struct Bits {
    words: Vec<u64>,
    shift: u32,
}

impl Bits {
    fn for_hashes(count: usize) -> Self {
        let words = count.div_ceil(8).next_power_of_two();
        Self { words: vec![0; words], shift: u64::BITS - words.ilog2() - 6 }
    }

    fn at(&self, hash: u64) -> (usize, u64) {
        let place = hash >> self.shift;
        // Less than the count of words, which is a `usize`.
        ((place >> 6) as usize, 1 << (place & 63))
    }

    /// Sets the bit of `hash`; `false` if it was set.
    fn set(&mut self, hash: u64) -> bool {
        let (word, bit) = self.at(hash);
        self.words.get_mut(word).is_some_and(|word| {
            let new = *word & bit == 0;
            *word |= bit;
            new
        })
    }

    fn has(&self, hash: u64) -> bool {
        let (word, bit) = self.at(hash);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_many_as_a_set_of_them_has(
            all in prop::collection::vec(prop_oneof![any::<u64>(), 0..40_u64, (0..9_u64).prop_map(|high| high << 60)], 0..200),
            absent in prop::collection::vec(0..50_u64, 0..9),
            left_out in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
        ) {
            let mut without: HashedSet = absent.into_iter().collect();
            if !all.is_empty() {
                without.extend(left_out.iter().map(|at| all[at.index(all.len())]));
            }
            let set: HashSet<u64> = all.iter().copied().filter(|id| !without.contains(id)).collect();
            prop_assert_eq!(different(&all, &without), set.len() as u64);
        }
    }
}
