//! A sandbox and a pull from it, from end to end.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use serde_json::Value;

use self::run::Folder;

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
    let arguments: Vec<_> = ["sandbox", "oneroster", "--json"].iter().chain(arguments).copied().collect();
    let mut child = folder.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), serde_json::from_str(&line).unwrap())
}

fn pull(folder: &Folder, started: &Value, more: &[&str]) -> run::Ran {
    let source = format!("oneroster:{}", started["base_url"].as_str().unwrap());
    let arguments: Vec<_> = ["pull", &source, "--json"].iter().chain(more).copied().collect();
    folder.roster_with(&arguments, &[("ROSTER_ONEROSTER_TOKEN", started["token"].as_str().unwrap())])
}

#[test]
fn what_the_sandbox_prints_pulls_from_it() {
    let folder = Folder::new();
    for version in ["1.1", "1.2"] {
        let (_running, started) = sandbox(&folder, &["--students", "120", "--api-version", version]);
        let token = started["token"].as_str().unwrap();
        assert!(
            started["pull"]
                .as_str()
                .unwrap()
                .starts_with(&format!("ROSTER_ONEROSTER_TOKEN={token} roster pull "))
        );
        let ran = pull(&folder, &started, &["--sensitive", "--cursor-out", "cursor.json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        let report = ran.json();
        assert_eq!(report["provider"], "oneroster");
        assert_eq!(report["kinds"]["org"]["records"], 3);
        assert!(report["kinds"]["relationship"]["records"].as_u64().unwrap() > 50);
        assert!(report["requests"].as_u64().unwrap() >= 7);
        let ran = pull(&folder, &started, &["--sensitive", "--changes", "cursor.json"]);
        assert_eq!(
            (ran.code, &ran.json()["kinds"]["person"]["records"]),
            (0, &Value::from(0)),
            "{}",
            ran.stderr
        );
        std::fs::remove_file(folder.path().join("cursor.json")).unwrap();
    }
}

#[test]
fn a_fault_is_told_with_its_page_and_a_wrong_token_by_itself() {
    let folder = Folder::new();
    let (_running, mut started) =
        sandbox(&folder, &["--fault", "invalid_json:users", "--fault", "status_403:courses"]);
    let ran = pull(&folder, &started, &["--kinds", "course,class"]);
    assert_eq!((ran.code, &ran.json()["kinds"]["course"]["complete"]), (4, &Value::from(false)));
    let ran = pull(&folder, &started, &["--kinds", "person"]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (1, &Value::from("decode")));
    assert!(ran.json()["error"]["message"].as_str().unwrap().starts_with("/users page 1: "));
    started["token"] = "CanaryToken".into();
    let ran = pull(&folder, &started, &[]);
    assert_eq!((ran.code, &ran.json()["error"]["kind"]), (1, &Value::from("unauthorized")));
    assert!(!ran.stdout.contains("Canary") && !ran.stderr.contains("Canary"));
}

#[test]
fn what_can_not_be_started_is_misuse() {
    let folder = Folder::new();
    for wrong in [
        &["sandbox", "clevr"][..],
        &["sandbox", "oneroster", "--fault", "hiccup"],
        &["sandbox", "oneroster", "--fault", "cut_body:pupils"],
    ] {
        assert_eq!(folder.roster(wrong).code, 2, "{wrong:?}");
    }
    let ran = folder.roster(&["pull", "oneroster:http://sis.example/ims"]);
    assert!(ran.code == 2 && ran.stderr.contains("plain HTTP"), "{}", ran.stderr);
}
