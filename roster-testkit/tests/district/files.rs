//! Districts as files of OneRoster.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::Read,
    path::Path,
};

use roster_core::{Person, Role};
use roster_testkit::district::{
    District, DistrictSpec, OneRosterCsv, OneRosterVersion, oneroster_csv_files, what_oneroster_says,
    write_oneroster_csv,
};

use crate::{specs, whole::person};

const VERSIONS: [OneRosterVersion; 2] = [OneRosterVersion::V1_1, OneRosterVersion::V1_2];

#[test]
fn files_say_the_same_as_what_they_are_said_to_say() {
    for spec in specs() {
        let district = spec.generate();
        for version in VERSIONS {
            let options = OneRosterCsv::new(version);
            let said = what_oneroster_says(&district, version);
            assert!(said == what_oneroster_says(&said, version));
            // Nothing else may be in the files, and nothing less.
            let (files, of_said) =
                (oneroster_csv_files(&district, &options), oneroster_csv_files(&said, &options));
            assert_eq!(files.keys().collect::<Vec<_>>(), of_said.keys().collect::<Vec<_>>());
            for (name, bytes) in files {
                assert_eq!(
                    String::from_utf8(bytes).unwrap(),
                    String::from_utf8(of_said[&name].clone()).unwrap()
                );
            }
        }
    }
}

#[test]
fn one_role_of_several_survives_the_older_version() {
    let district = District::seed(7);
    let (old, new) = VERSIONS.map(|version| what_oneroster_says(&district, version)).into();
    let both = |it: &&Person| it.has_role(&Role::Teacher) && it.has_role(&Role::Parent);
    let id = &district.people.iter().find(both).unwrap().id;
    assert!(both(&person(&new, id)) && !both(&person(&old, id)));
    assert!(new.relationships.iter().any(|it| it.contact == *id));
    assert!(old.relationships.iter().all(|it| it.contact != *id));
    assert!(old.people.iter().all(|it| it.affiliations.iter().all(|it| it.primary.is_none())));
    assert_eq!(new.relationships.len(), district.relationships.len());
}

/// Rows of a file as cells: enough for what we write ourselves.
fn cells(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let (mut quoted, mut chars) = (false, text.chars().peekable());
    while let Some(c) = chars.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if quoted && chars.next_if_eq(&'"').is_some() => row.last_mut().unwrap().push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(String::new()),
            '\n' if !quoted => rows.push(vec![String::new()]),
            '\r' if !quoted => {}
            c => row.last_mut().unwrap().push(c),
        }
    }
    assert_eq!(rows.pop(), Some(vec![String::new()]), "the last line ends");
    rows
}

#[test]
fn each_row_has_as_many_cells_as_the_header() {
    let district = District::seed(7);
    for version in VERSIONS {
        let files = oneroster_csv_files(&district, &OneRosterCsv::new(version).crlf().bom());
        for (name, bytes) in &files {
            let text = std::str::from_utf8(bytes).unwrap().strip_prefix('\u{feff}').unwrap();
            assert!(!text.replace("\r\n", "").contains('\n'));
            let rows = cells(text);
            assert!(rows.len() > 1 && rows.iter().all(|row| row.len() == rows[0].len()), "{name}");
            if name != "manifest.csv" {
                assert_eq!(rows[0][..3], ["sourcedId", "status", "dateLastModified"]);
                assert!(rows[1..].iter().all(|row| row[1].is_empty() && row[2].is_empty()));
            }
        }
        let manifest = cells(std::str::from_utf8(&files["manifest.csv"]).unwrap());
        for row in &manifest[1..] {
            if let Some(file) = row[0].strip_prefix("file.") {
                assert_eq!(row[1] == "bulk", files.contains_key(&format!("{file}.csv")), "{file}");
            }
        }
    }
}

#[test]
fn links_stand_on_either_row_and_together_are_all() {
    let district = DistrictSpec::new(4).students(200).generate();
    let said = what_oneroster_says(&district, OneRosterVersion::V1_1);
    let files =
        oneroster_csv_files(&district, &OneRosterCsv::new(OneRosterVersion::V1_1).without_demographics());
    assert!(!files.contains_key("demographics.csv"));
    let rows = cells(std::str::from_utf8(&files["users.csv"]).unwrap());
    let column = |name| rows[0].iter().position(|it| it == name).unwrap();
    let (role, agents) = (column("role"), column("agentSourcedIds"));
    let (mut of_students, mut of_contacts) = (BTreeSet::new(), BTreeSet::new());
    for row in &rows[1..] {
        for agent in row[agents].split(',').filter(|agent| !agent.is_empty()) {
            let (id, agent) = (row[0].as_str(), agent);
            if row[role] == "student" {
                of_students.insert((id, agent));
            } else {
                of_contacts.insert((agent, id));
            }
        }
    }
    assert_ne!(of_students, of_contacts);
    let all: BTreeSet<_> = of_students.union(&of_contacts).copied().collect();
    let wanted = said.relationships.iter().map(|it| (it.student.as_str(), it.contact.as_str())).collect();
    assert_eq!(all, wanted);
}

#[test]
fn a_set_is_written_to_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let district = DistrictSpec::new(1).schools(1).students(20).generate();
    let options = OneRosterCsv::new(OneRosterVersion::V1_2);
    let folder = dir.path().join("set");
    write_oneroster_csv(&district, &folder, &options).unwrap();
    assert_eq!(read_folder(&folder).unwrap(), oneroster_csv_files(&district, &options));
}

pub(crate) fn read_folder(dir: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let mut bytes = Vec::new();
        io::copy(&mut fs::File::open(entry.path())?.take(1 << 20), &mut bytes)?;
        files.insert(entry.file_name().into_string().unwrap(), bytes);
    }
    Ok(files)
}
