//! The tables themselves, column by column in the binding's order.
//!
//! The binding demands more than a roster needs: a class without a course code or a pupil without a user name is still one
//! that a school wants to see. *Required* is what a row makes no sense without; what the binding demands beyond that is
//! *expected*.

use roster_core::{
    EntityKind::{AcademicSession, Class, Course, Org, Person},
    table::{Column, Holds, Rows, Table},
};

const fn column(name: &'static str, holds: Holds) -> Column {
    Column::new(name, holds)
}

const ID: Column = column("sourcedId", Holds::Id).required();
const STATUS: Column = column("status", Holds::Status);
const MODIFIED: Column = column("dateLastModified", Holds::Modified);

/// A row of a file that adds to people has an id of its own, which nothing refers to; many exports leave it empty.
const OWN_ID: Column = column("sourcedId", Holds::Id);

const ORGS: Table = Table {
    name: "orgs",
    rows: Rows::Records(roster_core::EntityKind::Org),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("name", Holds::OrgName).required(),
        column("type", Holds::OrgType).expected(),
        column("identifier", Holds::OrgIdentifier),
        column("parentSourcedId", Holds::OrgParent).refers(Org),
    ],
};

const ACADEMIC_SESSIONS: Table = Table {
    name: "academicSessions",
    rows: Rows::Records(AcademicSession),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("title", Holds::SessionTitle).required(),
        column("type", Holds::SessionType).expected(),
        column("startDate", Holds::SessionBegin).expected(),
        column("endDate", Holds::SessionEnd).expected(),
        column("parentSourcedId", Holds::SessionParent).refers(AcademicSession),
        column("schoolYear", Holds::SessionYear).expected(),
    ],
};

const COURSES: Table = Table {
    name: "courses",
    rows: Rows::Records(Course),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("schoolYearSourcedId", Holds::CourseSession).or(&["schoolYearId"]).refers(AcademicSession),
        column("title", Holds::CourseTitle).required(),
        column("courseCode", Holds::CourseCode),
        column("grades", Holds::CourseGrades).or(&["grade"]),
        column("orgSourcedId", Holds::CourseOrg).expected().refers(Org),
        column("subjects", Holds::CourseSubjects),
        column("subjectCodes", Holds::CourseSubjectCodes),
    ],
};

const CLASSES: Table = Table {
    name: "classes",
    rows: Rows::Records(Class),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("title", Holds::ClassTitle).required(),
        column("grades", Holds::ClassGrades).or(&["grade"]),
        column("courseSourcedId", Holds::ClassCourse).expected().refers(Course),
        column("classCode", Holds::ClassCode),
        column("classType", Holds::ClassType).expected(),
        column("location", Holds::ClassLocation),
        column("schoolSourcedId", Holds::ClassOrg).expected().refers(Org),
        column("termSourcedIds", Holds::ClassSessions)
            .or(&["termSourcedId"])
            .expected()
            .refers(AcademicSession),
        column("subjects", Holds::ClassSubjects),
        column("subjectCodes", Holds::ClassSubjectCodes),
        column("periods", Holds::ClassPeriods),
    ],
};

const USERS_1_1: Table = Table {
    name: "users",
    rows: Rows::Records(Person),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("enabledUser", Holds::PersonEnabled).expected(),
        column("orgSourcedIds", Holds::PersonOrgs).expected().refers(Org),
        column("role", Holds::PersonRole).required(),
        column("username", Holds::PersonUsername).expected(),
        column("userIds", Holds::PersonUserIds).or(&["userId"]),
        column("givenName", Holds::PersonGiven).expected(),
        column("familyName", Holds::PersonFamily).expected(),
        column("middleName", Holds::PersonMiddle),
        column("identifier", Holds::PersonNumber),
        column("email", Holds::PersonEmail),
        column("sms", Holds::PersonSms),
        column("phone", Holds::PersonPhone),
        column("agentSourcedIds", Holds::PersonAgents).or(&["agents"]).refers(Person),
        column("grades", Holds::PersonGrades).or(&["grade"]),
        column("password", Holds::Secret),
    ],
};

const USERS_1_2: Table = Table {
    name: "users",
    rows: Rows::Records(Person),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("enabledUser", Holds::PersonEnabled).expected(),
        column("username", Holds::PersonUsername).expected(),
        column("userIds", Holds::PersonUserIds),
        column("givenName", Holds::PersonGiven).expected(),
        column("familyName", Holds::PersonFamily).expected(),
        column("middleName", Holds::PersonMiddle),
        column("identifier", Holds::PersonNumber),
        column("email", Holds::PersonEmail),
        column("sms", Holds::PersonSms),
        column("phone", Holds::PersonPhone),
        column("agentSourcedIds", Holds::PersonAgents).refers(Person),
        column("grades", Holds::PersonGrades),
        column("password", Holds::Secret),
        column("userMasterIdentifier", Holds::PersonMasterId),
        // Files from before the correction of 1.2.1 have this one more.
        column("resourceSourcedIds", Holds::Nothing),
        column("preferredGivenName", Holds::PersonPreferredGiven).or(&["preferredFirstName"]),
        column("preferredMiddleName", Holds::PersonPreferredMiddle),
        column("preferredFamilyName", Holds::PersonPreferredFamily).or(&["preferredLastName"]),
        column("primaryOrgSourcedId", Holds::PersonPrimaryOrg).refers(Org),
        column("pronouns", Holds::PersonPronouns),
    ],
};

const ROLES: Table = Table {
    name: "roles",
    rows: Rows::Affiliations,
    optional: false,
    columns: &[
        OWN_ID,
        STATUS,
        MODIFIED,
        column("userSourcedId", Holds::OfPerson).required().refers(Person),
        column("roleType", Holds::AffiliationPrimary).expected(),
        column("role", Holds::AffiliationRole).required(),
        column("beginDate", Holds::AffiliationBegin),
        column("endDate", Holds::AffiliationEnd),
        column("orgSourcedId", Holds::AffiliationOrg).expected().refers(Org),
        column("userProfileSourcedId", Holds::Nothing),
    ],
};

const USER_PROFILES: Table = Table {
    name: "userProfiles",
    rows: Rows::Accounts,
    optional: true,
    columns: &[
        OWN_ID,
        STATUS,
        MODIFIED,
        column("userSourcedId", Holds::OfPerson).required().refers(Person),
        column("profileType", Holds::Nothing),
        column("vendorId", Holds::AccountVendor).expected(),
        column("applicationId", Holds::Nothing),
        column("description", Holds::Nothing),
        column("credentialType", Holds::Nothing),
        column("username", Holds::AccountUsername),
        column("password", Holds::Secret),
    ],
};

const ENROLLMENTS: Table = Table {
    name: "enrollments",
    rows: Rows::Records(roster_core::EntityKind::Enrollment),
    optional: false,
    columns: &[
        ID,
        STATUS,
        MODIFIED,
        column("classSourcedId", Holds::EnrollmentClass).required().refers(Class),
        column("schoolSourcedId", Holds::EnrollmentOrg).expected().refers(Org),
        column("userSourcedId", Holds::EnrollmentPerson).required().refers(Person),
        column("role", Holds::EnrollmentRole).required(),
        column("primary", Holds::EnrollmentPrimary),
        column("beginDate", Holds::EnrollmentBegin),
        column("endDate", Holds::EnrollmentEnd),
    ],
};

const DEMOGRAPHICS: Table = Table {
    name: "demographics",
    rows: Rows::Demographics,
    optional: true,
    columns: &[
        column("sourcedId", Holds::OfPerson).or(&["userSourcedId"]).required().refers(Person),
        STATUS,
        MODIFIED,
        column("birthDate", Holds::BirthDate).or(&["birthdate"]),
        column("sex", Holds::Gender),
        column("americanIndianOrAlaskaNative", Holds::Demographic),
        column("asian", Holds::Demographic),
        column("blackOrAfricanAmerican", Holds::Demographic),
        column("nativeHawaiianOrOtherPacificIslander", Holds::Demographic),
        column("white", Holds::Demographic),
        column("demographicRaceTwoOrMoreRaces", Holds::Demographic),
        column("hispanicOrLatinoEthnicity", Holds::Demographic),
        column("countryOfBirthCode", Holds::Demographic),
        column("stateOfBirthAbbreviation", Holds::Demographic),
        column("cityOfBirth", Holds::Demographic),
        column("publicSchoolResidenceStatus", Holds::Demographic),
    ],
};

const fn other(name: &'static str) -> Table {
    Table { name, rows: Rows::Other, optional: true, columns: &[] }
}

pub(super) const V1_1: &[Table] = &[
    ORGS,
    ACADEMIC_SESSIONS,
    COURSES,
    CLASSES,
    DEMOGRAPHICS,
    USERS_1_1,
    ENROLLMENTS,
    other("categories"),
    other("classResources"),
    other("courseResources"),
    other("lineItems"),
    other("resources"),
    other("results"),
];

pub(super) const V1_2: &[Table] = &[
    ORGS,
    ACADEMIC_SESSIONS,
    COURSES,
    CLASSES,
    ROLES,
    USER_PROFILES,
    DEMOGRAPHICS,
    USERS_1_2,
    ENROLLMENTS,
    other("categories"),
    other("classResources"),
    other("courseResources"),
    other("lineItemLearningObjectiveIds"),
    other("lineItemScoreScales"),
    other("lineItems"),
    other("resources"),
    other("resultLearningObjectiveIds"),
    other("resultScoreScales"),
    other("results"),
    other("scoreScales"),
    other("userResources"),
];
