//! Where in a set stands what is to be damaged.

use crate::district::FileDialect;

/// A file and one of its columns.
pub(super) type Spot = (&'static str, &'static str);

/// The files of a set that dirt needs to know.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about a dialect")]
pub struct SetShape {
    /// The file of pupils.
    pub(super) people: &'static str,
    /// What tells pupils apart there: rows with the same one are of one pupil.
    pub(super) key: &'static str,
    /// An id that a spreadsheet may spoil.
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) family: &'static str,
    pub(super) email: Option<&'static str>,
    pub(super) grade: Option<Spot>,
    pub(super) date: Option<Spot>,
    /// A column that names a person, in a file of seats.
    pub(super) reference: Option<Spot>,
    /// Pupils have no id but their address.
    pub(super) is_by_address: bool,
    /// A row of the pupils' file is several records.
    pub(super) is_folded: bool,
    /// Dates have a form of their own.
    pub(super) has_own_dates: bool,
    /// A set may be without seats.
    pub(super) may_lack_seats: bool,
    /// Terms are told apart by their dates.
    pub(super) is_date_in_id: bool,
    /// The set is one file.
    pub(super) is_one_file: bool,
}

impl SetShape {
    /// That of OneRoster, of either version.
    #[must_use]
    pub const fn of_oneroster() -> Self {
        Self {
            people: "users.csv",
            key: "sourcedId",
            id: "sourcedId",
            name: "givenName",
            family: "familyName",
            email: Some("email"),
            grade: Some(("users.csv", "grades")),
            date: Some(("academicSessions.csv", "startDate")),
            reference: Some(("enrollments.csv", "userSourcedId")),
            is_by_address: false,
            is_folded: false,
            has_own_dates: false,
            may_lack_seats: false,
            is_date_in_id: false,
            is_one_file: false,
        }
    }

    /// That of another dialect.
    #[must_use]
    pub const fn of(dialect: FileDialect) -> Self {
        let oneroster = Self::of_oneroster();
        let sds = Self { grade: None, date: None, has_own_dates: true, ..oneroster };
        match dialect {
            FileDialect::OneFile => Self {
                people: "roster.csv",
                key: "student_email",
                id: "class_id",
                name: "student_first_name",
                family: "student_last_name",
                email: Some("student_email"),
                grade: Some(("roster.csv", "student_grade_level")),
                reference: None,
                is_by_address: true,
                is_folded: true,
                is_one_file: true,
                ..sds
            },
            FileDialect::OneFileClever => Self {
                people: "roster.csv",
                key: "student_clever_id",
                id: "student_clever_id",
                name: "student_first_name",
                family: "student_last_name",
                email: Some("student_email"),
                grade: Some(("roster.csv", "student_grade_level")),
                reference: None,
                is_folded: true,
                is_one_file: true,
                ..sds
            },
            FileDialect::CleverSftp => Self {
                people: "students.csv",
                key: "Student_id",
                id: "Student_id",
                name: "First_name",
                family: "Last_name",
                email: Some("Student_email"),
                grade: Some(("students.csv", "Grade")),
                date: Some(("sections.csv", "Term_start")),
                is_date_in_id: true,
                reference: Some(("enrollments.csv", "Student_id")),
                is_folded: true,
                ..sds
            },
            FileDialect::SdsV1 => Self {
                people: "Student.csv",
                key: "SIS ID",
                id: "SIS ID",
                name: "First Name",
                family: "Last Name",
                email: Some("Secondary Email"),
                grade: Some(("Student.csv", "Grade")),
                reference: Some(("StudentEnrollment.csv", "SIS ID")),
                is_folded: true,
                ..sds
            },
            FileDialect::SdsV2 => Self { email: None, grade: Some(("users.csv", "grade")), ..sds },
            FileDialect::SdsV2_1 => Self {
                grade: Some(("roles.csv", "grade")),
                date: Some(("academicSessions.csv", "startDate")),
                may_lack_seats: true,
                ..sds
            },
        }
    }
}
