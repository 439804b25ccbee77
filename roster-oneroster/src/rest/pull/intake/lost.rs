//! What can't be read, and what follows from it.

use roster_core::{EntityKind, Place, Problem, Record, SensitiveField, Severity, SourcedId};

use super::{
    super::plan::{Purpose, Step, followers},
    Intake,
};
use crate::rest::map::{Lost, Row, Said};

impl Intake {
    /// Learns what is in scope from a row that is read for that alone.
    pub(super) fn learn(&mut self, step: Step, row: &Row, place: &Place) {
        let is_whole = match &row.said {
            Said::Record(record, agents) => {
                self.scope.learn(record, agents);
                // A class that is in scope all the same is by what could be read.
                row.lost == Lost::default() || matches!(record, Record::Class(_)) && self.scope.enter(record)
            }
            Said::Unreadable(_) => false,
            Said::Gone | Said::Facts(_) | Said::Nothing => true,
        };
        if !is_whole {
            self.ends.lost(&place.to_string(), &self.touched(step));
        }
    }

    /// Whether a record is in scope. Where that can't be told, nor can it be of what would be in scope by it.
    pub(super) fn enters(&mut self, record: &Record, lost: Lost, place: &Place) -> bool {
        let is_in = self.scope.enter(record);
        let kind = record.kind();
        if lost.owner && !is_in && kind != EntityKind::Org {
            self.lost(&[kind], kind, place);
        } else if lost.relations && is_in {
            self.lost(&[], kind, place);
        }
        is_in
    }

    pub(super) fn unreadable(
        &mut self,
        step: Step,
        mut problem: Problem,
        id: Option<SourcedId>,
        place: &Place,
    ) {
        if step.purpose == Purpose::Side {
            // The person is there; of it, only these facts are not known.
            problem.severity = Severity::Warning;
            self.told.obscure(id);
        } else if id.is_some() {
            self.lost(&[], step.collection.kind(), place);
        } else {
            self.ends.nameless(&place.to_string(), &self.touched(step));
        }
        self.tell(problem);
    }

    /// What follows from a record of this kind is unknown, and these kinds are too.
    fn lost(&mut self, kinds: &[EntityKind], of: EntityKind, place: &Place) {
        let with_contacts = self.request.sees(SensitiveField::Contacts);
        let kinds = [kinds, followers(of, !self.scope.is_everything(), with_contacts)].concat();
        if !kinds.is_empty() {
            self.ends.lost(&place.to_string(), &kinds);
        }
    }
}
