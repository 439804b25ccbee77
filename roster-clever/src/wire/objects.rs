//! The objects of the Data API, which events carry too.

use roster_http::json::{Many, Text};
use serde::Deserialize;

use super::{Maybe, Roles};

roster_http::wire_structs! {
    beside ["created", "last_modified", "district"];

    /// A district.
    District {
        id "id": Text<'a>, name "name": Text<'a>, nces_id "nces_id": Text<'a>, mdr_number "mdr_number": Text<'a>,
        state "state": Text<'a>, last_sync "last_sync": Text<'a>, last_clever_sync "last_clever_sync": Text<'a>,
        pause_start "pause_start": Text<'a>, pause_end "pause_end": Text<'a>, error "error": Text<'a>,
        launch_date "launch_date": Text<'a>, contact "district_contact": Text<'a>,
    }
    /// A school.
    School {
        id "id": Text<'a>, of "district": Text<'a>, name "name": Text<'a>, sis_id "sis_id": Text<'a>,
        number "school_number": Text<'a>, state_id "state_id": Text<'a>, nces_id "nces_id": Text<'a>,
        mdr_number "mdr_number": Text<'a>, principal "principal": Text<'a>, low_grade "low_grade": Text<'a>, high_grade "high_grade": Text<'a>,
    }
    /// A term.
    Term {
        id "id": Text<'a>, name "name": Text<'a>, start_date "start_date": Text<'a>, end_date "end_date": Text<'a>,
    }
    /// A course.
    Course {
        id "id": Text<'a>, of "district": Text<'a>, name "name": Text<'a>, number "number": Text<'a>,
    }
    /// A section.
    Section {
        id "id": Text<'a>, school "school": Text<'a>, name "name": Text<'a>, sis_id "sis_id": Text<'a>,
        subject "subject": Text<'a>, students "students": Option<Many<Text<'a>>>, teacher "teacher": Text<'a>,
        teachers "teachers": Many<Text<'a>>, course "course": Text<'a>, term "term_id": Text<'a>,
        grade "grade": Text<'a>, period "period": Text<'a>, number "section_number": Text<'a>,
    }
    /// A user: one person in all roles.
    User {
        id "id": Text<'a>, of "district": Text<'a>, email "email": Text<'a>, name "name": Maybe<Name<'a>>,
        roles "roles": Roles<'a>,
    }
}

/// A name. Of a contact all of it is in `last`.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Name<'a> {
    #[serde(borrow)]
    pub(crate) first: Text<'a>,
    #[serde(borrow)]
    pub(crate) middle: Text<'a>,
    #[serde(borrow)]
    pub(crate) last: Text<'a>,
}
