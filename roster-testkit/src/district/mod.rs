//! Seeded districts: invented schools and people to test a source or a host against, and the truth about them.
//!
//! A [`District`] holds what schools really have and programs trip over: teachers at two schools, people who are teacher
//! and parent, siblings with one e-mail address, guardians who are no emergency contacts, numbers with leading zeros,
//! names of other alphabets. [`District::next_day`] moves it by a day and says exactly what changed,
//! [`District::delivered`] says what a source must deliver for a scope, and [`oneroster_csv_files`] writes it as files.
//!
//! ```
//! use roster_core::{EntityKind, Role};
//! use roster_testkit::district::District;
//!
//! let today = District::seed(7);
//! let (tomorrow, truth) = today.next_day(1);
//! assert!(today.people.iter().any(|person| person.has_role(&Role::Teacher) && person.has_role(&Role::Parent)));
//! for id in &truth.ended[&EntityKind::Person] {
//!     assert!(today.ids(EntityKind::Person).contains(id));
//!     assert!(!tomorrow.ids(EntityKind::Person).contains(id));
//! }
//! ```

mod build;
mod clever;
mod dirt;
mod files;
mod names;
mod next_day;
mod oneroster;
mod rng;
mod scope;
mod spec;
mod truth;

use std::{collections::BTreeSet, fmt};

use roster_core::{
    AcademicSession, Class, Course, Enrollment, Entity, EntityKind, Org, Person, Record, Relationship,
    SourcedId, jiff::civil::Date,
};

pub use self::{
    clever::what_clever_says,
    dirt::{Dirt, DirtySet, FileSet, Outcome, SetShape, Told, dirty},
    files::{FileDialect, clever_id, files_as, write_files_as},
    oneroster::{
        OneRosterCsv, OneRosterVersion, oneroster_csv_delta, oneroster_csv_files, what_oneroster_says,
        write_oneroster_csv,
    },
    spec::DistrictSpec,
    truth::DayTruth,
};
pub(crate) use self::{
    clever::{CleverCollection, CleverFacts, CleverRows, project as clever_project},
    oneroster::{JsonRows, RestCollection, stamped},
};

/// An invented district as plain data: each list in the order of ids, each record normalized, sensitive fields filled.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct District {
    /// The district itself and its schools.
    pub orgs: Vec<Org>,
    /// The school year and its parts.
    pub sessions: Vec<AcademicSession>,
    /// The schools' courses.
    pub courses: Vec<Course>,
    /// Homerooms and scheduled classes.
    pub classes: Vec<Class>,
    /// Pupils, staff and contacts.
    pub people: Vec<Person>,
    /// Seats of pupils and teachers.
    pub enrollments: Vec<Enrollment>,
    /// Who the contacts are to the pupils.
    pub relationships: Vec<Relationship>,
    /// The day that the data are of.
    pub date: Date,
    /// How many days have passed since the district was made.
    pub day: u32,
    spec: DistrictSpec,
}

impl District {
    /// The small district of that seed, with all that [`DistrictSpec::new`] has.
    #[must_use]
    pub fn seed(seed: u64) -> Self {
        DistrictSpec::new(seed).generate()
    }

    /// A district in which nothing is yet: to fill by hand, or with what a source delivered.
    #[must_use]
    pub fn empty(spec: DistrictSpec) -> Self {
        Self {
            orgs: Vec::new(),
            sessions: Vec::new(),
            courses: Vec::new(),
            classes: Vec::new(),
            people: Vec::new(),
            enrollments: Vec::new(),
            relationships: Vec::new(),
            date: build::FIRST_DAY,
            day: 0,
            spec,
        }
    }

    /// What it was made from.
    pub fn spec(&self) -> &DistrictSpec {
        &self.spec
    }

    /// The ids of a kind.
    pub fn ids(&self, kind: EntityKind) -> BTreeSet<SourcedId> {
        match kind {
            EntityKind::Org => ids(&self.orgs, |org| &org.id),
            EntityKind::AcademicSession => ids(&self.sessions, |session| &session.id),
            EntityKind::Course => ids(&self.courses, |course| &course.id),
            EntityKind::Class => ids(&self.classes, |class| &class.id),
            EntityKind::Person => ids(&self.people, |person| &person.id),
            EntityKind::Enrollment => ids(&self.enrollments, |enrollment| &enrollment.id),
            EntityKind::Relationship => ids(&self.relationships, |relationship| &relationship.id),
            _ => BTreeSet::new(),
        }
    }

    /// All records, parents before children.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        (self.orgs.iter().cloned().map(Record::from))
            .chain(self.sessions.iter().cloned().map(Record::from))
            .chain(self.courses.iter().cloned().map(Record::from))
            .chain(self.classes.iter().cloned().map(Record::from))
            .chain(self.people.iter().cloned().map(Record::from))
            .chain(self.enrollments.iter().cloned().map(Record::from))
            .chain(self.relationships.iter().cloned().map(Record::from))
    }

    /// Normalizes each record and sorts each list by id; a district made or changed by hand needs it once.
    #[must_use]
    pub fn normalized(mut self) -> Self {
        tidy(&mut self.orgs, |org| &org.id);
        tidy(&mut self.sessions, |session| &session.id);
        tidy(&mut self.courses, |course| &course.id);
        tidy(&mut self.classes, |class| &class.id);
        tidy(&mut self.people, |person| &person.id);
        tidy(&mut self.enrollments, |enrollment| &enrollment.id);
        tidy(&mut self.relationships, |relationship| &relationship.id);
        self
    }
}

/// Shows how much there is: the people of a sandbox are invented, but there may be 100,000 of them.
impl fmt::Debug for District {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("District")
            .field("seed", &self.spec.seed)
            .field("day", &self.day)
            .field("orgs", &self.orgs.len())
            .field("sessions", &self.sessions.len())
            .field("courses", &self.courses.len())
            .field("classes", &self.classes.len())
            .field("people", &self.people.len())
            .field("enrollments", &self.enrollments.len())
            .field("relationships", &self.relationships.len())
            .finish_non_exhaustive()
    }
}

fn ids<T>(records: &[T], id: impl Fn(&T) -> &SourcedId) -> BTreeSet<SourcedId> {
    records.iter().map(|record| id(record).clone()).collect()
}

fn tidy<T: Entity>(records: &mut Vec<T>, id: impl Fn(&T) -> &SourcedId) {
    let tidied = std::mem::take(records).into_iter().filter_map(|record| {
        let mut record = record.into_record();
        record.normalize();
        T::from_record(record)
    });
    records.extend(tidied);
    records.sort_by(|a, b| id(a).cmp(id(b)));
}
