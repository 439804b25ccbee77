//! What the columns of a file hold: the data that a dialect of CSV consists of.
//!
//! A [`Table`] describes one file of a set, in the words of its standard, and says of each [`Column`] what of the model it
//! [`Holds`]. Readers, writers and templates are made from the same value, so that they can't disagree.

use crate::{
    AcademicSessionField as Session, ClassField, CourseField, EnrollmentField, EntityKind, FieldSet,
    OrgField, PersonField, RelationshipField, SensitiveField,
};

/// One file of a set, or one reading of it: several tables of one name read the same file, and each row of the file is then a row
/// of each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name without `.csv`, in the standard's own spelling.
    pub name: &'static str,
    /// What its rows are.
    pub rows: Rows,
    /// A set may do without it: that says nothing of its kind, and nothing is wrong.
    pub optional: bool,
    /// Its columns in the standard's order.
    pub columns: &'static [Column],
}

/// What the rows of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rows {
    /// Each row is a record of this kind.
    Records(EntityKind),
    /// Each row is one more affiliation of a person whose record is in another file.
    Affiliations,
    /// Each row is one more account of a person whose record is in another file.
    Accounts,
    /// Each row adds to a person whose record is in another file.
    Demographics,
    /// Not a part of a roster: results, resources and the like. Known, and not read.
    Other,
}

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The header in the standard's own spelling.
    pub name: &'static str,
    /// Other headers that it goes by, such as those of an older version.
    pub aliases: &'static [&'static str],
    /// What becomes of a row where it is empty.
    pub need: Need,
    /// What of the model it holds.
    pub holds: Holds,
    /// The kind of record that its value names.
    pub refers: Option<EntityKind>,
    /// Where its value comes from.
    pub made: Made,
}

/// Where a column's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Made {
    /// It stands in the file, under the column's name.
    Read,
    /// It is the same in every row, and stands nowhere.
    Fixed(&'static str),
    /// It stands in the file in other words: of each pair the first is what stands there, and the second what it says.
    Words(&'static [(&'static str, &'static str)]),
    /// It is an id made of the values of these columns of the file, of which none may be empty.
    /// See [`SourcedId::from_parts`](crate::SourcedId::from_parts).
    Parts(&'static [Part]),
}

/// A part of an id that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// The value of the file's column of this name.
    Column(&'static str),
    /// The value of the file's column of this name, where the file has one.
    Maybe(&'static str),
    /// A hash of the values of these columns, without regard to case: ids are printed, and addresses and names are not.
    Hashed(&'static [&'static str]),
    /// The value of the first column, else the hash of the others. The file must have the first.
    ColumnOrHashed(&'static str, &'static [&'static str]),
    /// The same, of a file that may do without the first column.
    MaybeOrHashed(&'static str, &'static [&'static str]),
    /// A word that keeps ids of several sorts apart.
    Word(&'static str),
}

impl Column {
    /// An optional column without aliases.
    pub const fn new(name: &'static str, holds: Holds) -> Self {
        Self { name, aliases: &[], need: Need::Optional, holds, refers: None, made: Made::Read }
    }

    /// A row without it makes no sense.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.need = Need::Required;
        self
    }

    /// The standard demands it, and a row without it still makes sense.
    #[must_use]
    pub const fn expected(mut self) -> Self {
        self.need = Need::Expected;
        self
    }

    /// Its value names records of this kind.
    #[must_use]
    pub const fn refers(mut self, kind: EntityKind) -> Self {
        self.refers = Some(kind);
        self
    }

    /// Its value is the same in every row.
    #[must_use]
    pub const fn fixed(mut self, value: &'static str) -> Self {
        self.made = Made::Fixed(value);
        self
    }

    /// Its value is an id made of these.
    #[must_use]
    pub const fn of_parts(mut self, parts: &'static [Part]) -> Self {
        self.made = Made::Parts(parts);
        self
    }

    /// Whether it stands in the file.
    pub const fn is_read(&self) -> bool {
        matches!(self.made, Made::Read | Made::Words(_))
    }

    /// Its values stand in the file in other words.
    #[must_use]
    pub const fn in_words(mut self, words: &'static [(&'static str, &'static str)]) -> Self {
        self.made = Made::Words(words);
        self
    }

    /// Other headers that it goes by.
    #[must_use]
    pub const fn or(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }
}

/// What becomes of a row where a column is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Nothing.
    Optional,
    /// The row is used, with a note: the standard demands a value, and many exports leave it out.
    Expected,
    /// The row is rejected: without the value it makes no sense.
    Required,
}

macro_rules! holds {
    ($($(#[$doc:meta])* $name:ident $(=> $fields:expr)?, )+) => {
        /// What of the model a column holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Holds { $($(#[$doc])* $name,)+ }

        impl Holds {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The fields of the record that it fills; empty for what steers the reading.
            pub fn fields(self) -> FieldSet {
                match self {
                    $(Self::$name => FieldSet::EMPTY $(.with($fields))?,)+
                }
            }
        }
    };
}

holds! {
    /// Nothing that is read.
    Nothing,
    /// A password or the like: never read, not even into `extra`.
    Secret,
    /// The row's own id: that of the record, or, in a file that adds to people, one that nothing refers to.
    Id,
    /// Whether the record is active, to be deleted, or inactive.
    Status,
    /// When the record was last changed.
    Modified,
    /// An org's name.
    OrgName => OrgField::Name,
    /// An org's type.
    OrgType => OrgField::OrgType,
    /// An org's official number.
    OrgIdentifier => OrgField::Identifiers,
    /// The org above.
    OrgParent => OrgField::Parent,
    /// An org's number with its state.
    OrgStateId => OrgField::Identifiers,
    /// An org's number with the National Center for Education Statistics.
    OrgNcesId => OrgField::Identifiers,
    /// A session's title.
    SessionTitle => Session::Title,
    /// A session's type.
    SessionType => Session::SessionType,
    /// A session's first day.
    SessionBegin => Session::Begin,
    /// A session's end.
    SessionEnd => Session::End,
    /// The session above.
    SessionParent => Session::Parent,
    /// The year in which a session's school year ends.
    SessionYear => Session::SchoolYear,
    /// The year in which a session's school year begins, as some formats have it.
    SessionYearBegin => Session::SchoolYear,
    /// A session's school.
    SessionOrg => Session::Org,
    /// A course's title.
    CourseTitle => CourseField::Title,
    /// A course's code.
    CourseCode => CourseField::Code,
    /// A course's grades, a list.
    CourseGrades => CourseField::Grades,
    /// A course's org.
    CourseOrg => CourseField::Org,
    /// A course's school year.
    CourseSession => CourseField::Session,
    /// Names of a course's subjects, a list.
    CourseSubjects => CourseField::Subjects,
    /// Codes of a course's subjects, a list in the order of the names.
    CourseSubjectCodes => CourseField::Subjects,
    /// A class's title.
    ClassTitle => ClassField::Title,
    /// A class's code.
    ClassCode => ClassField::Code,
    /// A class's type.
    ClassType => ClassField::ClassType,
    /// A class's grades, a list.
    ClassGrades => ClassField::Grades,
    /// A class's course.
    ClassCourse => ClassField::Course,
    /// A class's school.
    ClassOrg => ClassField::Org,
    /// A class's one session.
    ClassSession => ClassField::Sessions,
    /// A class's sessions, a list.
    ClassSessions => ClassField::Sessions,
    /// Names of a class's subjects, a list.
    ClassSubjects => ClassField::Subjects,
    /// Codes of a class's subjects, a list in the order of the names.
    ClassSubjectCodes => ClassField::Subjects,
    /// A class's periods, a list.
    ClassPeriods => ClassField::Periods,
    /// A class's first day.
    ClassBegin => ClassField::Begin,
    /// A class's end.
    ClassEnd => ClassField::End,
    /// A class's room.
    ClassLocation => ClassField::Location,
    /// Whether a person's account may be used.
    PersonEnabled => PersonField::Account,
    /// A person's one role, in all of the orgs.
    PersonRole => PersonField::Affiliations,
    /// A person's orgs, a list.
    PersonOrgs => PersonField::Affiliations,
    /// The org that is a person's main one.
    PersonPrimaryOrg => PersonField::Affiliations,
    /// A person's log-in name.
    PersonUsername => PersonField::Username,
    /// A person's further ids, a list of `{type:id}`.
    PersonUserIds => PersonField::Identifiers,
    /// A person's number at the school.
    PersonNumber => PersonField::Identifiers,
    /// A person's id across systems.
    PersonMasterId => PersonField::Identifiers,
    /// A person's given name.
    PersonGiven => PersonField::Given,
    /// A person's middle name.
    PersonMiddle => PersonField::Middle,
    /// A person's family name.
    PersonFamily => PersonField::Family,
    /// The given name that a person goes by.
    PersonPreferredGiven => PersonField::PreferredGiven,
    /// The middle name that a person goes by.
    PersonPreferredMiddle => PersonField::PreferredMiddle,
    /// The family name that a person goes by.
    PersonPreferredFamily => PersonField::PreferredFamily,
    /// A person's pronouns.
    PersonPronouns => PersonField::Pronouns,
    /// A person's e-mail address.
    PersonEmail => PersonField::Email,
    /// A person's number for text messages.
    PersonSms => PersonField::Phones,
    /// A person's telephone number.
    PersonPhone => PersonField::Phones,
    /// The people that a person is related to, a list.
    PersonAgents,
    /// A person's whole name, where it is one field.
    PersonFull => PersonField::Full,
    /// A person's number with the state.
    PersonStateId => PersonField::Identifiers,
    /// A person's number as a pupil.
    StudentNumber => PersonField::Identifiers,
    /// A person's number as a member of staff.
    StaffNumber => PersonField::Identifiers,
    /// A person's id at Clever.
    PersonCleverId => PersonField::Identifiers,
    /// The year in which a pupil will leave school.
    GraduationYear => PersonField::GraduationYear,
    /// Lines, city, state and postal code of a person's address, a column each.
    AddressLine => PersonField::Addresses,
    /// A person's city.
    AddressCity => PersonField::Addresses,
    /// A person's state.
    AddressState => PersonField::Addresses,
    /// A person's postal code.
    AddressPostalCode => PersonField::Addresses,
    /// A person's grades, a list.
    PersonGrades => PersonField::Grades,
    /// The person that a row adds to.
    OfPerson,
    /// Whether an affiliation is the main one at its org.
    AffiliationPrimary => PersonField::Affiliations,
    /// An affiliation's role.
    AffiliationRole => PersonField::Affiliations,
    /// An affiliation's org.
    AffiliationOrg => PersonField::Affiliations,
    /// The grade that a pupil is in at an affiliation's org.
    AffiliationGrade => PersonField::Grades,
    /// What a person is called in an affiliation.
    AffiliationTitle => PersonField::Affiliations,
    /// An affiliation's first day.
    AffiliationBegin => PersonField::Affiliations,
    /// An affiliation's end.
    AffiliationEnd => PersonField::Affiliations,
    /// The system that an account is for.
    AccountVendor => PersonField::Identifiers,
    /// The log-in name of an account.
    AccountUsername => PersonField::Identifiers,
    /// A person's birth date.
    BirthDate => PersonField::BirthDate,
    /// A person's sex or gender.
    Gender => PersonField::Gender,
    /// A fact for statistics; the column's name says which.
    Demographic => PersonField::Demographics,
    /// The name of a fact for statistics that is true of a person, or several.
    DemographicFlag => PersonField::Demographics,
    /// An enrollment's class.
    EnrollmentClass => EnrollmentField::Class,
    /// An enrollment's person.
    EnrollmentPerson => EnrollmentField::Person,
    /// An enrollment's school.
    EnrollmentOrg => EnrollmentField::Org,
    /// An enrollment's role.
    EnrollmentRole => EnrollmentField::Role,
    /// Whether a teacher is the teacher of record.
    EnrollmentPrimary => EnrollmentField::Primary,
    /// An enrollment's first day.
    EnrollmentBegin => EnrollmentField::Begin,
    /// An enrollment's end.
    EnrollmentEnd => EnrollmentField::End,
    /// A relationship's pupil.
    RelationStudent => RelationshipField::Student,
    /// A relationship's contact.
    RelationContact => RelationshipField::Contact,
    /// The word for a relationship, such as `mother`.
    Relation => RelationshipField::Relation,
    /// In which way a contact matters.
    RelationKind => RelationshipField::Kinds,
}

impl Holds {
    /// The sensitive field that it fills: a reader drops it unless the host asked for that.
    pub const fn sensitive(self) -> Option<SensitiveField> {
        match self {
            Self::BirthDate => Some(SensitiveField::BirthDate),
            Self::Gender => Some(SensitiveField::Gender),
            Self::Demographic | Self::DemographicFlag => Some(SensitiveField::Demographics),
            Self::PersonSms | Self::PersonPhone => Some(SensitiveField::Phones),
            Self::AddressLine | Self::AddressCity | Self::AddressState | Self::AddressPostalCode => {
                Some(SensitiveField::Addresses)
            }
            Self::PersonAgents => Some(SensitiveField::Contacts),
            _ => None,
        }
    }
}
