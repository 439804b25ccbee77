//! What answers tell beside their rows.

use roster_core::jiff::Timestamp;

use super::{
    client::Form,
    map::Stamp,
    profile::{Dates, Observed},
};

/// What answers tell beside rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learnt {
    /// What time it was for the server when it first answered.
    pub(crate) date: Option<Timestamp>,
    /// Some stamps have no zone, or are of a day.
    pub(crate) coarse: bool,
    /// What does not fit what is known of the server.
    pub(crate) observed: Observed,
    /// The revision of all the data, where the server names one.
    pub(crate) revision: Option<String>,
}

impl Learnt {
    /// Takes note of an answer's revision. Returns whether it is that of the answers before.
    pub(super) fn meet(&mut self, revision: Option<&str>) -> bool {
        let named = revision.map(str::trim).filter(|name| !name.is_empty() && name.len() <= LONGEST_REVISION);
        match (&self.revision, named) {
            (Some(before), Some(now)) => before == now,
            (None, Some(now)) => {
                self.revision = Some(now.to_owned());
                true
            }
            (_, None) => true,
        }
    }
}

/// A header that is longer names no revision, nor does an empty one: each night's would be the same.
const LONGEST_REVISION: usize = 256;

impl Observed {
    /// A page came.
    pub(super) fn page(&mut self, form: &Form, rows: usize, total: Option<u64>, stamps: Stamp) {
        self.dates = self.dates.max(match stamps {
            Stamp::Fine => Dates::Unknown,
            Stamp::Zoneless => Dates::Zoneless,
            Stamp::Day => Dates::Day,
        });
        // Some servers leave it out where nothing is counted.
        if total.is_some() || rows > 0 {
            self.totals = Some(total.is_some() || self.totals == Some(true));
        }
        let rows = u32::try_from(rows).unwrap_or(u32::MAX);
        let is_cut =
            form.limit.is_some_and(|limit| rows < limit) && total.is_some_and(|all| all > u64::from(rows));
        if form.offset == 0 && rows > 0 && is_cut {
            self.most_rows = Some(self.most_rows.map_or(rows, |most| most.min(rows)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_that_of_the_first_answer_that_names_one() {
        let mut learnt = Learnt::default();
        assert!(learnt.meet(None) && learnt.meet(Some("a")) && learnt.meet(None) && learnt.meet(Some("a")));
        assert!(!learnt.meet(Some("b")) && learnt.meet(Some(&"x".repeat(300))));
    }
}
