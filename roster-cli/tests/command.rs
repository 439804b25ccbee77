//! The command as its users meet it: exit codes, and exactly one JSON document on stdout.

mod run;

use serde_json::{Value, json};

use self::run::Folder;

#[test]
fn init_writes_a_file_once() {
    let folder = Folder::new();
    let first = folder.roster(&["init", "--json"]);
    assert_eq!((first.code, first.json()), (0, json!({"written": "roster.toml"})));
    let written = folder.read("roster.toml");

    let second = folder.roster(&["init"]);
    assert_eq!(second.code, 2);
    assert!(
        second.stderr.contains("roster.toml is already there, and was left as it is"),
        "{}",
        second.stderr
    );
    assert_eq!(folder.read("roster.toml"), written);
    assert_eq!(folder.roster(&["init", "--config", "other.toml"]).code, 0);

    let unknown = folder.roster(&["check", "lincoln"]);
    assert_eq!(unknown.code, 2, "the file is valid and names no source");
    assert!(unknown.stderr.contains("roster.toml has no source `lincoln`"), "{}", unknown.stderr);
}

#[test]
fn providers_are_listed() {
    let folder = Folder::new();
    let answer = folder.roster(&["providers", "--json"]);
    assert_eq!(answer.code, 0);
    let answer = answer.json();
    let of = |id: &str| {
        answer["providers"].as_array().unwrap().iter().find(|provider| provider["id"] == id).unwrap()
    };
    let csv = of("csv");
    assert_eq!(csv["tenant_key"], "path");
    assert_eq!(csv["directory"], false);
    let path = &csv["settings"][0];
    assert_eq!(
        (&path["key"], &path["required"], &path["secret"]),
        (&json!("path"), &json!(true), &json!(false))
    );
    assert_eq!(
        (&of("classlink")["tenant_key"], &of("classlink")["directory"]),
        (&json!("tenant"), &json!(true))
    );
    assert!(folder.roster(&["providers"]).stdout.contains("Ad hoc: csv:PATH"));
}

#[test]
fn misuse_is_told_in_words_and_in_json() {
    let folder = Folder::new();
    for arguments in [
        &["tenants", "clever"][..],
        &["snyc"],
        &["sync"],
        &["sync", "csv:x", "--store", "postgres://u:c4n4ry@h/d"],
        &["sync", "csv:x", "--roster", ""],
        &["records", "absent"],
        &["changes", "absent", "--after", "-1"],
        &["runs", "absent"],
        &["why", "absent", "p1"],
        &[],
        &["pull"],
        &["pull", "csv:x", "--kinds", "teacher"],
        &["pull", "csv:x", "--kinds", "relationship"],
        &["pull", "csv:x", "--out", "o"],
        &["pull", "csv:x", "--format", "ndjson", "--out", "o", "--cursor-out", "o"],
        &["pull", "csv:x", "--changes", "absent"],
        &["pull", "csv:x", "--cursor-out", "no/such/folder"],
        &["check", "csv:x", "--set", "path"],
        &["check", "csv:x", "--log", "loud"],
        &["check", "csv:x", "--config", "absent.toml"],
    ] {
        let words = folder.roster(arguments);
        assert_eq!((words.code, words.stdout.as_str()), (2, ""), "{arguments:?}");
        assert!(words.stderr.starts_with("error: "), "{arguments:?}: {}", words.stderr);

        let json = folder.roster(&[arguments, &["--json"]].concat());
        assert_eq!(json.code, 2, "{arguments:?}");
        let error = &json.json()["error"];
        assert!(error["kind"] == "usage" || error["kind"] == "config", "{arguments:?}: {error}");
        assert!(error["operation"].is_string() && error["message"].is_string(), "{error}");
    }
    let both = folder.roster(&["pull", "csv:x", "--json", "--format", "ndjson"]);
    assert_eq!((both.code, &both.json()["error"]["kind"]), (2, &json!("usage")));
    // Nobody's client: nothing is asked of anybody, and no file is left.
    let login = folder.roster(&["login", "gclassroom"]);
    assert!(login.code == 2 && login.stderr.starts_with("error: `client_id` is missing"), "{}", login.stderr);
    assert!(!folder.path().join("gclassroom-refresh-token").exists());
}

#[test]
fn help_and_version_are_answers() {
    let folder = Folder::new();
    assert!(folder.roster(&["--help"]).stdout.contains("csv:PATH"));
    assert!(folder.roster(&["pull", "--help"]).stdout.contains("--cursor-out <FILE>"));
    assert!(folder.roster(&["--version"]).stdout.starts_with("roster "));
}

#[test]
fn a_provider_that_is_not_there_is_told_what_is() {
    let folder = Folder::new();
    let answer = folder.roster(&["check", "clevr:d1", "--json"]);
    assert_eq!(answer.code, 2);
    let json = answer.json();
    let message = json["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("no provider `clevr`; compiled in: "), "{message}");
    assert!(message.contains("csv") && message.contains("oneroster"), "{message}");
}

#[test]
fn settings_that_are_wrong_are_named_by_place() {
    let folder = Folder::new();
    folder.write("roster.toml", "[sources.lincoln]\nprovider = \"csv\"\npath = \"data\"\nschool = \"12\"\n");
    let answer = folder.roster(&["check", "lincoln"]);
    assert_eq!(answer.code, 2);
    let told =
        "error: roster.toml:4:10: source `lincoln`, provider `csv`: no setting `school`; there are: path, ";
    assert!(answer.stderr.starts_with(told), "{}", answer.stderr);

    folder.write(
        "roster.toml",
        "[sources.lincoln]\nprovider = \"csv\"\nmapping = \"m.toml\"\npath = \"data\"\n",
    );
    let answer = folder.roster(&["pull", "lincoln", "--json"]);
    assert_eq!(answer.code, 2);
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("can't read the mapping ") && message.contains("m.toml"), "{message}");
}

#[test]
fn secrets_are_never_printed() {
    const CANARY: &str = "c4n4ry-T0k3n";
    let folder = Folder::new();
    folder.write("secret", CANARY);
    let files = [
        format!("[sources.lincoln]\nprovider = 'csv'\npath = 'x'\ntoken = '{CANARY}'\n"),
        "[sources.lincoln]\nprovider = 'csv'\npath = 'x'\ntoken = { file = 'secret' }\n".to_owned(),
        "[sources.lincoln]\nprovider = 'csv'\npath = 'x'\ntoken = { env = 'CANARY' }\n".to_owned(),
        format!("[sources.lincoln]\nprovider = 'csv'\ntoken = '{CANARY}"),
        format!("[sources.lincoln]\nprovider = 'csv'\npath = 'x'\npage_size = '{CANARY}'\n"),
        "[sources.lincoln]\nprovider = 'csv'\npath = 'x'\n".to_owned(),
    ];
    let commands = [
        &["check", "lincoln"][..],
        &["pull", "lincoln", "--json"],
        &["check", "lincoln", "--log", "trace", "--set", "token=c4n4ry-T0k3n"],
        &["check", "csv:x", "--set", "c4n4ry-T0k3n", "--json"],
        &["check", "csv:x", "--json", "--set", "page_size=c4n4ry-T0k3n"],
    ];
    for file in &files {
        folder.write("roster.toml", file);
        for command in commands {
            for variable in
                ["CANARY", "ROSTER_SOURCE_LINCOLN_PAGE_SIZE", "ROSTER_CSV_SEATS", "ROSTER_CSV_TOKEN"]
            {
                let ran = folder.roster_with(command, &[(variable, CANARY)]);
                assert_ne!(ran.code, 0, "{command:?}");
                let seen = format!("{}{}", ran.stdout, ran.stderr);
                assert!(!seen.contains(CANARY), "{command:?}: {seen}");
            }
        }
    }
}

#[test]
fn a_cursor_that_is_none_is_refused_before_the_pull() {
    let folder = Folder::new();
    for text in ["", "{", "{\"provider\": 1}", "no JSON, but c4n4ry"] {
        folder.write("cursor", text);
        let ran = folder.roster(&["pull", "csv:x", "--changes", "cursor", "--json"]);
        assert_eq!(ran.code, 2);
        let error: Value = ran.json()["error"].clone();
        assert_eq!(
            (&error["kind"], &error["operation"]),
            (&json!("usage"), &json!("reading the cursor file"))
        );
        assert!(!ran.stdout.contains("c4n4ry"));
    }
}
