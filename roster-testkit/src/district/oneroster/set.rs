//! The files of a set: their columns, their rows as bytes, and the manifest.

use std::collections::BTreeMap;

use super::{
    OneRosterCsv,
    OneRosterVersion::{self, V1_1, V1_2},
    rows::{self, Row},
    words,
};
use crate::district::District;

const FILES_1_1: &[&str] = &[
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItems",
    "orgs",
    "resources",
    "results",
    "users",
];

const FILES_1_2: &[&str] = &[
    "academicSessions",
    "categories",
    "classes",
    "classResources",
    "courses",
    "courseResources",
    "demographics",
    "enrollments",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "orgs",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "roles",
    "scoreScales",
    "userProfiles",
    "userResources",
    "users",
];

const SESSIONS: &str = "title,type,startDate,endDate,parentSourcedId,schoolYear";
const ORGS: &str = "name,type,identifier,parentSourcedId";
const COURSES: &str = "schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes";
const CLASSES: &str = "title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,termSourcedIds,\
    subjects,subjectCodes,periods";
const USERS_1_1: &str = "enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,middleName,identifier,\
    email,sms,phone,agentSourcedIds,grades,password";
const USERS_1_2: &str = "enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,sms,phone,\
    agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,preferredMiddleName,preferredFamilyName,\
    primaryOrgSourcedId,pronouns";
const ROLES: &str = "userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,userProfileSourcedId";
const USER_PROFILES: &str =
    "userSourcedId,profileType,vendorId,applicationId,description,credentialType,username,password";
const ENROLLMENTS: &str = "classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate";

/// The text of each file that has rows, with lines that end with LF.
pub(super) struct Set(BTreeMap<&'static str, String>);

impl Set {
    pub(super) fn of(district: &District, options: &OneRosterCsv) -> Self {
        let mut set = Self(BTreeMap::new());
        set.add("orgs", ORGS, district.orgs.iter().map(rows::org));
        set.add("academicSessions", SESSIONS, district.sessions.iter().map(rows::session));
        set.add("courses", COURSES, district.courses.iter().map(rows::course));
        set.add("classes", CLASSES, district.classes.iter().map(rows::class));
        set.add(
            "enrollments",
            ENROLLMENTS,
            (district.enrollments.iter()).map(|it| rows::enrollment(it, options.version)),
        );

        let links = rows::links(district, options.version);
        let people = || {
            (district.people.iter()).map(|person| Row {
                person,
                affiliations: words::affiliations(person, options.version),
                agents: links.get(&person.id).map(Vec::as_slice).unwrap_or_default(),
            })
        };
        match options.version {
            V1_1 => set.add("users", USERS_1_1, people().map(|row| row.user_1_1())),
            V1_2 => {
                set.add("users", USERS_1_2, people().map(|row| row.user_1_2()));
                set.add("roles", ROLES, people().flat_map(|row| row.roles()));
                set.add("userProfiles", USER_PROFILES, people().flat_map(|row| row.profiles()));
            }
        }
        if options.with_demographics {
            let columns = words::DEMOGRAPHICS.map(|(column, _)| column).join(",");
            let header = format!("birthDate,sex,{columns}");
            set.add("demographics", &header, district.people.iter().filter_map(rows::demographics));
        }
        set
    }

    fn add(&mut self, file: &'static str, columns: &str, rows: impl Iterator<Item = Vec<String>>) {
        let mut text = String::new();
        for row in rows {
            let mut row = row.into_iter();
            // `status` and `dateLastModified` come after the id, and are blank in a bulk file.
            push_cell(&mut text, &row.next().unwrap_or_default());
            text.push_str(",,");
            for cell in row {
                text.push(',');
                push_cell(&mut text, &cell);
            }
            text.push('\n');
        }
        if !text.is_empty() {
            text.insert_str(0, &format!("sourcedId,status,dateLastModified,{columns}\n"));
            self.0.insert(file, text);
        }
    }

    fn manifest(&self, version: OneRosterVersion) -> String {
        let mut text =
            format!("propertyName,value\nmanifest.version,1.0\noneroster.version,{}\n", version.as_str());
        let files = match version {
            V1_1 => FILES_1_1,
            V1_2 => FILES_1_2,
        };
        for file in files {
            let mode = if self.0.contains_key(file) { "bulk" } else { "absent" };
            text.extend(["file.", file, ",", mode, "\n"]);
        }
        text.push_str("source.systemName,Invented SIS\nsource.systemCode,INVENTED\n");
        text
    }

    pub(super) fn into_files(self, options: &OneRosterCsv) -> BTreeMap<String, Vec<u8>> {
        let manifest = self.manifest(options.version);
        let texts = self.0.into_iter().chain([("manifest", manifest)]);
        texts
            .map(|(file, mut text)| {
                if options.crlf {
                    text = text.replace('\n', "\r\n");
                }
                if options.bom {
                    text.insert(0, '\u{feff}');
                }
                (format!("{file}.csv"), text.into_bytes())
            })
            .collect()
    }
}

/// Quotes as RFC 4180 says, and where blanks at an end would be lost.
fn push_cell(text: &mut String, cell: &str) {
    if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
        text.push('"');
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    } else {
        text.push_str(cell);
    }
}
