//! One-file rosters: each row is a pupil in a class with its teacher.
//!
//! Columns as `RocketLit` and `InnerOrbit` ask for them (help pages "SFTP & CSV Roster Sync", "`RocketLit` Clever roster sync" and "CSV Sync
//! for District Google Classroom Rosters"); the flavour for Google has the same ones. Without ids of Clever, an address is all that
//! tells people apart.

use roster_core::{
    EntityKind::{Class, Enrollment, Org, Person},
    table::{Column, Holds, Part, Rows, Table},
};

const fn column(name: &'static str, holds: Holds) -> Column {
    Column::new(name, holds)
}

const fn table(rows: Rows, columns: &'static [Column]) -> Table {
    Table { name: "roster", rows, optional: false, columns }
}

const SCHOOLS: Table = table(
    Rows::Records(Org),
    &[
        column("school_id", Holds::Id).required(),
        column("school_name", Holds::OrgName).expected(),
        column("", Holds::OrgType).fixed("school"),
    ],
);

const CLASSES: Table = table(
    Rows::Records(Class),
    &[
        column("class_id", Holds::Id).required(),
        column("class_name", Holds::ClassTitle).expected(),
        column("school_id", Holds::ClassOrg).refers(Org),
    ],
);

macro_rules! people {
    ($teacher:expr, $student:expr, [$($clever_teacher:expr)?], [$($clever_student:expr)?]) => {
        [
            table(Rows::Affiliations, &[
                column("", Holds::OfPerson).of_parts($teacher).required().refers(Person),
                column("school_id", Holds::AffiliationOrg).refers(Org),
                column("", Holds::AffiliationRole).fixed("teacher"),
            ]),
            table(Rows::Affiliations, &[
                column("", Holds::OfPerson).of_parts($student).required().refers(Person),
                column("school_id", Holds::AffiliationOrg).refers(Org),
                column("", Holds::AffiliationRole).fixed("student"),
            ]),
            table(Rows::Records(Person), &[
                column("", Holds::Id).of_parts($teacher).required(),
                column("teacher_first_name", Holds::PersonGiven).expected(),
                column("teacher_last_name", Holds::PersonFamily).expected(),
                column("teacher_email", Holds::PersonEmail),
                $(column($clever_teacher, Holds::PersonCleverId),)?
            ]),
            table(Rows::Records(Person), &[
                column("", Holds::Id).of_parts($student).required(),
                column("student_first_name", Holds::PersonGiven).expected(),
                column("student_last_name", Holds::PersonFamily).expected(),
                column("student_email", Holds::PersonEmail),
                column("student_grade_level", Holds::PersonGrades),
                $(column($clever_student, Holds::PersonCleverId),)?
            ]),
        ]
    };
}

macro_rules! seats {
    ($person:expr, $seat:expr, $role:literal) => {
        table(
            Rows::Records(Enrollment),
            &[
                column("", Holds::Id).of_parts($seat).required(),
                column("class_id", Holds::EnrollmentClass).refers(Class),
                column("", Holds::EnrollmentPerson).of_parts($person).refers(Person),
                column("", Holds::EnrollmentRole).fixed($role),
                column("school_id", Holds::EnrollmentOrg).refers(Org),
            ],
        )
    };
}

// The words keep apart a teacher and a pupil who share an address.
const TEACHER: &[Part] = &[Part::Word("t"), Part::Hashed(&["teacher_email"])];
const STUDENT: &[Part] = &[Part::Word("s"), Part::Hashed(&["student_email"])];
const PLAIN_PEOPLE: [Table; 4] = people!(TEACHER, STUDENT, [], []);

pub(super) const PLAIN: &[Table] = &[
    SCHOOLS,
    CLASSES,
    PLAIN_PEOPLE[0],
    PLAIN_PEOPLE[1],
    PLAIN_PEOPLE[2],
    PLAIN_PEOPLE[3],
    seats!(
        TEACHER,
        &[Part::Column("class_id"), Part::Word("t"), Part::Hashed(&["teacher_email"])],
        "teacher"
    ),
    seats!(
        STUDENT,
        &[Part::Column("class_id"), Part::Word("s"), Part::Hashed(&["student_email"])],
        "student"
    ),
];

const CLEVER_TEACHER: &[Part] = &[Part::ColumnOrHashed("teacher_clever_id", &["teacher_email"])];
const CLEVER_STUDENT: &[Part] = &[Part::ColumnOrHashed("student_clever_id", &["student_email"])];
const CLEVER_PEOPLE: [Table; 4] =
    people!(CLEVER_TEACHER, CLEVER_STUDENT, ["teacher_clever_id"], ["student_clever_id"]);

pub(super) const WITH_CLEVER_IDS: &[Table] = &[
    SCHOOLS,
    CLASSES,
    CLEVER_PEOPLE[0],
    CLEVER_PEOPLE[1],
    CLEVER_PEOPLE[2],
    CLEVER_PEOPLE[3],
    seats!(
        CLEVER_TEACHER,
        &[
            Part::Column("class_id"),
            Part::ColumnOrHashed("teacher_clever_id", &["teacher_email"]),
            Part::Word("teacher"),
        ],
        "teacher"
    ),
    seats!(
        CLEVER_STUDENT,
        &[
            Part::Column("class_id"),
            Part::ColumnOrHashed("student_clever_id", &["student_email"]),
            Part::Word("student"),
        ],
        "student"
    ),
];
