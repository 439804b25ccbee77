//! Microsoft School Data Sync: its first format in US and UK headers, version 2, and version 2.1.
//!
//! Headers from the publisher's samples (`OfficeDev/O365-EDU-Tools`, folder `CSV Samples`) and from
//! <https://learn.microsoft.com/schooldatasync/sds-v2.1-csv-file-format>.

use roster_core::{
    EntityKind::{AcademicSession, Class, Course, Enrollment, Org, Person, Relationship},
    table::{Column, Holds, Part, Rows, Table},
};

const fn column(name: &'static str, holds: Holds) -> Column {
    Column::new(name, holds)
}

const fn table(name: &'static str, rows: Rows, columns: &'static [Column]) -> Table {
    Table { name, rows, optional: false, columns }
}

const fn optional(name: &'static str, rows: Rows, columns: &'static [Column]) -> Table {
    Table { name, rows, optional: true, columns }
}

const ID: Column = column("SIS ID", Holds::Id).or(&["ID"]).required();
const OF: Column = column("SIS ID", Holds::OfPerson).or(&["ID"]).required();
const SCHOOL: Column =
    column("School SIS ID", Holds::AffiliationOrg).or(&["School DfE Number"]).expected().refers(Org);

macro_rules! seats {
    ($file:literal, $role:literal) => {
        table(
            $file,
            Rows::Records(Enrollment),
            &[
                column("", Holds::Id)
                    .of_parts(&[Part::Column("Section SIS ID"), Part::Column("SIS ID"), Part::Word($role)])
                    .required(),
                column("Section SIS ID", Holds::EnrollmentClass).or(&["Section ID"]).required().refers(Class),
                column("SIS ID", Holds::EnrollmentPerson).or(&["ID"]).required().refers(Person),
                column("", Holds::EnrollmentRole).fixed($role),
            ],
        )
    };
}

pub(super) const V1: &[Table] = &[
    table(
        "School",
        Rows::Records(Org),
        &[
            column("SIS ID", Holds::Id).or(&["DfE Number"]).required(),
            column("Name", Holds::OrgName).required(),
            column("", Holds::OrgType).fixed("school"),
            column("School Number", Holds::OrgIdentifier),
            column("School NCES_ID", Holds::OrgNcesId),
            column("State ID", Holds::OrgStateId),
            column("Grade Low", Holds::Nothing),
            column("Grade High", Holds::Nothing),
            column("Principal SIS ID", Holds::Nothing),
            column("Principal Name", Holds::Nothing),
            column("Principal Secondary Email", Holds::Nothing),
            column("Address", Holds::Nothing),
            column("City", Holds::Nothing),
            column("State", Holds::Nothing),
            column("Country", Holds::Nothing),
            column("Zip", Holds::Nothing).or(&["Postal Code"]),
            column("Phone", Holds::Nothing),
            column("Zone", Holds::Nothing),
        ],
    ),
    optional(
        "Section",
        Rows::Records(AcademicSession),
        &[
            column("Term SIS ID", Holds::Id).required(),
            column("Term Name", Holds::SessionTitle),
            column("", Holds::SessionType).fixed("term"),
            column("Term StartDate", Holds::SessionBegin),
            column("Term EndDate", Holds::SessionEnd),
        ],
    ),
    optional(
        "Section",
        Rows::Records(Course),
        &[
            column("Course SIS ID", Holds::Id).required(),
            column("Course Name", Holds::CourseTitle),
            column("Course Number", Holds::CourseCode),
            column("Course Subject", Holds::CourseSubjects),
            column("Course Description", Holds::Nothing),
        ],
    ),
    table(
        "Section",
        Rows::Records(Class),
        &[
            ID,
            column("School SIS ID", Holds::ClassOrg).or(&["School DfE Number"]).expected().refers(Org),
            column("Section Name", Holds::ClassTitle).required(),
            column("Section Number", Holds::ClassCode),
            column("Term SIS ID", Holds::ClassSession).refers(AcademicSession),
            column("Course SIS ID", Holds::ClassCourse).refers(Course),
            column("Periods", Holds::ClassPeriods),
            column("Status", Holds::Status),
        ],
    ),
    table(
        "Student",
        Rows::Affiliations,
        &[OF.refers(Person), SCHOOL, column("", Holds::AffiliationRole).fixed("student")],
    ),
    optional("Student", Rows::Demographics, &[OF, column("Birthdate", Holds::BirthDate)]),
    table(
        "Teacher",
        Rows::Affiliations,
        &[
            OF.refers(Person),
            SCHOOL,
            column("", Holds::AffiliationRole).fixed("teacher"),
            column("Title", Holds::AffiliationTitle),
        ],
    ),
    table(
        "Student",
        Rows::Records(Person),
        &[
            ID,
            column("Username", Holds::PersonUsername).expected(),
            column("First Name", Holds::PersonGiven),
            column("Last Name", Holds::PersonFamily),
            column("Middle Name", Holds::PersonMiddle),
            column("Secondary Email", Holds::PersonEmail),
            column("Student Number", Holds::StudentNumber),
            column("State ID", Holds::PersonStateId),
            column("Grade", Holds::PersonGrades),
            column("Graduation Year", Holds::GraduationYear),
            column("Status", Holds::Status),
            column("Password", Holds::Secret),
        ],
    ),
    table(
        "Teacher",
        Rows::Records(Person),
        &[
            ID,
            column("Username", Holds::PersonUsername).expected(),
            column("First Name", Holds::PersonGiven),
            column("Last Name", Holds::PersonFamily),
            column("Middle Name", Holds::PersonMiddle),
            column("Secondary Email", Holds::PersonEmail),
            column("Teacher Number", Holds::StaffNumber),
            column("State ID", Holds::PersonStateId),
            column("Status", Holds::Status),
            column("Password", Holds::Secret),
            column("Qualification", Holds::Nothing),
        ],
    ),
    seats!("TeacherRoster", "teacher"),
    seats!("StudentEnrollment", "student"),
];

const SOURCED_ID: Column = column("sourcedId", Holds::Id).required();

const ORGS: Table = table(
    "orgs",
    Rows::Records(Org),
    &[
        SOURCED_ID,
        column("name", Holds::OrgName).required(),
        column("type", Holds::OrgType).expected(),
        column("parentSourcedId", Holds::OrgParent).refers(Org),
    ],
);

const ENROLLMENTS: Table = table(
    "enrollments",
    Rows::Records(Enrollment),
    &[
        column("", Holds::Id)
            .of_parts(&[Part::Column("classSourcedId"), Part::Column("userSourcedId"), Part::Column("role")])
            .required(),
        column("classSourcedId", Holds::EnrollmentClass).required().refers(Class),
        column("userSourcedId", Holds::EnrollmentPerson).required().refers(Person),
        column("role", Holds::EnrollmentRole).required(),
    ],
);

pub(super) const V2: &[Table] = &[
    ORGS,
    table(
        "classes",
        Rows::Records(Class),
        &[
            SOURCED_ID,
            column("orgSourcedId", Holds::ClassOrg).expected().refers(Org),
            column("title", Holds::ClassTitle).required(),
        ],
    ),
    table(
        "users",
        Rows::Records(Person),
        &[
            SOURCED_ID,
            column("orgSourcedIds", Holds::PersonOrgs).expected().refers(Org),
            column("role", Holds::PersonRole).required(),
            column("username", Holds::PersonUsername).expected(),
            column("givenName", Holds::PersonGiven),
            column("familyName", Holds::PersonFamily),
            column("grade", Holds::PersonGrades),
            column("password", Holds::Secret),
        ],
    ),
    ENROLLMENTS,
];

pub(super) const V2_1: &[Table] = &[
    ORGS,
    optional(
        "academicSessions",
        Rows::Records(AcademicSession),
        &[
            SOURCED_ID,
            column("title", Holds::SessionTitle).required(),
            column("type", Holds::SessionType).expected(),
            // The year in which it begins; OneRoster's is the one in which it ends.
            column("schoolYear", Holds::SessionYearBegin).expected(),
            column("startDate", Holds::SessionBegin).expected(),
            column("endDate", Holds::SessionEnd).expected(),
        ],
    ),
    optional(
        "courses",
        Rows::Records(Course),
        &[
            SOURCED_ID,
            column("orgSourcedId", Holds::CourseOrg).expected().refers(Org),
            column("title", Holds::CourseTitle).required(),
            column("code", Holds::CourseCode),
            column("schoolYearSourcedId", Holds::CourseSession).refers(AcademicSession),
            column("subject", Holds::CourseSubjects),
            column("grade", Holds::CourseGrades),
        ],
    ),
    optional(
        "classes",
        Rows::Records(Class),
        &[
            SOURCED_ID,
            column("orgSourcedId", Holds::ClassOrg).expected().refers(Org),
            column("title", Holds::ClassTitle).required(),
            column("sessionSourcedIds", Holds::ClassSessions).refers(AcademicSession),
            column("courseSourcedId", Holds::ClassCourse).refers(Course),
            column("code", Holds::ClassCode),
        ],
    ),
    table(
        "roles",
        Rows::Affiliations,
        &[
            column("userSourcedId", Holds::OfPerson).required().refers(Person),
            column("orgSourcedId", Holds::AffiliationOrg).expected().refers(Org),
            column("role", Holds::AffiliationRole).required(),
            column("sessionSourcedId", Holds::Nothing),
            column("grade", Holds::AffiliationGrade),
            column("isPrimary", Holds::AffiliationPrimary),
            column("roleStartDate", Holds::AffiliationBegin),
            column("roleEndDate", Holds::AffiliationEnd),
        ],
    ),
    // Who has no role at a school is there for a pupil's sake.
    optional(
        "relationships",
        Rows::Affiliations,
        &[
            column("relationshipUserSourcedId", Holds::OfPerson).required().refers(Person),
            column("relationshipRole", Holds::AffiliationRole).required(),
        ],
    ),
    optional(
        "demographics",
        Rows::Demographics,
        &[
            column("userSourcedId", Holds::OfPerson).required(),
            column("birthDate", Holds::BirthDate),
            column("sex", Holds::Gender),
            column("birthCity", Holds::Demographic),
            column("birthState", Holds::Demographic),
            column("birthCountry", Holds::Demographic),
            column("ethnicityCodes", Holds::DemographicFlag),
        ],
    ),
    optional(
        "demographics",
        Rows::Demographics,
        &[column("userSourcedId", Holds::OfPerson).required(), column("raceCodes", Holds::DemographicFlag)],
    ),
    optional(
        "userFlags",
        Rows::Demographics,
        &[column("userSourcedId", Holds::OfPerson).required(), column("flag", Holds::DemographicFlag)],
    ),
    table(
        "users",
        Rows::Records(Person),
        &[
            SOURCED_ID,
            column("username", Holds::PersonUsername).expected(),
            column("givenName", Holds::PersonGiven),
            column("familyName", Holds::PersonFamily),
            column("email", Holds::PersonEmail),
            column("phone", Holds::PersonPhone),
            column("sms", Holds::PersonSms),
            column("password", Holds::Secret),
            column("activeDirectoryMatchId", Holds::Nothing),
        ],
    ),
    Table { optional: true, ..ENROLLMENTS },
    optional(
        "relationships",
        Rows::Records(Relationship),
        &[
            column("", Holds::Id)
                .of_parts(&[Part::Column("userSourcedId"), Part::Column("relationshipUserSourcedId")])
                .required(),
            column("userSourcedId", Holds::RelationStudent).required().refers(Person),
            column("relationshipUserSourcedId", Holds::RelationContact).required().refers(Person),
            column("relationshipRole", Holds::Relation),
        ],
    ),
];
