//! `McGraw Hill`'s "Import Students/Rosters": each row is a pupil, in at most one class of the one school that the file is for.
//!
//! Columns as its support pages give them (`import-students-rosters-template-instructions`). The GUIDs are the vendor's own and empty
//! where a row creates something, so that the school's ids tell pupils and classes apart.

use roster_core::{
    EntityKind::{Class, Enrollment, Person},
    table::{Column, Holds, Part, Rows, Table},
};

const fn column(name: &'static str, holds: Holds) -> Column {
    Column::new(name, holds)
}

const fn table(rows: Rows, optional: bool, columns: &'static [Column]) -> Table {
    Table { name: "students", rows, optional, columns }
}

pub(super) const STUDENTS: &[Table] = &[
    table(
        Rows::Records(Class),
        false,
        &[
            column("Class ID", Holds::Id).required(),
            column("Class Name", Holds::ClassTitle),
            column("Class Grade Level", Holds::ClassGrades),
            column("Class Start Date", Holds::ClassBegin),
            column("Class End Date", Holds::ClassEnd),
            column("Class GUID", Holds::Nothing),
            column("Master Code", Holds::Nothing),
        ],
    ),
    table(
        Rows::Affiliations,
        false,
        &[
            column("Student ID", Holds::OfPerson).required().refers(Person),
            column("", Holds::AffiliationRole).fixed("student"),
        ],
    ),
    table(
        Rows::Records(Person),
        false,
        &[
            column("Student ID", Holds::Id).required(),
            column("Student GUID", Holds::PersonMasterId).or(&["User GUID"]),
            column("First Name", Holds::PersonGiven).expected(),
            column("Last Name", Holds::PersonFamily).expected(),
            column("Grade Level", Holds::PersonGrades),
            column("Email", Holds::PersonEmail),
            column("Username", Holds::PersonUsername),
            column("Password", Holds::Secret),
        ],
    ),
    table(
        Rows::Records(Enrollment),
        false,
        &[
            column("", Holds::Id)
                .of_parts(&[Part::Column("Class ID"), Part::Column("Student ID"), Part::Word("student")])
                .required(),
            column("Class ID", Holds::EnrollmentClass).refers(Class),
            column("Student ID", Holds::EnrollmentPerson).refers(Person),
            column("", Holds::EnrollmentRole).fixed("student"),
        ],
    ),
];
