//! The fields that a mapping can name, and the headers that often stand above them.

use roster_core::table::Holds;

/// A field of a record, as a mapping names it.
pub(super) struct Field {
    /// What it is a field of.
    pub(super) of: &'static str,
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    /// Headers that often stand above it, without case and separators.
    pub(super) headers: &'static [&'static str],
}

const fn field(
    of: &'static str,
    name: &'static str,
    holds: Holds,
    headers: &'static [&'static str],
) -> Field {
    Field { of, name, holds, headers }
}

/// All of them. Of headers that several have, the first counts.
pub(super) const FIELDS: &[Field] = &[
    field("school", "id", Holds::Id, &["schoolid", "schoolnumber", "locationid", "campusid", "schoolcode"]),
    field("school", "name", Holds::OrgName, &["schoolname", "school", "campus", "locationname"]),
    field("term", "id", Holds::Id, &["termid"]),
    field("term", "title", Holds::SessionTitle, &["term", "termname", "semester"]),
    field("term", "begin", Holds::SessionBegin, &["termstart", "termstartdate"]),
    field("term", "end", Holds::SessionEnd, &["termend", "termenddate"]),
    field("course", "id", Holds::Id, &["courseid"]),
    field("course", "title", Holds::CourseTitle, &["coursename", "course"]),
    field("course", "code", Holds::CourseCode, &["coursenumber", "coursecode"]),
    field(
        "class",
        "id",
        Holds::Id,
        &["classid", "sectionid", "coursesection", "crn", "teachinggroup", "class", "section"],
    ),
    field("class", "title", Holds::ClassTitle, &["classname", "sectionname", "group", "form", "homeroom"]),
    field("class", "code", Holds::ClassCode, &["classcode", "sectionnumber"]),
    field("class", "grades", Holds::ClassGrades, &["classgrade", "classgradelevel"]),
    field("class", "periods", Holds::ClassPeriods, &["period", "periods"]),
    field("class", "subjects", Holds::ClassSubjects, &["subject"]),
    field("class", "begin", Holds::ClassBegin, &["classstartdate", "classstart"]),
    field("class", "end", Holds::ClassEnd, &["classenddate", "classend"]),
    field(
        "student",
        "id",
        Holds::Id,
        &[
            "studentid",
            "sisid",
            "localid",
            "pupilid",
            "admissionno",
            "admissionnumber",
            "personid",
            "userid",
            "sourcedid",
            "id",
        ],
    ),
    field(
        "student",
        "given",
        Holds::PersonGiven,
        &[
            "firstname",
            "first",
            "givenname",
            "forename",
            "preferredfirstname",
            "legalfirstname",
            "studentfirstname",
            "studentfirst",
        ],
    ),
    field("student", "middle", Holds::PersonMiddle, &["middlename", "studentmiddlename"]),
    field(
        "student",
        "family",
        Holds::PersonFamily,
        &["lastname", "surname", "familyname", "last", "studentlastname", "studentlast"],
    ),
    field("student", "full", Holds::PersonFull, &["studentname", "pupilname", "fullname", "name"]),
    field(
        "student",
        "email",
        Holds::PersonEmail,
        &["studentemail", "email", "emailaddress", "schoolemail", "googleemail"],
    ),
    field("student", "username", Holds::PersonUsername, &["username", "studentusername", "login", "loginid"]),
    field(
        "student",
        "grades",
        Holds::PersonGrades,
        &["grade", "gradelevel", "year", "yeargroup", "ncyear", "yr", "studentgradelevel"],
    ),
    field("student", "number", Holds::StudentNumber, &["studentnumber"]),
    field("student", "state_id", Holds::PersonStateId, &["stateid", "uniquepupilnumber"]),
    field("student", "clever_id", Holds::PersonCleverId, &["cleverid", "studentcleverid"]),
    field("student", "graduation_year", Holds::GraduationYear, &["graduationyear"]),
    field("teacher", "id", Holds::Id, &["teacherid", "staffid", "staffcode"]),
    field("teacher", "given", Holds::PersonGiven, &["teacherfirstname", "teacherfirst"]),
    field("teacher", "family", Holds::PersonFamily, &["teacherlastname", "teacherlast"]),
    field("teacher", "full", Holds::PersonFull, &["teachername", "teacher"]),
    field("teacher", "email", Holds::PersonEmail, &["teacheremail", "staffemail"]),
    field("teacher", "username", Holds::PersonUsername, &["teacherusername"]),
    field("teacher", "number", Holds::StaffNumber, &["teachernumber"]),
    field("teacher", "clever_id", Holds::PersonCleverId, &["teachercleverid"]),
];

/// The field of that name, such as `student.given`.
pub(super) fn named(name: &str) -> Option<&'static Field> {
    let (of, name) = name.split_once('.')?;
    FIELDS.iter().find(|field| field.of == of && field.name == name)
}

/// The field that often stands under a header.
pub(super) fn under(header: &str) -> Option<&'static Field> {
    let folded: String =
        header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    FIELDS.iter().find(|field| field.headers.contains(&folded.as_str()))
}
