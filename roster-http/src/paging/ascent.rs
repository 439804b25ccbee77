//! Whether ids ascend: what ascends all along has no id twice, and nothing has to be remembered to know that.

/// How the ids of rows ascend, each above the one before. Servers sort them as texts or as numbers, so either will do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ascent {
    as_texts: bool,
    /// Shorter ones first, as numbers without zeros before them are.
    as_numbers: bool,
}

impl Ascent {
    /// How these ids ascend; not at all where a row has none.
    pub fn of<'i>(ids: impl IntoIterator<Item = Option<&'i str>>) -> Self {
        let mut ascent = Self { as_texts: true, as_numbers: true };
        let mut before: Option<&str> = None;
        for id in ids {
            let Some(id) = id else { return Self::default() };
            if let Some(before) = before {
                ascent.as_texts &= before < id;
                ascent.as_numbers &= (before.len(), before) < (id.len(), id);
                if !ascent.is_some() {
                    return ascent;
                }
            }
            before = Some(id);
        }
        ascent
    }

    /// Whether they ascend in one order at least.
    pub(super) const fn is_some(self) -> bool {
        self.as_texts || self.as_numbers
    }

    /// That of these rows and of others that begin with the last of these.
    pub(super) const fn and(self, next: Self) -> Self {
        Self { as_texts: self.as_texts && next.as_texts, as_numbers: self.as_numbers && next.as_numbers }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ids: &[&str]) -> (bool, bool) {
        let Ascent { as_texts, as_numbers } = Ascent::of(ids.iter().copied().map(Some));
        (as_texts, as_numbers)
    }

    #[test]
    fn either_order_will_do_and_twice_the_same_never_does() {
        assert_eq!(of(&["a", "b", "c"]), (true, true));
        assert_eq!(of(&["10", "9"]), (true, false));
        assert_eq!(of(&["9", "10"]), (false, true));
        assert_eq!(of(&["9", "10", "10"]), (false, false));
        assert_eq!(of(&["a", "b", "a", "c"]), (false, false));
        assert_eq!((of(&[]), of(&["x"])), ((true, true), (true, true)));
        assert_eq!(Ascent::of([Some("a"), None]), Ascent::default());
        let (texts, numbers) = (Ascent::of([Some("10"), Some("9")]), Ascent::of([Some("9"), Some("10")]));
        assert!(texts.is_some() && numbers.is_some() && !texts.and(numbers).is_some());
    }
}
