//! Google's sandbox, a pull from it, a log-in, and syncs, from end to end.

#![allow(clippy::unwrap_used, reason = "tests, and functions of tests")]

mod run;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
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

fn sandbox(folder: &Folder) -> (Running, Value) {
    let arguments = ["sandbox", "gclassroom", "--json", "--students", "40"];
    let mut child = folder.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Running(child), serde_json::from_str(&line).unwrap())
}

fn text<'v>(started: &'v Value, key: &str) -> &'v str {
    started.get(key).and_then(Value::as_str).unwrap()
}

/// What a page answers.
fn visit(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .write_all(format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut piece) {
        answer.extend(piece.iter().take(read));
    }
    String::from_utf8(answer).unwrap()
}

#[test]
fn what_the_sandbox_prints_pulls_from_it() {
    let folder = Folder::new();
    let (_running, started) = sandbox(&folder);
    let words: Vec<_> = text(&started, "pull").split(' ').skip(1).collect();
    let ran = folder.roster(&[&words[..], &["--json", "--sensitive"]].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let report = ran.json();
    assert_eq!((&report["provider"], &report["kinds"]["org"]["records"]), (&"gclassroom".into(), &3.into()));
    assert!(report["kinds"].get("academic_session").is_none());
    assert!(report["kinds"]["relationship"]["records"].as_u64().unwrap() > 10);
    let check = folder.roster(&[&["check"], &words[1..], &["--json"]].concat());
    assert_eq!((check.code, &check.json()["state"]), (0, &"live".into()), "{}", check.stderr);
}

#[test]
fn somebody_logs_in_and_the_token_is_in_a_file_alone() {
    let folder = Folder::new();
    let (_running, started) = sandbox(&folder);
    let settings = |key: &str| format!("{key}={}", text(&started, key));
    let (token_url, base_url) = (settings("token_url"), settings("base_url"));
    let variables = [
        ("ROSTER_GCLASSROOM_CLIENT_ID", text(&started, "client_id")),
        ("ROSTER_GCLASSROOM_CLIENT_SECRET", text(&started, "client_secret")),
    ];
    let arguments = [
        "login",
        "gclassroom",
        "--teacher",
        "--json",
        "--login-url",
        text(&started, "login_url"),
        "--set",
        &token_url,
    ];
    let mut command = folder.command(&arguments);
    command.envs(variables).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Running(command.spawn().unwrap());
    let mut said = BufReader::new(child.0.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("http://") {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "no page was named");
    }
    let sent = visit(line.trim());
    let back = sent.lines().find(|line| line.to_ascii_lowercase().starts_with("location: ")).unwrap();
    assert!(visit(back.split_once(' ').unwrap().1.trim()).contains("You are logged in"));
    let mut answer = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    assert!(child.0.wait().unwrap().success(), "{answer}");
    let refresh = text(&started, "refresh_token");
    assert!(answer.contains("gclassroom-refresh-token") && !answer.contains(refresh), "{answer}");
    assert_eq!(folder.read("gclassroom-refresh-token"), refresh);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(folder.path().join("gclassroom-refresh-token")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let variables = [variables[0], variables[1], ("ROSTER_GCLASSROOM_REFRESH_TOKEN", refresh)];
    let settings = ["--set", &token_url, "--set", &base_url, "--json"];
    let ran = folder.roster_with(&[&["pull", "gclassroom:me"], &settings[..]].concat(), &variables);
    assert_eq!(ran.code, 4, "a teacher's classes are a part: {}{}", ran.stdout, ran.stderr);
    assert!(ran.json()["kinds"]["class"]["records"].as_u64().unwrap() > 0);
    let ran = folder.roster_with(&[&["sync", "gclassroom:me"], &settings[..]].concat(), &variables);
    assert!(ran.code == 2 && ran.stdout.contains("--roster"), "{}{}", ran.stdout, ran.stderr);
}
