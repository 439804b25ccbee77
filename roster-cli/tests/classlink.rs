//! ClassLink's sandbox, its tenants, a check, and pulls, from end to end.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests, and functions of tests")]

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

/// Starts a sandbox, and reads what it says at its start.
fn sandbox(folder: &Folder, arguments: &[&str]) -> (Running, Value) {
    let arguments: Vec<_> = ["sandbox", "classlink", "--json"].iter().chain(arguments).copied().collect();
    let mut child = folder.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), serde_json::from_str(&line).unwrap())
}

fn roster(folder: &Folder, started: &Value, arguments: &[&str]) -> Ran {
    let base_url = format!("base_url={}", started["base_url"].as_str().unwrap());
    let arguments: Vec<_> = arguments.iter().copied().chain(["--json", "--set", &base_url]).collect();
    folder.roster_with(&arguments, &[("ROSTER_CLASSLINK_TOKEN", started["token"].as_str().unwrap())])
}

#[test]
fn tenants_are_listed_checked_and_pulled_either_way() {
    let folder = Folder::new();
    let (_running, started) = sandbox(&folder, &["--students", "120"]);
    let listed = roster(&folder, &started, &["tenants", "classlink"]);
    assert_eq!(listed.code, 0, "{}{}", listed.stdout, listed.stderr);
    let listed = listed.json();
    let tenants = listed["tenants"].as_array().unwrap();
    let live: Vec<_> = tenants.iter().filter(|tenant| tenant["state"] == "live").collect();
    assert_eq!((tenants.len(), live.len()), (134, 3));
    assert_eq!(live[0]["id"], started["tenant"]);

    let source = format!("classlink:{}", started["tenant"].as_str().unwrap());
    let checked = roster(&folder, &started, &["check", &source]);
    assert_eq!((checked.code, &checked.json()["state"]), (0, &Value::from("live")), "{}", checked.stderr);
    folder.write("profile.json", &checked.stdout);

    let pulled = roster(&folder, &started, &["pull", &source, "--cursor-out", "cursor.json"]);
    assert_eq!(pulled.code, 0, "{}{}", pulled.stdout, pulled.stderr);
    let pulled = pulled.json();
    assert_eq!((&pulled["provider"], &pulled["kinds"]["org"]["records"]), (&"classlink".into(), &3.into()));
    let ways = [
        &["--set", "access=direct"][..],
        &["--set", "profile=profile.json"],
        &["--set", "path_template=/proxy/v1p0/{id}"],
    ];
    for way in ways {
        let other = roster(&folder, &started, &[&["pull", &source], way].concat());
        assert_eq!(other.code, 0, "{}{}", other.stdout, other.stderr);
        assert_eq!(other.json()["kinds"], pulled["kinds"], "{way:?}");
    }
    // The list (and its end), and one page that says that nothing changed.
    let again = roster(&folder, &started, &["pull", &source, "--changes", "cursor.json"]);
    assert_eq!((again.code, &again.json()["requests"]), (0, &3.into()), "{}", again.stdout);
}

#[test]
fn what_the_sandbox_prints_pulls_from_a_server_of_1_2_too() {
    let folder = Folder::new();
    let (_running, started) = sandbox(&folder, &["--api-version", "1.2", "--fault", "status_403:courses"]);
    let line = started["pull"].as_str().unwrap();
    let (variable, command) = line.split_once(" roster ").unwrap();
    assert!(variable.starts_with("ROSTER_CLASSLINK_TOKEN="));
    let arguments: Vec<_> = command.split(' ').chain(["--json"]).collect();
    let (name, token) = variable.split_once('=').unwrap();
    let ran = folder.roster_with(&arguments, &[(name, token)]);
    assert_eq!(
        (ran.code, &ran.json()["kinds"]["course"]["complete"]),
        (4, &Value::from(false)),
        "{}",
        ran.stderr
    );
    assert!(ran.json()["kinds"]["person"]["records"].as_u64().unwrap() > 60);
}

#[test]
fn connecting_is_not_for_the_partner() {
    let folder = Folder::new();
    let ran = folder
        .roster_with(&["connect", "classlink:2", "--json"], &[("ROSTER_CLASSLINK_TOKEN", "CanaryToken")]);
    assert_eq!(ran.json()["error"]["kind"], "unsupported", "{}", ran.stdout);
    assert!(!ran.stdout.contains("Canary") && !ran.stderr.contains("Canary"));
}
