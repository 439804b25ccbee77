//! Delta sets: what changed between two days, in files.

use std::collections::{BTreeMap, BTreeSet};

use super::{OneRosterCsv, OneRosterVersion::V1_2, oneroster_csv_files};
use crate::district::District;

/// When the changes were made, as far as the files say so.
const STAMP: &str = "2026-09-02T04:00:00.000Z";

/// The files of a delta set by name: new and changed rows as `active`, rows that are gone as `tobedeleted`. Files in which nothing
/// changed are `absent`.
///
/// In 1.2, of whom anything changed comes whole, with all roles.
#[must_use]
pub fn oneroster_csv_delta(
    before: &District,
    after: &District,
    options: &OneRosterCsv,
) -> BTreeMap<String, Vec<u8>> {
    let (old, new) = (Texts::of(before, options), Texts::of(after, options));
    let whole = if options.version == V1_2 { changed_people(&old, &new) } else { BTreeSet::new() };
    let mut files = BTreeMap::new();
    let mut manifest = new.0.get("manifest.csv").cloned().unwrap_or_default();
    for name in old.0.keys().chain(new.0.keys()).filter(|name| *name != "manifest.csv") {
        let stem = name.trim_end_matches(".csv");
        let text = changes(&old.rows(name), &new.rows(name), |row| whole.contains(person_of(stem, row)));
        let mode = if text.is_empty() { "absent" } else { "delta" };
        for other in ["bulk", "absent"] {
            manifest = manifest.replace(&format!("file.{stem},{other}\n"), &format!("file.{stem},{mode}\n"));
        }
        if !text.is_empty() {
            let header = new.header(name).or_else(|| old.header(name)).unwrap_or_default();
            files.insert(name.clone(), format!("{header}\n{text}").into_bytes());
        }
    }
    files.insert("manifest.csv".to_owned(), manifest.into_bytes());
    files
}

/// The texts of a bulk set.
struct Texts(BTreeMap<String, String>);

impl Texts {
    fn of(district: &District, options: &OneRosterCsv) -> Self {
        let plain = OneRosterCsv { crlf: false, bom: false, ..options.clone() };
        let files = oneroster_csv_files(district, &plain).into_iter();
        Self(files.map(|(name, bytes)| (name, String::from_utf8_lossy(&bytes).into_owned())).collect())
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.lines().next()
    }

    /// The rows by id.
    fn rows(&self, name: &str) -> BTreeMap<&str, &str> {
        let lines = self.0.get(name).map_or("", String::as_str).lines().skip(1);
        lines.filter_map(|line| Some((line.split_once(',')?.0, line))).collect()
    }
}

/// The rows of one file.
fn changes(
    old: &BTreeMap<&str, &str>,
    new: &BTreeMap<&str, &str>,
    is_whole: impl Fn(&str) -> bool,
) -> String {
    let fresh = new.iter().filter(|(id, row)| old.get(*id) != Some(row) || is_whole(row));
    let gone = old.iter().filter(|(id, _)| !new.contains_key(*id));
    let stamped = |row: &str, status: &str| row.replacen(",,", &format!(",{status},{STAMP}"), 1) + "\n";
    let fresh = fresh.map(|(_, row)| stamped(row, "active"));
    fresh.chain(gone.map(|(_, row)| stamped(row, "tobedeleted"))).collect()
}

/// The person that a row of `users.csv`, `roles.csv` or `userProfiles.csv` is about.
fn person_of<'a>(file: &str, row: &'a str) -> &'a str {
    let cell = match file {
        "users" => 0,
        "roles" | "userProfiles" => 3,
        _ => return "",
    };
    row.split(',').nth(cell).unwrap_or("")
}

fn changed_people<'a>(old: &'a Texts, new: &'a Texts) -> BTreeSet<&'a str> {
    let mut people = BTreeSet::new();
    for file in ["users", "roles", "userProfiles"] {
        let name = format!("{file}.csv");
        let (old, new) = (old.rows(&name), new.rows(&name));
        let differ = |left: &BTreeMap<&'a str, &'a str>, right: &BTreeMap<&'a str, &'a str>| {
            let rows = left.iter().filter(|(id, row)| right.get(*id) != Some(row));
            rows.map(|(_, row)| person_of(file, row)).collect::<Vec<_>>()
        };
        people.extend(differ(&old, &new));
        people.extend(differ(&new, &old));
    }
    people
}
