//! The story of a roster that is kept in step, from end to end.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use serde_json::{Value, json};

use self::run::{Folder, Ran};

const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
    d1,,,Lincoln Unified,district,900000,\ns1,,,Elm School,school,10000,d1\n";

fn lincoln() -> String {
    concat!("csv:", env!("CARGO_MANIFEST_DIR"), "/../examples/data/lincoln").to_owned()
}

/// A set of schools alone.
fn schools(folder: &Folder, name: &str, orgs: &str) -> String {
    let absent = "file.academicSessions,absent\nfile.classes,absent\nfile.courses,absent\nfile.demographics,absent\n\
                  file.enrollments,absent\nfile.users,absent\n";
    let manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.orgs,bulk\n";
    folder.write(&format!("{name}/manifest.csv"), &format!("{manifest}{absent}"));
    folder.write(&format!("{name}/orgs.csv"), orgs);
    format!("csv:{name}")
}

fn lines(ran: &Ran) -> Vec<Value> {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn lincoln_is_synced_and_nothing_changes() {
    let folder = Folder::new();
    let source = lincoln();
    let planned = folder.roster(&["plan", &source, "--json"]);
    assert_eq!((planned.code, &planned.json()["status"]), (0, &json!("applied")), "{}", planned.stdout);
    assert_eq!(planned.json().get("run"), None);
    assert!(!folder.path().join("roster.db").exists(), "a plan makes no store");

    let first = folder.roster(&["sync", &source, "--json"]);
    let report = first.json();
    assert_eq!((first.code, &report["status"]), (0, &json!("applied")), "{}", first.stdout);
    assert_eq!(report["kinds"]["person"]["created"], 133);
    assert_eq!(report["kinds"]["enrollment"]["created"], 423);
    assert_eq!(report["plan"], planned.json()["plan"]);

    let second = folder.roster(&["sync", &source, "--json"]);
    assert_eq!((second.code, &second.json()["status"]), (0, &json!("unchanged")), "{}", second.stdout);
    let planned = folder.roster(&["plan", &source]);
    assert!(planned.stdout.ends_with("A sync would write nothing.\n"), "{}", planned.stdout);

    let runs = lines(&folder.roster(&["runs", "lincoln", "--json"]));
    let statuses: Vec<_> = runs.iter().map(|run| &run["status"]).collect();
    assert_eq!(statuses, [&json!("applied"), &json!("unchanged")], "oldest first, and a plan is no run");
    assert!(runs.iter().all(|run| run["started"].is_string() && run["finished"].is_string()));
}

#[test]
fn what_was_synced_can_be_read() {
    let folder = Folder::new();
    assert_eq!(folder.roster(&["sync", &lincoln()]).code, 0);

    let people = lines(&folder.roster(&["records", "lincoln", "--kind", "person", "--json"]));
    assert_eq!(people.len(), 133);
    assert!(people.iter().all(|line| line["state"] == "active" && line["record"]["record_type"] == "person"));

    let changes = lines(&folder.roster(&["changes", "lincoln", "--json"]));
    assert!(changes.iter().zip(1..).all(|(line, seq)| line["seq"] == seq && line["op"] == "create"));
    let later = changes.len() - 3;
    let rest = lines(&folder.roster(&["changes", "lincoln", "--json", "--after", &later.to_string()]));
    assert_eq!(rest, changes.get(later..).unwrap());

    let (id, given) =
        (people[0]["id"].as_str().unwrap(), people[0]["record"]["name"]["given"].as_str().unwrap());
    let why = folder.roster(&["why", "lincoln", id]);
    assert!(why.stdout.contains("stands in the roster since"), "{}", why.stdout);
    assert!(!why.stdout.contains(given) || id.contains(given), "a story names nobody: {}", why.stdout);
    let never = folder.roster(&["why", "lincoln", "nobody"]);
    assert_eq!(never.code, 0);
    assert!(never.stdout.contains("Nothing under the id nobody was ever delivered"), "{}", never.stdout);
    assert_eq!(folder.roster(&["why", "lincoln", "nobody", "--json"]).json()["delivered"], false);
}

#[test]
fn a_held_plan_is_applied_once_it_is_approved() {
    let folder = Folder::new();
    let row = |n: u32| format!("x{n},,,School {n},school,2000{n},d1");
    let many = (0..20).map(row).collect::<Vec<_>>().join("\n");
    let source = schools(&folder, "lincoln", &format!("{ORGS}{many}"));
    let first = folder.roster(&["sync", &source]);
    assert!(first.code == 0 || first.code == 4, "{}{}", first.stdout, first.stderr);

    schools(&folder, "lincoln", ORGS);
    let planned = folder.roster(&["plan", &source]);
    assert_eq!(planned.code, 3, "{}", planned.stdout);
    assert!(planned.stdout.contains("- end     x3  School 3"), "{}", planned.stdout);
    assert!(planned.stdout.contains("ends: 20 of 22 (org)"), "{}", planned.stdout);

    let held = folder.roster(&["sync", &source, "--json"]);
    assert_eq!((held.code, &held.json()["status"]), (3, &json!("held")));
    let report = held.json();
    let hash = report["plan"].as_str().unwrap();
    let line = format!("roster sync csv:lincoln --approve {hash}");
    assert!(planned.stdout.contains(&line), "{}", planned.stdout);
    assert!(folder.roster(&["why", "lincoln", "x3"]).stdout.contains("was held by a guard"));

    let approved = folder.roster(&["sync", &source, "--approve", hash, "--json"]);
    assert_eq!(approved.json()["status"], "applied", "{}", approved.stdout);
    let changes = lines(&folder.roster(&["changes", "lincoln", "--json"]));
    let ended: Vec<_> = changes.iter().filter(|line| line["op"] == "end").collect();
    assert_eq!(ended.len(), 20);
    assert!(ended.iter().all(|line| line["record"].is_null()));
    assert!(
        folder.roster(&["why", "lincoln", "x3"]).stdout.contains("ended: it stands in the roster no more")
    );
}

#[test]
fn guards_are_set_by_settings() {
    let folder = Folder::new();
    let row = |n: u32| format!("x{n},,,School {n},school,2000{n},d1");
    let many = (0..20).map(row).collect::<Vec<_>>().join("\n");
    let path = schools(&folder, "lincoln", &format!("{ORGS}{many}"));
    folder.write("roster.toml", "[sources.a]\nprovider = 'csv'\npath = 'lincoln'\nends_count = 20\n");
    for source in ["a", &path] {
        assert_ne!(folder.roster(&["sync", source]).code, 2);
    }
    schools(&folder, "lincoln", ORGS);
    assert_eq!(folder.roster(&["sync", &path]).code, 3, "by default 5 may end");
    let held = folder.roster(&["sync", "a", "--set", "ends_count=19", "--json"]);
    assert_eq!((held.code, &held.json()["holds"][0]["limit"]), (3, &json!(19)), "{}", held.stdout);
    let planned = folder.roster(&["plan", "a", "--json"]);
    assert_eq!(planned.json()["status"], "applied", "{}", planned.stdout);
    assert_eq!(folder.roster(&["sync", "a", "--json"]).json()["status"], "applied");

    let off = folder.roster(&["sync", "a", "--set", "ends_percent=100"]);
    assert_eq!(off.code, 2);
    let told =
        "source `a`: the guard `ends` takes a count up to 100 and a percentage up to 50, not 20 and 100 %";
    assert!(off.stderr.contains(told), "{}", off.stderr);
}

/// Pupils of one school, in one file.
fn pupils(folder: &Folder, count: u32) {
    let header = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,class_id,class_name,\
                  student_first_name,student_last_name,student_email,student_grade_level\n";
    let row = |n: u32| format!("1,Elm,t@x.example,Ann,Lee,C1,Maths,Pupil,No{n},p{n}@x.example,7\n");
    folder.write("flat/flat.csv", &format!("{header}{}", (0..count).map(row).collect::<String>()));
}

#[test]
fn more_students_than_seats_are_held_and_told() {
    let folder = Folder::new();
    folder.write("roster.toml", "[sources.a]\nprovider = 'csv'\npath = 'flat'\nseats = 10\n");
    pupils(&folder, 12);
    let plan = folder.roster(&["plan", "a"]);
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    assert!(
        plan.stdout.contains("Active students: 0 before, 12 after, 2 more than there are seats (10)."),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout.contains("seats: 12 active students, 0 until now; there are seats for 10"),
        "{}",
        plan.stdout
    );
    let held = folder.roster(&["sync", "a", "--json"]);
    assert_eq!((held.code, &held.json()["status"]), (3, &json!("held")));
    assert_eq!(held.json()["seats"], json!({"now": 0, "after": 12, "limit": 10}));
    let wanted =
        json!({"guard": "seats", "kind": "person", "school": null, "count": 12, "of": 0, "limit": 10});
    assert_eq!(held.json()["holds"], json!([wanted]));
    let hash = held.json()["plan"].as_str().unwrap().to_owned();
    assert_eq!(folder.roster(&["sync", "a", "--approve", &hash]).code, 0);
    assert_eq!(folder.roster(&["sync", "a", "--json"]).json()["status"], "unchanged");
    pupils(&folder, 13);
    assert_eq!(folder.roster(&["sync", "a"]).code, 3, "one more than was approved");
    let free = folder.roster(&["sync", "a", "--set", "seats=13", "--json"]);
    assert_eq!((free.code, &free.json()["seats"]), (0, &json!({"now": 12, "after": 13, "limit": 13})));
}

#[test]
fn a_roster_from_elsewhere_is_not_taken_over_by_mistake() {
    let folder = Folder::new();
    let one = schools(&folder, "a/lincoln", ORGS);
    let other = schools(&folder, "b/lincoln", ORGS);
    assert_ne!(folder.roster(&["sync", &one]).code, 2);
    for verb in ["sync", "plan"] {
        let refused = folder.roster(&[verb, &other, "--json"]);
        assert_eq!(refused.code, 2, "{}", refused.stdout);
        let message = refused.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("came from") && message.contains("--roster"), "{message}");
    }
    assert_ne!(folder.roster(&["sync", &other, "--roster", "lincoln"]).code, 2);
    assert_ne!(folder.roster(&["sync", &one, "--roster", "elm"]).code, 2);
    let absent = folder.roster(&["records", "oak"]);
    assert_eq!(absent.code, 2);
    assert!(absent.stderr.contains("there are: elm, lincoln"), "{}", absent.stderr);
}

#[test]
fn what_is_not_there_is_not_made() {
    let folder = Folder::new();
    for arguments in [&["records", "x"][..], &["changes", "x"], &["runs"], &["why", "x", "p1"]] {
        let ran = folder.roster(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.stderr.contains("there is no store; a first sync makes it"), "{}", ran.stderr);
    }
    let absent = folder.roster(&["plan", "csv:absent", "--json"]);
    assert!(absent.code == 2 && absent.json()["error"]["kind"].is_string(), "{}", absent.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    let failed = folder.roster(&["sync", "csv:absent", "--json"]);
    assert_eq!((failed.code, &failed.json()["status"]), (2, &json!("failed")), "{}", failed.stdout);
    let runs = lines(&folder.roster(&["runs", "--json"]));
    assert_eq!(runs.len(), 1, "a run that failed is a run, also if it was the first");
    assert_eq!((&runs[0]["status"], &runs[0]["error"]["kind"]), (&json!("failed"), &json!("config")));
}
