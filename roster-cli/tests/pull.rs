//! Pulls of files, from end to end.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use std::{io::Read, process::Stdio};

use serde_json::{Value, json};

use self::run::Folder;

const SET: [(&str, &str); 7] = [
    (
        "manifest.csv",
        "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.academicSessions,bulk\n\
         file.categories,absent\nfile.classes,bulk\nfile.classResources,absent\nfile.courses,bulk\n\
         file.courseResources,absent\nfile.demographics,absent\nfile.enrollments,bulk\nfile.lineItems,absent\n\
         file.orgs,bulk\nfile.resources,absent\nfile.results,absent\nfile.users,bulk\nsource.systemName,\n\
         source.systemCode,\n",
    ),
    (
        "academicSessions.csv",
        "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear\n\
         y1,,,2026-2027,schoolYear,2026-08-01,2027-06-30,,2027\n",
    ),
    (
        "orgs.csv",
        "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
         d1,,,Lincoln Unified,district,900000,\ns1,,,Elm School,school,10000,d1\ns2,,,Oak School,school,10001,d1\n",
    ),
    (
        "courses.csv",
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes\n\
         k1,,,y1,Mathematics,M1,,s1,Mathematics,\n",
    ),
    (
        "classes.csv",
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,\
         termSourcedIds,subjects,subjectCodes,periods\n\
         c1,,,Mathematics 1,04,k1,M1-1,scheduled,Room 1,s1,y1,Mathematics,,1\n",
    ),
    (
        "users.csv",
        "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,\
         middleName,identifier,email,sms,phone,agentSourcedIds,grades,password\n\
         t1,,,true,s1,teacher,ada.moss,,Ada,Moss,,,ada.moss@lincoln.example,,,,,\n\
         p1,,,true,s1,student,ben.reed,,Ben,Reed,,,ben.reed@lincoln.example,,,,04,\n\
         p2,,,true,s2,student,cleo.hart,,Cleo,Hart,,,cleo.hart@lincoln.example,,,,04,\n",
    ),
    (
        "enrollments.csv",
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate\n\
         e1,,,c1,s1,t1,teacher,true,2026-08-01,2027-06-30\ne2,,,c1,s1,p1,student,,2026-08-01,2027-06-30\n",
    ),
];

fn lincoln() -> Folder {
    let folder = Folder::new();
    for (name, text) in SET {
        folder.write(&format!("lincoln/{name}"), text);
    }
    folder
}

fn records(answer: &Value) -> Vec<(&str, u64)> {
    let kinds = answer["kinds"].as_object().unwrap();
    kinds.iter().map(|(kind, counts)| (kind.as_str(), counts["records"].as_u64().unwrap())).collect()
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_set_is_counted() {
    let folder = lincoln();
    let ran = folder.roster(&["pull", "csv:lincoln", "--json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let answer = ran.json();
    assert_eq!((&answer["provider"], &answer["tenant"]), (&json!("csv"), &json!("lincoln")));
    let counts =
        [("academic_session", 1), ("class", 1), ("course", 1), ("enrollment", 2), ("org", 3), ("person", 3)];
    assert_eq!(records(&answer), counts);
    assert_eq!((&answer["problems"], &answer["requests"]), (&json!(0), &json!(0)));
    assert_eq!(
        answer["files"]["users.csv"],
        json!({"rows": 3, "used": 3, "rejected": 0, "skipped": 0, "duplicate": 0})
    );
    assert!(answer["seconds"].is_number() && answer.get("error").is_none());

    let words = folder.roster(&["pull", "csv:lincoln"]);
    assert_eq!(words.code, 0);
    assert!(words.stdout.contains("every kind is complete"), "{}", words.stdout);
    for datum in ["Moss", "ada.moss", "Elm"] {
        assert!(!words.stdout.contains(datum) && !ran.stdout.contains(datum));
    }
}

#[test]
fn a_check_says_what_may_be_read() {
    let folder = lincoln();
    let ran = folder.roster(&["check", "csv:lincoln", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let answer = ran.json();
    for key in ["provider", "tenant", "state", "granted", "warnings", "data_as_of", "profile"] {
        assert!(answer.get(key).is_some(), "{key}: {answer}");
    }
    assert!(answer["granted"].as_array().unwrap().contains(&json!("person")));
    assert!(folder.roster(&["check", "csv:lincoln"]).stdout.starts_with("lincoln (csv)\n"));
}

#[test]
fn kinds_and_schools_narrow_a_pull() {
    let folder = lincoln();
    let kinds = folder.roster(&["pull", "csv:lincoln", "--json", "--kinds", "org,class"]);
    assert_eq!(records(&kinds.json()), [("class", 1), ("org", 3)]);

    folder
        .write("roster.toml", "[sources.elm]\nprovider = \"csv\"\npath = \"lincoln\"\nschools = [\"s1\"]\n");
    let people = |arguments: &[&str]| {
        let ran = folder.roster(&[&["pull", "elm", "--json", "--kinds", "person"], arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stdout);
        ran.json()["kinds"]["person"]["records"].clone()
    };
    assert_eq!(people(&[]), 2, "the settings say which school");
    assert_eq!(people(&["--school", "s2"]), 1, "flags count before settings");
    assert_eq!(people(&["--set", "schools=s1,s2"]), 3);
}

#[test]
fn what_is_missing_is_a_wrong_configuration() {
    let folder = lincoln();
    for verb in ["check", "pull"] {
        let ran = folder.roster(&[verb, "csv:nowhere", "--json"]);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        let answer = ran.json();
        assert_eq!(answer["error"]["kind"], "config", "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("nowhere"), "{answer}");
    }
}

#[test]
fn a_partial_kind_exits_with_4() {
    let folder = lincoln();
    std::fs::remove_file(folder.path().join("lincoln/enrollments.csv")).unwrap();
    let ran = folder.roster(&["pull", "csv:lincoln", "--json"]);
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    let answer = ran.json();
    assert_eq!(answer["kinds"]["enrollment"]["complete"], false);
    assert_eq!(answer["kinds"]["person"]["complete"], true);
    assert!(answer["report"][0]["first"][0]["code"].is_string());
}

#[test]
fn events_go_to_stdout_or_to_a_file() {
    let folder = lincoln();
    let lines =
        |text: &str| -> Vec<Value> { text.lines().map(|line| serde_json::from_str(line).unwrap()).collect() };
    let streamed = folder.roster(&["pull", "csv:lincoln", "--format", "ndjson"]);
    assert_eq!(streamed.code, 0);
    assert!(streamed.stderr.starts_with("Done in "), "{}", streamed.stderr);
    let events = lines(&streamed.stdout);
    let upserts = events.iter().filter(|event| event["event"] == "upsert").count();
    assert_eq!(upserts, 11);
    assert_eq!(events[0]["event"], "begin");

    let filed = folder.roster(&["pull", "csv:lincoln", "--json", "--format", "ndjson", "--out", "events"]);
    assert_eq!((filed.code, records(&filed.json()).len()), (0, 6));
    assert_eq!(lines(&folder.read("events")).len(), events.len());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("events")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_failed_pull_leaves_no_file() {
    let folder = Folder::new();
    folder.write("cursor", "what was there");
    let ran = folder.roster(&[
        "pull",
        "csv:nowhere",
        "--format",
        "ndjson",
        "--out",
        "events",
        "--cursor-out",
        "cursor",
    ]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.ends_with("0 warnings.\n") && ran.stderr.starts_with("error: "),
        "{}{}",
        ran.stdout,
        ran.stderr
    );
    assert_eq!(names(&folder), ["cursor"]);
    assert_eq!(folder.read("cursor"), "what was there");
}

#[test]
fn a_cursor_leads_to_the_next_pull() {
    let folder = lincoln();
    let full = folder.roster(&["pull", "csv:lincoln", "--json", "--cursor-out", "cursor"]);
    assert_eq!((full.code, names(&folder)), (0, vec!["cursor".to_owned(), "lincoln".to_owned()]));

    let changes = ["pull", "csv:lincoln", "--json", "--changes", "cursor"];
    let unchanged = folder.roster(&changes);
    assert_eq!(unchanged.code, 0, "{}", unchanged.stdout);
    let person = json!({"supported": true, "records": 0, "deletes": 0, "problems": 0, "complete": true});
    assert_eq!(unchanged.json()["kinds"]["person"], person);

    let other = folder.roster(&[&changes[..], &["--kinds", "org"]].concat());
    assert_eq!(other.code, 1);
    let error = &other.json()["error"];
    assert_eq!(error["kind"], "cursor_invalid");
    assert!(error["message"].as_str().unwrap().contains("leave --changes away"), "{error}");
}

#[test]
fn a_reader_that_goes_away_ends_the_pull_quietly() {
    let folder = lincoln();
    let row = "p@,,,true,s1,student,u@,,Ben,Reed,,,,,,,04,\n";
    let rows: String = (10..20_000).map(|id| row.replace('@', &id.to_string())).collect();
    let users = folder.read("lincoln/users.csv");
    folder.write("lincoln/users.csv", &format!("{users}{rows}"));

    let mut command = folder.command(&["pull", "csv:lincoln", "--format", "ndjson"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn here_is_a_source_too() {
    let folder = lincoln();
    let mut command = folder.command(&["pull", "csv:.", "--json"]);
    let output = command.current_dir(folder.path().join("lincoln")).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &answer["tenant"]), (Some(0), &json!("lincoln")));
}
