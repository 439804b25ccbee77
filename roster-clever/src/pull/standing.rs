//! How it is with the district, and what that means for a pull.

use roster_core::{ConnectionState, PartialCode, Problem, codes};

use super::{Pull, Stage, district_of, plan::Step};
use crate::{
    client::Access,
    collection::{Collection, Walk},
    map::{self, Row, Standing},
};

impl Pull {
    /// Warns of a district that is not in a good state. What Clever has of it then is old: it is read, and nothing follows from
    /// what it lacks.
    pub(super) fn judge_district(&mut self, row: Row, is_feed: bool) {
        let place = map::place(Collection::Districts.path(), 1);
        let Some((district, rest)) = district_of(row) else { return };
        let standing = district.standing;
        if let Some(sentence) = sentence(&standing) {
            self.intake.tell(Problem::warning(codes::TENANT_STATE, sentence.clone()).in_field("state"));
            self.intake.ends.freeze(sentence);
        }
        rest.problems.into_iter().for_each(|problem| self.intake.tell(problem));
        if !is_feed {
            self.intake.hold_district(district.org, rest.unseen, place);
        }
    }

    /// Clever answers with an empty list what it does not share, so that where nothing came without the scope it is withheld, and
    /// not empty. A token that was looked up anew meanwhile may lack a scope that the first one had: then what came may be a part.
    /// Contacts of whom nobody came are judged by themselves.
    pub(super) fn judge_scope(&mut self, step: Step, is_empty: bool, now: &Access) {
        let Stage::Whole(whole) = &self.stage else { return };
        let Some(scope) = step.scope() else { return };
        let is_lost = whole.access.grants(scope) == Some(true);
        let is_untold = is_empty && step.walk != Some(Walk::Contact);
        if now.grants(scope) == Some(false) && (is_lost || is_untold) {
            let reason = format!("{}: the token's scopes lack {scope}: it is not shared", step.path());
            self.intake.tell(Problem::warning(codes::NOT_SHARED, reason.clone()));
            self.intake.withhold(step, PartialCode::Withheld, &reason);
        }
    }

    /// No contact came. Clever leaves out what is not shared, so that an empty list may mean either.
    pub(super) fn judge_no_contacts(&mut self) {
        let Stage::Whole(whole) = &self.stage else { return };
        let granted = whole.access.grants(Walk::Contact.scope());
        let reason = if self.had_contacts() {
            "contacts are no longer shared; those that are known are frozen as they are"
        } else if granted == Some(false) {
            "the token's scopes lack read:student_contacts: contacts are not shared"
        } else {
            return;
        };
        let code = if self.had_contacts() { PartialCode::Frozen } else { PartialCode::Withheld };
        self.intake.tell(Problem::warning(codes::NOT_SHARED, reason));
        self.intake.ends.doubt_walk(Walk::Contact, code, reason);
    }
}

/// What is to be said of a district whose data are old; of a good one nothing.
pub(crate) fn sentence(standing: &Standing) -> Option<String> {
    let word = standing.word.as_deref().unwrap_or_default();
    let since = standing.data_as_of.map(|time| format!(", its data are of {time}")).unwrap_or_default();
    match standing.state {
        ConnectionState::Paused => {
            let until = standing.pause_end.as_deref().map(|day| format!(" until {day}")).unwrap_or_default();
            Some(format!("the district is paused at Clever{until}{since}; nothing is ended meanwhile"))
        }
        ConnectionState::Failing => Some(format!(
            "Clever says `{word}` of the district: its latest upload was not processed{since}; nothing is ended meanwhile"
        )),
        _ => None,
    }
}
