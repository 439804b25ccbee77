//! Clever's SFTP set, as a school's system uploads it.
//!
//! Columns from the SFTP Instructions and public exporters. *Sections widen, contacts repeat*: further teachers of a section stand in
//! columns of their own, further contacts of a pupil and further schools of a person in rows of their own.

use roster_core::{
    EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship},
    table::{Column, Holds, Part, Rows, Table},
};

const fn column(name: &'static str, holds: Holds) -> Column {
    Column::new(name, holds)
}

const SCHOOLS: Table = Table {
    name: "schools",
    rows: Rows::Records(Org),
    optional: false,
    columns: &[
        column("School_id", Holds::Id).required(),
        column("School_name", Holds::OrgName).required(),
        column("School_number", Holds::OrgIdentifier).expected(),
        column("State_id", Holds::OrgStateId),
        column("", Holds::OrgType).fixed("school"),
        column("Low_grade", Holds::Nothing),
        column("High_grade", Holds::Nothing),
        column("Principal", Holds::Nothing),
        column("Principal_email", Holds::Nothing),
        column("School_address", Holds::Nothing),
        column("School_city", Holds::Nothing),
        column("School_state", Holds::Nothing),
        column("School_zip", Holds::Nothing),
        column("School_phone", Holds::Nothing),
    ],
};

/// Terms and courses have no ids: name and dates, and name and number, tell them apart.
const TERM: &[Part] = &[Part::Column("Term_name"), Part::Maybe("Term_start"), Part::Maybe("Term_end")];
const COURSE: &[Part] = &[Part::Column("Course_name"), Part::Maybe("Course_number")];

const TERMS: Table = Table {
    name: "sections",
    rows: Rows::Records(AcademicSession),
    optional: true,
    columns: &[
        column("", Holds::Id).of_parts(TERM).required(),
        column("Term_name", Holds::SessionTitle),
        column("", Holds::SessionType).fixed("term"),
        column("Term_start", Holds::SessionBegin),
        column("Term_end", Holds::SessionEnd),
    ],
};

const COURSES: Table = Table {
    name: "sections",
    rows: Rows::Records(Course),
    optional: true,
    columns: &[
        column("", Holds::Id).of_parts(COURSE).required(),
        column("Course_name", Holds::CourseTitle),
        column("Course_number", Holds::CourseCode),
        column("Course_description", Holds::Nothing),
    ],
};

const SECTIONS: Table = Table {
    name: "sections",
    rows: Rows::Records(Class),
    optional: false,
    columns: &[
        column("Section_id", Holds::Id).required(),
        column("School_id", Holds::ClassOrg).expected().refers(Org),
        column("Name", Holds::ClassTitle),
        column("Section_number", Holds::ClassCode),
        column("", Holds::ClassCourse).of_parts(COURSE).refers(Course),
        column("", Holds::ClassSession).of_parts(TERM).refers(AcademicSession),
        column("Grade", Holds::ClassGrades),
        column("Subject", Holds::ClassSubjects),
        column("Period", Holds::ClassPeriods),
    ],
};

const STUDENTS: Table = Table {
    name: "students",
    rows: Rows::Records(Person),
    optional: false,
    columns: &[
        column("Student_id", Holds::Id).required(),
        column("First_name", Holds::PersonGiven).expected(),
        column("Last_name", Holds::PersonFamily).expected(),
        column("Middle_name", Holds::PersonMiddle),
        column("Student_number", Holds::StudentNumber),
        column("State_id", Holds::PersonStateId),
        column("Grade", Holds::PersonGrades),
        column("Graduation_year", Holds::GraduationYear),
        column("Student_email", Holds::PersonEmail),
        column("Username", Holds::PersonUsername),
        column("Password", Holds::Secret),
        column("Student_street", Holds::AddressLine),
        column("Student_city", Holds::AddressCity),
        column("Student_state", Holds::AddressState),
        column("Student_zip", Holds::AddressPostalCode),
        column("Unweighted_gpa", Holds::Nothing),
        column("Weighted_gpa", Holds::Nothing),
    ],
};

const STUDENT_SCHOOLS: Table = Table {
    name: "students",
    rows: Rows::Affiliations,
    optional: false,
    columns: &[
        column("Student_id", Holds::OfPerson).required().refers(Person),
        column("School_id", Holds::AffiliationOrg).expected().refers(Org),
        column("", Holds::AffiliationRole).fixed("student"),
    ],
};

const STUDENT_FACTS: Table = Table {
    name: "students",
    rows: Rows::Demographics,
    optional: true,
    columns: &[
        column("Student_id", Holds::OfPerson).required(),
        column("DOB", Holds::BirthDate),
        column("Gender", Holds::Gender),
        column("Race", Holds::Demographic),
        column("Hispanic_Latino", Holds::Demographic),
        column("Home_language", Holds::Demographic),
        column("Ell_status", Holds::Demographic),
        column("Frl_status", Holds::Demographic),
        column("IEP_status", Holds::Demographic),
    ],
};

/// A contact without an id of the school's system is told apart by name, address and number.
const CONTACT: &[Part] = &[
    Part::Word("contact"),
    Part::MaybeOrHashed("Contact_sis_id", &["Contact_name", "Contact_email", "Contact_phone"]),
];

const CONTACTS: Table = Table {
    name: "students",
    rows: Rows::Records(Person),
    optional: true,
    columns: &[
        column("", Holds::Id).of_parts(CONTACT).required(),
        column("Contact_name", Holds::PersonFull),
        column("Contact_email", Holds::PersonEmail),
        column("Contact_phone", Holds::PersonPhone),
        column("Contact_phone_type", Holds::Nothing),
    ],
};

const CONTACT_ROLES: Table = Table {
    name: "students",
    rows: Rows::Affiliations,
    optional: true,
    columns: &[
        column("", Holds::OfPerson).of_parts(CONTACT).required().refers(Person),
        column("", Holds::AffiliationRole).fixed("contact"),
    ],
};

const CONTACT_RELATIONS: Table = Table {
    name: "students",
    rows: Rows::Records(Relationship),
    optional: true,
    columns: &[
        column("", Holds::Id)
            .of_parts(&[
                Part::Column("Student_id"),
                Part::MaybeOrHashed("Contact_sis_id", &["Contact_name", "Contact_email", "Contact_phone"]),
            ])
            .required(),
        column("Student_id", Holds::RelationStudent).refers(Person),
        column("", Holds::RelationContact).of_parts(CONTACT).refers(Person),
        column("Contact_relationship", Holds::Relation),
        column("Contact_type", Holds::RelationKind),
    ],
};

const TEACHERS: Table = Table {
    name: "teachers",
    rows: Rows::Records(Person),
    optional: false,
    columns: &[
        column("Teacher_id", Holds::Id).required(),
        column("First_name", Holds::PersonGiven).expected(),
        column("Last_name", Holds::PersonFamily).expected(),
        column("Middle_name", Holds::PersonMiddle),
        column("Teacher_number", Holds::StaffNumber),
        column("State_teacher_id", Holds::PersonStateId),
        column("Teacher_email", Holds::PersonEmail),
        column("Username", Holds::PersonUsername),
        column("Password", Holds::Secret),
    ],
};

const TEACHER_SCHOOLS: Table = Table {
    name: "teachers",
    rows: Rows::Affiliations,
    optional: false,
    columns: &[
        column("Teacher_id", Holds::OfPerson).required().refers(Person),
        column("School_id", Holds::AffiliationOrg).expected().refers(Org),
        column("", Holds::AffiliationRole).fixed("teacher"),
        column("Title", Holds::AffiliationTitle),
    ],
};

const STAFF: Table = Table {
    name: "staff",
    rows: Rows::Records(Person),
    optional: true,
    columns: &[
        column("Staff_id", Holds::Id).required(),
        column("First_name", Holds::PersonGiven).expected(),
        column("Last_name", Holds::PersonFamily).expected(),
        column("Staff_email", Holds::PersonEmail).expected(),
        column("Username", Holds::PersonUsername),
        column("Password", Holds::Secret),
        column("Department", Holds::Nothing),
        column("Role", Holds::Nothing),
    ],
};

const STAFF_SCHOOLS: Table = Table {
    name: "staff",
    rows: Rows::Affiliations,
    optional: true,
    columns: &[
        column("Staff_id", Holds::OfPerson).required().refers(Person),
        column("School_id", Holds::AffiliationOrg).expected().refers(Org),
        column("", Holds::AffiliationRole).fixed("staff"),
        column("Title", Holds::AffiliationTitle),
    ],
};

macro_rules! teaching {
    ($teacher:literal, $optional:literal, $primary:literal) => {
        Table {
            name: "sections",
            rows: Rows::Records(Enrollment),
            optional: $optional,
            columns: &[
                column("", Holds::Id)
                    .of_parts(&[Part::Column("Section_id"), Part::Column($teacher), Part::Word("teacher")])
                    .required(),
                column("Section_id", Holds::EnrollmentClass).refers(Class),
                column($teacher, Holds::EnrollmentPerson).refers(Person),
                column("", Holds::EnrollmentRole).fixed("teacher"),
                column("", Holds::EnrollmentPrimary).fixed($primary),
                column("School_id", Holds::EnrollmentOrg).refers(Org),
            ],
        }
    };
}

const SEATS: Table = Table {
    name: "enrollments",
    rows: Rows::Records(Enrollment),
    optional: false,
    columns: &[
        column("", Holds::Id)
            .of_parts(&[Part::Column("Section_id"), Part::Column("Student_id"), Part::Word("student")])
            .required(),
        column("Section_id", Holds::EnrollmentClass).required().refers(Class),
        column("Student_id", Holds::EnrollmentPerson).required().refers(Person),
        column("", Holds::EnrollmentRole).fixed("student"),
        column("School_id", Holds::EnrollmentOrg).expected().refers(Org),
    ],
};

/// Administrators of the upload itself. Clever has replaced it by `staff.csv`.
const ADMINS: Table = Table { name: "admins", rows: Rows::Other, optional: true, columns: &[] };

pub(super) const TABLES: &[Table] = &[
    SCHOOLS,
    TERMS,
    COURSES,
    SECTIONS,
    STUDENT_SCHOOLS,
    STUDENT_FACTS,
    CONTACT_ROLES,
    TEACHER_SCHOOLS,
    STAFF_SCHOOLS,
    STUDENTS,
    TEACHERS,
    STAFF,
    CONTACTS,
    CONTACT_RELATIONS,
    teaching!("Teacher_id", false, "true"),
    teaching!("Teacher_2_id", true, "false"),
    teaching!("Teacher_3_id", true, "false"),
    teaching!("Teacher_4_id", true, "false"),
    teaching!("Teacher_5_id", true, "false"),
    teaching!("Teacher_6_id", true, "false"),
    teaching!("Teacher_7_id", true, "false"),
    teaching!("Teacher_8_id", true, "false"),
    teaching!("Teacher_9_id", true, "false"),
    teaching!("Teacher_10_id", true, "false"),
    SEATS,
    ADMINS,
];
