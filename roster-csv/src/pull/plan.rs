//! In which order the files are read, and what for.

use roster_core::{
    EntityKind,
    EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship},
    FieldSet, OrgField, PersonField, PullRequest, RelationshipField, SensitiveField,
    table::Rows,
};

use super::{seats::Seats, unfolded::shared_kinds};
use crate::survey::Survey;

/// One reading of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which of the survey's files.
    pub(crate) file: usize,
    pub(crate) purpose: Purpose,
    /// Of a file that is read several times: this time tells what is odd about its rows.
    pub(crate) is_lead: bool,
    /// The records of a kind are over with this.
    pub(crate) is_last: bool,
    /// Its rows are several records each, and told as the seats that most of them are: which of them is a seat that was told already is
    /// found where records are made.
    pub(crate) tells_seats: bool,
}

/// What a file is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To know who is in scope: nothing is delivered, and rows are not counted.
    Scope,
    /// To keep its rows until the people come.
    Side,
    /// For its records.
    Records,
}

/// The files that a request needs, in order.
///
/// Parents come before children, so that references can be checked while reading. With a scope, seats come before people,
/// since a person may be in scope by a seat alone.
pub(crate) fn plan(survey: &Survey, request: &PullRequest) -> Vec<Step> {
    let scoped = !request.scope.is_everything();
    let people = request.wants(Person) || request.wants(Relationship);
    let mut steps = Vec::new();
    // Where everything stands in one file, what a seat names stands in the seat's own row. Seats are most of what there is: their
    // rows are sent as they are found, and those of the others held, so that one pass over the file will do.
    let seats_first = !scoped && survey.dialect.is_one_file();
    let mut add = |rows: Rows, purpose: Purpose| {
        let step = |file| Step { file, purpose, is_lead: false, is_last: false, tells_seats: false };
        // Of several tables of seats that of pupils comes last, and is the largest.
        let mut files: Vec<_> = survey.files_of(rows).collect();
        if seats_first && rows == Rows::Records(Enrollment) {
            files.reverse();
        }
        steps.extend(files.into_iter().map(step));
    };

    if seats_first && request.wants(Enrollment) {
        add(Rows::Records(Enrollment), Purpose::Records);
    }
    if request.scope.orgs.is_some() {
        add(Rows::Records(Org), Purpose::Scope);
    }
    for kind in [Org, AcademicSession, Course] {
        if request.wants(kind) {
            add(Rows::Records(kind), Purpose::Records);
        }
    }
    if request.wants(Class) {
        add(Rows::Records(Class), Purpose::Records);
    } else if scoped && (request.wants(Enrollment) || people) {
        add(Rows::Records(Class), Purpose::Scope);
    }
    if scoped && request.wants(Enrollment) {
        add(Rows::Records(Enrollment), Purpose::Records);
    } else if scoped && people {
        add(Rows::Records(Enrollment), Purpose::Scope);
    }
    if people && blocked(survey, request, Person).is_none() {
        add(Rows::Affiliations, Purpose::Side);
        if request.wants(Person) {
            add(Rows::Accounts, Purpose::Side);
            if wants_demographics(request) {
                add(Rows::Demographics, Purpose::Side);
            }
        }
        if scoped && request.sees(SensitiveField::Contacts) {
            add(Rows::Records(Relationship), Purpose::Scope);
            add(Rows::Records(Person), Purpose::Scope);
        }
        add(Rows::Records(Person), Purpose::Records);
    }
    if request.wants(Relationship) {
        add(Rows::Records(Relationship), Purpose::Records);
    }
    if !(scoped || seats_first) && request.wants(Enrollment) {
        add(Rows::Records(Enrollment), Purpose::Records);
    }
    mark(survey, seats_first, &mut steps);
    steps
}

/// Marks the first reading of each file that counts its rows, whether its rows are told as seats, and the last reading for the records of
/// each kind.
fn mark(survey: &Survey, seats_first: bool, steps: &mut [Step]) {
    let mut led = std::collections::BTreeSet::new();
    for step in steps.iter_mut().filter(|step| step.purpose != Purpose::Scope) {
        step.is_lead = survey.files.get(step.file).is_some_and(|file| led.insert(&file.name));
    }
    let shared = shared_kinds(survey, steps);
    for step in steps.iter_mut().filter(|step| step.is_lead && seats_first) {
        step.tells_seats = !shared.contains(&Enrollment)
            && survey.files.get(step.file).is_some_and(|file| Seats::of(file, step.purpose).is_some());
    }
    let mut over = std::collections::BTreeSet::new();
    for step in steps.iter_mut().rev().filter(|step| step.purpose == Purpose::Records) {
        step.is_last = survey.files.get(step.file).is_some_and(|file| match file.table.rows {
            Rows::Records(kind) => over.insert(kind),
            _ => false,
        });
    }
}

pub(crate) fn wants_demographics(request: &PullRequest) -> bool {
    use SensitiveField::{BirthDate, Demographics, Gender};
    [BirthDate, Gender, Demographics].into_iter().any(|field| request.sees(field))
}

/// The file whose absence or damage leaves a kind unread, beside the kind's own.
pub(crate) fn blocked(survey: &Survey, request: &PullRequest, kind: EntityKind) -> Option<Rows> {
    let scoped = !request.scope.is_everything();
    let needs: &[Rows] = match kind {
        // Who is a pupil and who a contact can't be told without the roles.
        Person | Relationship if scoped => {
            &[Rows::Records(Person), Rows::Affiliations, Rows::Records(Class), Rows::Records(Enrollment)]
        }
        Relationship => &[Rows::Records(Person), Rows::Affiliations, Rows::Records(Relationship)],
        Person => &[Rows::Records(Person), Rows::Affiliations],
        Enrollment if scoped => &[Rows::Records(Enrollment), Rows::Records(Class)],
        Org => &[Rows::Records(Org)],
        AcademicSession => &[Rows::Records(AcademicSession)],
        Course if request.scope.orgs.is_some() => &[Rows::Records(Course), Rows::Records(Org)],
        Course => &[Rows::Records(Course)],
        Class => &[Rows::Records(Class)],
        Enrollment => &[Rows::Records(Enrollment)],
        _ => &[],
    };
    needs.iter().copied().find(|rows| survey.unreadable(*rows).is_some())
}

/// What this pull can see of a kind.
pub(crate) fn fields(survey: &Survey, request: &PullRequest, kind: EntityKind) -> FieldSet {
    if kind == Relationship && survey.dialect.has_agents() {
        use RelationshipField::{Contact, Kinds, Relation, Student};
        return FieldSet::of([Student, Contact, Relation, Kinds]);
    }
    let mut fields = FieldSet::EMPTY;
    for file in &survey.files {
        let adds = match file.table.rows {
            Rows::Records(of) => of == kind,
            Rows::Other => false,
            _ => kind == Person,
        };
        if adds {
            let seen =
                |holds: roster_core::table::Holds| holds.sensitive().is_none_or(|field| request.sees(field));
            let columns = file.header.known().filter(|(_, column)| seen(column.holds));
            fields = columns.fold(fields, |fields, (_, column)| fields.union(column.holds.fields()));
        }
    }
    if request.extra { fields.union(extra_field(kind)) } else { fields }
}

/// The bit of `extra` in a kind's set.
pub(crate) fn extra_field(kind: EntityKind) -> FieldSet {
    use roster_core::{AcademicSessionField, ClassField, CourseField, EnrollmentField};
    match kind {
        Org => FieldSet::of([OrgField::Extra]),
        AcademicSession => FieldSet::of([AcademicSessionField::Extra]),
        Course => FieldSet::of([CourseField::Extra]),
        Class => FieldSet::of([ClassField::Extra]),
        Person => FieldSet::of([PersonField::Extra]),
        Enrollment => FieldSet::of([EnrollmentField::Extra]),
        _ => FieldSet::EMPTY,
    }
}
