//! Clever, from end to end: a sandbox, and what the command says of it.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use self::run::{Folder, Ran};

/// Stops when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

struct Town {
    folder: Folder,
    started: Value,
    _running: Running,
}

impl Town {
    fn new(arguments: &[&str]) -> Self {
        let folder = Folder::new();
        let arguments: Vec<_> = ["sandbox", "clever", "--json"].iter().chain(arguments).copied().collect();
        let mut child = folder.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { folder, started: serde_json::from_str(&line).unwrap(), _running: Running(child) }
    }

    fn said(&self, key: &str) -> &str {
        self.started.get(key).and_then(Value::as_str).unwrap()
    }

    /// With the app's client.
    fn roster(&self, arguments: &[&str]) -> Ran {
        let base = format!("base_url={}", self.said("base_url"));
        let arguments: Vec<_> = arguments.iter().copied().chain(["--set", &base, "--json"]).collect();
        let secrets = [
            ("ROSTER_CLEVER_CLIENT_ID", self.said("client_id")),
            ("ROSTER_CLEVER_CLIENT_SECRET", self.said("client_secret")),
        ];
        self.folder.roster_with(&arguments, &secrets)
    }
}

#[test]
fn a_district_is_listed_checked_pulled_and_synced() {
    let town = Town::new(&["--students", "80"]);
    let id = town.said("district").to_owned();
    assert!(
        town.said("pull")
            .starts_with(&format!("ROSTER_CLEVER_TOKEN={} roster pull clever:{id}", town.said("token")))
    );
    let ran = town.roster(&["tenants", "clever"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tenants = ran.json();
    assert_eq!(
        (&tenants["tenants"][0]["id"], &tenants["tenants"][0]["state"]),
        (&id.clone().into(), &"live".into())
    );

    let source = format!("clever:{id}");
    let ran = town.roster(&["check", &source]);
    let checked = ran.json();
    assert_eq!((ran.code, &checked["state"]), (0, &"live".into()), "{}", ran.stderr);
    assert_eq!(checked["granted"].as_array().unwrap().len(), 7);
    assert!(checked["warnings"].to_string().contains("read:sections"));

    let ran = town.roster(&["pull", &source, "--sensitive", "--cursor-out", "cursor.json"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let pulled = ran.json();
    assert!(pulled["kinds"]["relationship"]["records"].as_u64().unwrap() > 20, "{pulled}");
    let ran = town.roster(&["pull", &source, "--sensitive", "--changes", "cursor.json"]);
    assert_eq!((ran.code, &ran.json()["kinds"]["person"]["records"]), (0, &0.into()), "{}", ran.stderr);

    let first = town.roster(&["sync", &source]);
    assert_eq!((first.code, &first.json()["status"]), (0, &"applied".into()), "{}", first.stderr);
    let second = town.roster(&["sync", &source]);
    assert_eq!((second.code, &second.json()["status"]), (0, &"unchanged".into()), "{}", second.stderr);
    let third = town.roster(&["sync", &source, "--full"]);
    assert_eq!((third.code, &third.json()["status"]), (0, &"unchanged".into()), "{}", third.stderr);
    let ran = town.roster(&["connect", &source]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (1, &"unsupported".into()));
}

#[test]
fn another_district_and_a_fault_are_told() {
    let town = Town::new(&["--fault", "status_403:courses"]);
    let ran = town.roster(&["check", "clever:5a0c91b95c7cc000010d0000"]);
    assert_eq!((ran.code, &ran.json()["state"]), (0, &"revoked".into()), "{}", ran.stderr);
    let source = format!("clever:{}", town.said("district"));
    let ran = town.roster(&["pull", &source, "--kinds", "course,class"]);
    assert_eq!((ran.code, &ran.json()["kinds"]["course"]["complete"]), (4, &false.into()));
    assert_eq!(ran.json()["kinds"]["class"]["complete"], true);
    for wrong in [
        &["sandbox", "clever", "--fault", "cut_body:pupils"][..],
        &["sandbox", "clever", "--api-version", "2.1"],
        // Of vendors that do not count by the minute.
        &["sandbox", "wonde", "--quota", "5"],
    ] {
        assert_eq!(town.folder.roster(wrong).code, 2, "{wrong:?}");
    }
}
