//! The flow that a British vendor lives by, by commands alone: from a school that nobody asked to one that took access back.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests, and functions of tests")]

mod run;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};

use serde_json::Value;

use self::run::{Folder, Ran};

/// Stops when it is dropped.
struct Sandbox {
    child: Child,
    started: Value,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Sandbox {
    fn start(folder: &Folder) -> Self {
        let mut child =
            folder.command(&["sandbox", "wonde", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self { child, started: serde_json::from_str(&line).unwrap() }
    }

    fn text(&self, key: &str) -> &str {
        self.started[key].as_str().unwrap()
    }

    /// A plain request that moves it.
    fn post(&self, path: &str) {
        let origin = self.text("base_url").trim_start_matches("http://").trim_end_matches("/v1.0").to_owned();
        let mut stream = TcpStream::connect(&origin).unwrap();
        let request = format!(
            "POST /sandbox/{path} HTTP/1.1\r\nHost: {origin}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }

    fn roster(&self, folder: &Folder, arguments: &[&str]) -> Ran {
        let variables =
            [("ROSTER_WONDE_TOKEN", self.text("token")), ("ROSTER_WONDE_BASE_URL", self.text("base_url"))];
        folder.roster_with(arguments, &variables)
    }
}

#[test]
fn from_nobody_asked_to_revoked() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder);
    let json = |arguments: &[&str], code: i32| {
        let ran = sandbox.roster(&folder, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        ran.json()
    };
    let found = json(&["tenants", "wonde", "--search", "st not requested", "--json"], 0);
    let tenant = &found["tenants"][0];
    assert_eq!(tenant["state"], "not_requested", "{found}");
    let id = tenant["id"].as_str().unwrap();
    let source = format!("wonde:{id}");
    let state = || json(&["check", &source, "--json"], 0)["state"].clone();

    let asked = json(
        &[
            "connect",
            &source,
            "--contact-name",
            "Dana Head",
            "--contact-email",
            "office@x.example",
            "--notes",
            "Year 7",
            "--json",
        ],
        0,
    );
    assert_eq!(asked["state"], "pending");
    assert_eq!(state(), "pending");
    let early = json(&["sync", &source, "--json"], 1);
    assert_eq!(early["status"], "failed", "{early}");

    sandbox.post(&format!("schools/{id}/approve"));
    assert_eq!(state(), "awaiting_audit");
    sandbox.post(&format!("schools/{id}/audit"));
    assert_eq!(state(), "live");
    let listed = json(&["tenants", "wonde", "--json"], 0);
    let here = listed["tenants"].as_array().unwrap().iter().find(|tenant| tenant["id"] == id).unwrap();
    assert_eq!(here["state"], "live");

    let synced = json(&["sync", &source, "--sensitive", "--json"], 0);
    assert_eq!(synced["status"], "applied", "{synced}");
    let people = synced["kinds"]["person"]["created"].as_u64().unwrap();
    assert!(people > 40 && synced["kinds"]["relationship"]["created"].as_u64().unwrap() > 10, "{synced}");
    assert!(synced["kinds"]["class"]["created"].as_u64().unwrap() > 0);
    sandbox.post("next-day");
    let next = json(&["sync", &source, "--sensitive", "--json"], 0);
    assert_eq!((&next["mode"], &next["status"]), (&"changes".into(), &"applied".into()), "{next}");

    sandbox.post(&format!("schools/{id}/revoke"));
    assert_eq!(state(), "revoked");
    let after = json(&["sync", &source, "--sensitive", "--json"], 1);
    assert_eq!(after["status"], "failed");
    let records = sandbox.roster(&folder, &["records", id, "--kind", "person", "--json"]);
    let active = records.stdout.lines().filter(|line| line.contains("\"active\"")).count();
    assert!(active as u64 >= people - 10, "{active} of {people}");

    // Who asks again and gives it back is not connected.
    assert_eq!(json(&["connect", &source, "--json"], 0)["state"], "pending");
    assert_eq!(json(&["disconnect", &source, "--json"], 0)["state"], "revoked");
}

#[test]
fn the_printed_command_pulls_and_the_wrong_region_is_told() {
    let folder = Folder::new();
    let sandbox = Sandbox::start(&folder);
    let schools: Vec<&str> = sandbox.text("schools").split(' ').collect();
    assert!(sandbox.text("pull").ends_with(&format!("roster pull wonde:{}", schools[0])));
    for school in &schools[..2] {
        let ran = sandbox.roster(&folder, &["pull", &format!("wonde:{school}"), "--json"]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.json()["kinds"]["org"]["complete"], true);
    }
    let second = format!("wonde:{}", schools[1]);
    let ran = sandbox.roster(&folder, &["pull", &second, "--set", "region=uk", "--json"]);
    assert_eq!(ran.code, 2, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.json()["error"]["message"].as_str().unwrap().contains("set `region` to"), "{}", ran.stdout);
}
