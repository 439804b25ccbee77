//! One set in every form that systems and spreadsheets write: encodings, separators, line ends.

use encoding_rs::WINDOWS_1252;
use roster_core::{PullContext, PullRequest, Roster, RosterSourceExt, codes};
use roster_csv::CsvSource;
use roster_testkit::district::OneRosterVersion;

use crate::making::{Files, codes_of, district, folder, pull};

/// A set with one name that is not ASCII, and that every form can write.
fn base() -> Files {
    let mut files = rewritten(&district(OneRosterVersion::V1_1), |text| {
        text.chars().filter(char::is_ascii).collect::<String>().into_bytes()
    });
    let users = String::from_utf8(files["users.csv"].clone()).unwrap();
    let mut lines: Vec<String> = users.lines().map(str::to_owned).collect();
    let given = lines[0].split(',').position(|name| name == "givenName").unwrap();
    let mut cells: Vec<&str> = lines[1].split(',').collect();
    cells[given] = "Zoë Núñez";
    lines[1] = cells.join(",");
    files.insert("users.csv".to_owned(), (lines.join("\n") + "\n").into_bytes());
    files
}

fn rewritten(files: &Files, form: impl Fn(&str) -> Vec<u8>) -> Files {
    files
        .iter()
        .map(|(name, bytes)| (name.clone(), form(&String::from_utf8(bytes.clone()).unwrap())))
        .collect()
}

/// The text with another separator; cells with a comma in them stand in quotes and stay.
fn separated_by(text: &str, delimiter: &str) -> String {
    let mut quoted = false;
    let each = |c: char| {
        quoted ^= c == '"';
        if c == ',' && !quoted { delimiter.to_owned() } else { c.to_string() }
    };
    text.chars().map(each).collect()
}

type Write = Box<dyn Fn(&str) -> Vec<u8>>;

async fn people(files: &Files) -> Roster {
    pull(folder(files).path()).await.unwrap()
}

fn same(left: &Roster, right: &Roster) {
    assert_eq!(left.orgs, right.orgs);
    assert_eq!(left.classes, right.classes);
    assert_eq!(left.people, right.people);
    assert_eq!(left.enrollments, right.enrollments);
    assert!(left.people.iter().any(|person| person.name.given.as_deref() == Some("Zoë Núñez")));
}

#[tokio::test]
async fn every_form_gives_the_same_records_and_no_problem() {
    let base = base();
    let wanted = people(&base).await;
    let wide = |text: &str, unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let forms: Vec<(&str, Write)> = vec![
        ("a byte order mark", Box::new(|text| ["\u{feff}", text].concat().into_bytes())),
        ("UTF-16LE with a mark", Box::new(move |text| wide(&format!("\u{feff}{text}"), u16::to_le_bytes))),
        ("UTF-16BE with a mark", Box::new(move |text| wide(&format!("\u{feff}{text}"), u16::to_be_bytes))),
        ("UTF-16LE", Box::new(move |text| wide(text, u16::to_le_bytes))),
        ("UTF-16BE", Box::new(move |text| wide(text, u16::to_be_bytes))),
        ("semicolons", Box::new(|text| separated_by(text, ";").into_bytes())),
        ("tabs", Box::new(|text| separated_by(text, "\t").into_bytes())),
        ("bars", Box::new(|text| separated_by(text, "|").into_bytes())),
        ("sep=;", Box::new(|text| format!("sep=;\r\n{}", separated_by(text, ";")).into_bytes())),
        ("carriage returns", Box::new(|text| text.replace('\n', "\r").into_bytes())),
        ("carriage returns and line feeds", Box::new(|text| text.replace('\n', "\r\n").into_bytes())),
        ("a spreadsheet's Unicode text", {
            Box::new(move |text| {
                let text = separated_by(text, "\t").replace('\n', "\r\n");
                wide(&format!("\u{feff}{text}"), u16::to_le_bytes)
            })
        }),
        ("mixed line ends", {
            Box::new(|text| {
                let ends = ["\n", "\r\n", "\r"].iter().cycle();
                text.lines().zip(ends).flat_map(|(line, end)| [line, *end]).collect::<String>().into_bytes()
            })
        }),
    ];
    for (name, form) in forms {
        let read = people(&rewritten(&base, form)).await;
        assert_eq!(codes_of(&read), codes_of(&wanted), "{name}");
        same(&read, &wanted);
    }
}

#[tokio::test]
async fn windows_1252_is_read_and_told() {
    let base = base();
    let read = people(&rewritten(&base, |text| WINDOWS_1252.encode(text).0.into_owned())).await;
    same(&read, &people(&base).await);
    let told: Vec<_> =
        read.problems.iter().filter(|problem| problem.code == codes::ENCODING_GUESSED).collect();
    assert!(told.len() == 1 && told[0].message.contains("windows-1252"), "{told:?}");
}

/// The beginning of a large file may be ASCII, and its encoding be told by what comes later.
#[tokio::test]
async fn an_encoding_may_be_told_late() {
    let mut files = base();
    let seats = String::from_utf8(files["users.csv"].clone()).unwrap();
    let (header, rows) = seats.split_once('\n').unwrap();
    let plain: Vec<&str> = rows.lines().filter(|row| row.is_ascii()).collect();
    let odd = rows.lines().find(|row| !row.is_ascii()).unwrap();
    let many = (0..4000).map(|number| format!("x{number}-{}\n", plain[0]));
    let text = format!("{header}\n{}{odd}\n", many.collect::<String>());
    assert!(text.len() > 400_000);
    files.insert("users.csv".to_owned(), WINDOWS_1252.encode(&text).0.into_owned());
    let read = people(&files).await;
    assert!(read.people.iter().any(|person| person.name.given.as_deref() == Some("Zoë Núñez")));
    assert_eq!(codes_of(&read).iter().filter(|code| **code == codes::ENCODING_GUESSED).count(), 1);
    assert!(!codes_of(&read).contains(&codes::INVALID_UTF8));
}

#[tokio::test]
async fn a_name_read_in_a_wrong_encoding_is_told_and_repaired_only_where_allowed() {
    let base = base();
    let garbled = rewritten(&base, |text| text.replace("Zoë Núñez", "ZoÃ« NÃºÃ±ez").into_bytes());
    let folder = folder(&garbled);
    for repair in [false, true] {
        let source = CsvSource::builder().path(folder.path()).repair_mojibake(repair).build().unwrap();
        let read = source.collect(PullRequest::full(), PullContext::default(), 100_000).await.unwrap();
        let mut told = read.problems.iter().filter(|problem| problem.code == codes::SUSPECTED_MOJIBAKE);
        assert_eq!(told.next().and_then(|problem| problem.field.as_deref()), Some("givenName"));
        assert!(told.next().is_none());
        let given = if repair { "Zoë Núñez" } else { "ZoÃ« NÃºÃ±ez" };
        assert!(read.people.iter().any(|person| person.name.given.as_deref() == Some(given)));
    }
}
