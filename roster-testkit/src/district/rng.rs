//! Chance that is the same on every machine.

/// The generator splitmix64: small, and the same everywhere and in every release, which a dependency does not promise.
pub(super) struct Rng(u64);

impl Rng {
    /// A stream of its own for each thing that is made, so that one thing more changes nothing about the others.
    pub(super) fn of(seed: u64, what: &str, number: usize) -> Self {
        let tag = what.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        let mut mixer = Self(seed ^ tag.rotate_left(17));
        Self(mixer.next() ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`; 0 if there is none.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    /// True `percent` times out of 100.
    pub(super) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the list.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// One of the words.
    pub(super) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick(words).copied().unwrap_or_default()
    }

    /// A part of the list, each item at most once, in the list's order.
    pub(super) fn sample<T: Clone>(&mut self, list: &[T], count: usize) -> Vec<T> {
        let mut sample = Vec::with_capacity(count.min(list.len()));
        for (index, item) in list.iter().enumerate() {
            let wanted = count.saturating_sub(sample.len());
            if self.below(list.len() - index) < wanted {
                sample.push(item.clone());
            }
        }
        sample
    }
}

#[cfg(test)]
mod tests {
    use super::Rng;

    #[test]
    fn streams_differ_and_repeat() {
        let draw = |what, number| {
            let mut rng = Rng::of(7, what, number);
            [rng.next(), rng.next()]
        };
        assert_eq!(draw("student", 1), draw("student", 1));
        assert_ne!(draw("student", 1), draw("student", 2));
        assert_ne!(draw("student", 1), draw("teacher", 1));
    }

    #[test]
    fn a_sample_is_as_large_as_asked_for() {
        let list: Vec<usize> = (0..50).collect();
        let sample = Rng::of(1, "sample", 0).sample(&list, 8);
        assert_eq!(sample.len(), 8);
        assert!(sample.is_sorted());
        assert_eq!(Rng::of(1, "sample", 0).sample(&list, 80).len(), 50);
    }
}
