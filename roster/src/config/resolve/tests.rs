use roster_core::{Capabilities, ExposeSecret};

use super::*;

const KEYS: &[Key] = &[
    Key::new("district", "The tenant.", Form::Text).required(),
    Key::new("token", "The token.", Form::Text).secret(),
    Key::new("profile", "A file.", Form::Path),
];

/// A provider with secrets, which no source is opened of.
fn paper() -> Provider {
    Provider::new("paper", "Nothing.", KEYS, Capabilities::default, |_| Err(wrong("there is no such source")))
}

const FILE: &str = r#"
[sources.lincoln]
provider = "paper"
district = "d1"
token = { env = "LINCOLN_TOKEN" }
profile = "profiles/a.json"
page_size = 100
schools = ["12"]
"#;

struct Setup {
    config: Config,
    variables: BTreeMap<&'static str, &'static str>,
}

impl Setup {
    fn new(text: &str, variables: &[(&'static str, &'static str)]) -> Self {
        Self {
            config: Config::from_toml(text, "conf/roster.toml").unwrap(),
            variables: variables.iter().copied().collect(),
        }
    }

    fn resolver(&self) -> Resolver<'_> {
        Resolver::new(&self.config)
            .with_providers(vec![paper()])
            .with_environment(|name| self.variables.get(name).map(OsString::from))
    }

    fn resolve(&self, source: &str) -> Result<Settings> {
        self.resolver().resolve(source).map(|found| found.settings().clone())
    }

    fn message(&self, source: &str) -> String {
        self.resolve(source).unwrap_err().message().to_owned()
    }
}

fn token(settings: &Settings) -> &str {
    settings.secret("token").unwrap().unwrap().expose_secret()
}

#[test]
fn the_file_yields_to_the_environment_and_both_to_what_is_set() {
    let file = Setup::new(FILE, &[("LINCOLN_TOKEN", "t1")]);
    let settings = file.resolve("lincoln").unwrap();
    assert_eq!(settings.text("district").unwrap(), Some("d1"));
    assert_eq!(token(&settings), "t1");
    assert_eq!(settings.path("profile").unwrap(), Some("conf/profiles/a.json".as_ref()));
    assert_eq!(settings.number("page_size").unwrap(), Some(100));

    let environment = [
        ("ROSTER_SOURCE_LINCOLN_PAGE_SIZE", "50"),
        ("ROSTER_SOURCE_LINCOLN_TOKEN", "t2"),
        ("ROSTER_SOURCE_LINCOLN_SCHOOLS", "15,16"),
        ("ROSTER_SOURCE_LINCOLN_PROFILE", "b.json"),
        ("ROSTER_SOURCE_LINCOLN_DISTRICT", ""),
    ];
    let both = Setup::new(FILE, &environment);
    let settings = both.resolve("lincoln").unwrap();
    assert_eq!(settings.text("district").unwrap(), Some("d1"), "an empty variable counts as not set");
    assert_eq!(settings.number("page_size").unwrap(), Some(50));
    assert_eq!(token(&settings), "t2", "and LINCOLN_TOKEN, which is not set, was not asked for");
    assert_eq!(settings.path("profile").unwrap(), Some("b.json".as_ref()));
    assert_eq!(settings.get("schools").unwrap().list().unwrap(), ["15", "16"]);

    let found = both.resolver().set("page_size", "7").set("sensitive", "true").resolve("lincoln").unwrap();
    assert_eq!(found.name(), Some("lincoln"));
    assert_eq!(found.request().unwrap().page_size, Some(7));
    assert_eq!(found.request().unwrap().sensitive.len(), 8);
}

#[test]
fn credentials_of_the_environment_serve_their_own_kind_of_source_alone() {
    let setup = Setup::new(
        "[sources.lincoln]\nprovider = 'paper'\ndistrict = 'd1'",
        &[
            ("ROSTER_PAPER_TOKEN", "ad hoc"),
            ("ROSTER_PAPER_DISTRICT", "d9"),
            ("ROSTER_SOURCE_PAPER_TOKEN", "x"),
        ],
    );
    let named = setup.resolve("lincoln").unwrap();
    assert!(named.get("token").is_none());
    assert_eq!(named.text("district").unwrap(), Some("d1"));
    let ad_hoc = setup.resolve("paper:d2:x").unwrap();
    assert_eq!(token(&ad_hoc), "ad hoc");
    assert_eq!(ad_hoc.text("district").unwrap(), Some("d2:x"));
}

#[test]
fn secrets_stand_where_they_are_not_seen() {
    let plain = Setup::new("[sources.a]\nprovider='paper'\ndistrict='d'\ntoken = 'canary'", &[]);
    let told = plain.message("a");
    assert!(told.starts_with("conf/roster.toml:4:9: `token` of source `a` is secret"), "{told}");
    assert!(!told.contains("canary") && !format!("{:?}", plain.config).contains("canary"));

    let setup = Setup::new(FILE, &[("LINCOLN_TOKEN", "t1")]);
    let error = setup.resolver().set("token", "canary").resolve("lincoln").unwrap_err();
    assert!(error.message().contains("`token` is secret"), "{error}");
    assert!(!error.to_string().contains("canary"));
    assert!(!format!("{:?}", setup.resolver().set("token", "canary")).contains("canary"));

    let found = setup.resolver().resolve("lincoln").unwrap();
    assert!(!format!("{found:?}").contains("t1"));
}

#[test]
fn a_secret_that_is_not_there_is_told_without_its_name() {
    // Somebody may have written the secret itself in place of the variable's name.
    let setup = Setup::new("[sources.a]\nprovider='paper'\ndistrict='d'\ntoken = { env = 'canary' }", &[]);
    let told = setup.message("a");
    assert!(told.contains("conf/roster.toml:4:9") && told.ends_with("is not set"), "{told}");
    assert!(!told.contains("canary"));
}

#[test]
fn a_secret_file_is_read_beside_the_settings_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t"), "canary\r\n").unwrap();
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    let resolve = |file: &str| {
        let text = format!("[sources.a]\nprovider='paper'\ndistrict='d'\ntoken = {{ file = '{file}' }}");
        let config = Config::from_toml(&text, folder.path().join("roster.toml")).unwrap();
        Resolver::new(&config).with_providers(vec![paper()]).with_environment(|_| None).resolve("a")
    };
    assert_eq!(token(resolve("t").unwrap().settings()), "canary");
    assert!(resolve("empty").unwrap_err().message().ends_with("the secret is empty"));
    assert!(resolve("absent").unwrap_err().message().contains("the file that it names can't be read"));
}

#[test]
fn unknown_and_missing_settings_are_named() {
    let unknown = Setup::new("[sources.a]\nprovider='paper'\ndistrict='d'\nschool = '12'", &[]);
    assert_eq!(
        unknown.message("a"),
        "conf/roster.toml:4:10: source `a`, provider `paper`: no setting `school`; there are: district, token, \
         profile, page_size, sensitive, schools, classes, seats, ends_count, ends_percent, updates_count, updates_percent, \
         dangling_count, dangling_percent, id_shape_count, id_shape_percent"
    );
    let setup = Setup::new("[sources.a]\nprovider='paper'", &[]);
    assert_eq!(
        setup.message("a"),
        "source `a` has no `district`: put it into conf/roster.toml or into the environment variable \
         ROSTER_SOURCE_A_DISTRICT"
    );
    let error = setup.resolver().set("pagesize", "canary").resolve("paper:d").unwrap_err();
    assert!(error.message().starts_with("source `paper:d`, provider `paper`: no setting `pagesize`"));
    assert!(!error.message().contains("canary"));
    assert!(
        setup
            .resolver()
            .set("district", "e")
            .resolve("paper:d")
            .unwrap_err()
            .message()
            .contains("already given")
    );
}

#[test]
fn unknown_providers_are_told_what_there_is() {
    let setup = Setup::new("[sources.a]\nprovider='clevr'", &[]);
    assert_eq!(
        setup.message("a"),
        "conf/roster.toml:2:10: source `a`: no provider `clevr`; compiled in: paper"
    );
    assert_eq!(setup.message("clever:d1"), "no provider `clever`; compiled in: paper");
}

#[test]
fn a_wrong_form_is_told_by_place_and_not_quoted() {
    for value in ["'canary'", "-1", "[1]", "{ env = 'X' }", "1.5", "1979-05-27"] {
        let text = format!("[sources.a]\nprovider='paper'\ndistrict='d'\npage_size = {value}");
        assert_eq!(
            Setup::new(&text, &[]).message("a"),
            "conf/roster.toml:4:13: `page_size` of source `a` wants a whole number from 0"
        );
    }
    let setup = Setup::new(FILE, &[("LINCOLN_TOKEN", "t"), ("ROSTER_SOURCE_LINCOLN_PAGE_SIZE", "canary")]);
    let told = setup.message("lincoln");
    assert!(told.contains("ROSTER_SOURCE_LINCOLN_PAGE_SIZE, wants a whole number"), "{told}");
    assert!(!told.contains("canary"));
}
