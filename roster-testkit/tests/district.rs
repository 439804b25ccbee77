//! Seeded districts: the same everywhere, whole, and true to what they say of themselves.
#![cfg(feature = "sandbox")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    io::Read,
    path::{Path, PathBuf},
};

use roster_core::{
    ContactKind, EntityKind, IdentifierScheme, Person, Role, Scope, SensitiveField, SourcedId,
};
use roster_testkit::district::{
    DayTruth, District, DistrictSpec, OneRosterCsv, OneRosterVersion, oneroster_csv_files,
    what_oneroster_says, write_oneroster_csv,
};

const VERSIONS: [OneRosterVersion; 2] = [OneRosterVersion::V1_1, OneRosterVersion::V1_2];

fn specs() -> Vec<DistrictSpec> {
    vec![
        DistrictSpec::new(7),
        DistrictSpec::new(1).schools(1).students(20),
        DistrictSpec::new(2).schools(4).students(900).class_size(30),
        DistrictSpec::new(3)
            .schools(3)
            .students(150)
            .families_with_contacts(0),
        DistrictSpec::lincoln(),
    ]
}

fn contacts() -> BTreeSet<SensitiveField> {
    [SensitiveField::Contacts].into()
}

fn everything() -> BTreeSet<SensitiveField> {
    SensitiveField::ALL.into()
}

fn person<'a>(district: &'a District, id: &SourcedId) -> &'a Person {
    district.people.iter().find(|person| person.id == *id).unwrap()
}

/// Each id once, and nothing that names a record that is not there.
fn assert_whole(district: &District) {
    let all: BTreeMap<_, _> = EntityKind::ALL
        .into_iter()
        .map(|kind| (kind, district.ids(kind)))
        .collect();
    let count: usize = all.values().map(BTreeSet::len).sum();
    assert_eq!(count, district.records().count(), "an id stands twice");
    let has = |kind: EntityKind, id: &SourcedId| assert!(all[&kind].contains(id), "no {kind} {id}");
    let org = |id: &Option<SourcedId>| id.iter().for_each(|id| has(EntityKind::Org, id));
    district.orgs.iter().for_each(|it| org(&it.parent));
    for session in &district.sessions {
        session
            .parent
            .iter()
            .for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for course in &district.courses {
        org(&course.org);
        course
            .session
            .iter()
            .for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for class in &district.classes {
        org(&class.org);
        class.course.iter().for_each(|id| has(EntityKind::Course, id));
        class
            .sessions
            .iter()
            .for_each(|id| has(EntityKind::AcademicSession, id));
    }
    for person in &district.people {
        assert!(!person.affiliations.is_empty());
        person.affiliations.iter().for_each(|it| org(&it.org));
    }
    let mut seats = BTreeSet::new();
    for seat in &district.enrollments {
        org(&seat.org);
        has(EntityKind::Class, &seat.class);
        has(EntityKind::Person, &seat.person);
        assert!(
            seats.insert((&seat.class, &seat.person)),
            "{} sits twice",
            seat.person
        );
    }
    for relationship in &district.relationships {
        has(EntityKind::Person, &relationship.student);
        has(EntityKind::Person, &relationship.contact);
    }
    let usernames: BTreeSet<_> = district
        .people
        .iter()
        .filter_map(|person| person.username.as_deref())
        .collect();
    assert_eq!(
        usernames.len(),
        district.people.len(),
        "a log-in name stands twice"
    );
}

#[test]
fn the_same_spec_gives_the_same_district() {
    for spec in specs() {
        let district = spec.clone().generate();
        assert!(district == spec.generate());
        assert!(district == district.clone().normalized());
    }
    assert!(District::seed(7) != District::seed(8));
    assert!(
        District::seed(7)
            .ids(EntityKind::Person)
            .is_disjoint(&District::seed(8).ids(EntityKind::Person))
    );
}

#[test]
fn nothing_dangles_and_no_id_stands_twice() {
    for spec in specs() {
        assert_whole(&spec.generate());
    }
}

#[test]
fn the_smallest_district_has_what_programs_trip_over() {
    let district = DistrictSpec::new(1).schools(1).students(20).generate();
    let people = || district.people.iter();
    assert!(people().any(|it| it.has_role(&Role::Teacher) && it.has_role(&Role::Parent)));
    assert!(people().any(|it| it.name.given.as_deref() == Some("José")));
    assert!(people().any(|it| it.name.family.as_deref() == Some("O'Brien")));
    assert!(people().any(|it| it.name.given.is_some() && it.name.family.is_none()));
    assert!(people().any(|it| it.name.preferred_given.is_some()));
    for scheme in [IdentifierScheme::SisId, IdentifierScheme::StudentNumber] {
        assert!(
            people()
                .flat_map(|it| &it.identifiers)
                .any(|it| it.scheme == scheme && it.value.starts_with('0'))
        );
    }
    let mut emails = BTreeMap::<_, Vec<_>>::new();
    for person in people() {
        emails.entry(person.email.clone()).or_default().push(person);
    }
    assert!(emails.values().any(|sharing| {
        let students = sharing.iter().filter(|it| it.has_role(&Role::Student)).count();
        students > 1 && sharing.iter().any(|it| it.is_contact())
    }));
    assert!((district.relationships.iter()).any(|it| it.kinds == [ContactKind::Guardian].into()));
    assert!((district.relationships.iter()).any(|it| {
        it.kinds.contains(&ContactKind::Emergency)
            && !it.kinds.contains(&ContactKind::Guardian)
            && person(&district, &it.contact).has_role(&Role::Relative)
    }));
    assert!(district.enrollments.iter().any(|it| it.primary == Some(false)));
    for class in &district.classes {
        let teachers = district
            .enrollments
            .iter()
            .filter(|it| it.class == class.id && it.primary == Some(true));
        assert_eq!(teachers.count(), 1);
    }
}

#[test]
fn staff_work_at_several_schools_and_in_several_roles() {
    let district = DistrictSpec::lincoln().generate();
    let at = |person: &Person, role: &Role| -> BTreeSet<_> {
        (person.affiliations.iter())
            .filter(|it| it.role == *role)
            .map(|it| it.org.clone())
            .collect()
    };
    let has = |test: &dyn Fn(&Person) -> bool| assert!(district.people.iter().any(test));
    has(&|it| at(it, &Role::Teacher).len() == 2);
    has(&|it| at(it, &Role::Aide).is_disjoint(&at(it, &Role::Teacher)) && it.has_role(&Role::Aide));
    has(&|it| it.has_role(&Role::SiteAdministrator) && it.has_role(&Role::Teacher));
    has(&|it| {
        it.affiliations
            .iter()
            .any(|it| it.role.is_staff() && it.primary == Some(false))
    });
    for person in &district.people {
        let primary: Vec<_> = person
            .affiliations
            .iter()
            .filter(|it| it.primary == Some(true))
            .collect();
        let orgs: BTreeSet<_> = person.affiliations.iter().map(|it| &it.org).collect();
        assert_eq!(primary.len(), orgs.len(), "one primary role at each org");
    }
}

#[test]
fn a_day_is_exactly_what_it_says() {
    for spec in specs() {
        for seed in 0..6 {
            let mut today = spec.clone().generate();
            for day in 1..4 {
                let (tomorrow, truth) = today.next_day(seed);
                assert_eq!(
                    truth,
                    DayTruth::between(&today, &tomorrow),
                    "{today:?}, seed {seed}"
                );
                assert!(tomorrow == tomorrow.clone().normalized());
                assert_eq!(tomorrow.day, day);
                assert_whole(&tomorrow);
                for kind in [EntityKind::Person, EntityKind::Class, EntityKind::Enrollment] {
                    assert!(truth.created.contains_key(&kind) && truth.ended.contains_key(&kind));
                }
                today = tomorrow;
            }
        }
    }
}

#[test]
fn the_same_day_comes_again_and_another_seed_gives_another() {
    let district = District::seed(7);
    assert!(district.next_day(1) == district.next_day(1));
    assert!(district.next_day(1).1 != district.next_day(2).1);
}

#[test]
fn a_scope_without_limits_delivers_all() {
    let district = District::seed(7);
    assert!(district.delivered(&Scope::default(), &everything()) == district);
    let told = district.in_scope(&Scope::default(), &BTreeSet::new());
    assert_eq!(
        told[&EntityKind::Enrollment],
        district.ids(EntityKind::Enrollment)
    );
    assert!(told[&EntityKind::Relationship].is_empty());
    let plain = district.delivered(&Scope::default(), &BTreeSet::new());
    assert!(
        plain
            .people
            .iter()
            .all(|it| it.sensitive.is_none() && !it.affiliations.is_empty())
    );
    assert!(
        plain
            .people
            .iter()
            .all(|it| it.affiliations.iter().all(|it| !it.role.is_contact()))
    );
    assert!(plain.people.len() < district.people.len());
    assert!(
        plain
            .people
            .iter()
            .any(|it| district.relationships.iter().any(|other| other.contact == it.id))
    );
}

#[test]
fn a_scope_of_one_school_brings_its_people_and_what_is_above_it() {
    let district = DistrictSpec::new(7).schools(3).students(150).generate();
    let school = district.orgs[2].id.clone();
    let scope = Scope::of_orgs([school.clone()]);
    let seen = district.delivered(&scope, &contacts());
    assert_eq!(
        seen.ids(EntityKind::Org),
        [district.orgs[0].id.clone(), school.clone()].into()
    );
    assert_eq!(seen.sessions.len(), district.sessions.len());
    assert!(seen.classes.iter().all(|it| it.org.as_ref() == Some(&school)));
    assert!(seen.courses.iter().all(|it| it.org.as_ref() == Some(&school)));
    let own = district
        .classes
        .iter()
        .filter(|it| it.org.as_ref() == Some(&school))
        .count();
    assert_eq!(seen.classes.len(), own);

    let pupils = || seen.people.iter().filter(|it| it.has_role(&Role::Student));
    assert!(pupils().all(|it| it.affiliations[0].org.as_ref() == Some(&school)));
    // A parent of two comes with the relationship to the pupil in scope alone.
    assert_eq!(
        seen.relationships.len(),
        district
            .relationships
            .iter()
            .filter(|it| pupils().any(|pupil| pupil.id == it.student))
            .count()
    );
    assert!(seen.relationships.len() < district.relationships.len());
    let superintendent = |it: &&Person| it.has_role(&Role::DistrictAdministrator);
    assert!(seen.people.iter().find(superintendent).is_none());
    assert!(
        seen.people
            .iter()
            .any(|it| it.has_role(&Role::Teacher) && it.affiliations.len() > 1)
    );
    let people = seen.ids(EntityKind::Person);
    assert!(seen.enrollments.iter().all(|it| people.contains(&it.person)));
}

#[test]
fn a_scope_of_classes_brings_those_who_sit_in_them() {
    let district = District::seed(7);
    let class = district.classes[0].id.clone();
    let scope = Scope::of_classes([class.clone()]);
    let seen = district.delivered(&scope, &BTreeSet::new());
    assert_eq!(seen.ids(EntityKind::Class), [class.clone()].into());
    let seated: BTreeSet<_> = seen.enrollments.iter().map(|it| it.person.clone()).collect();
    assert_eq!(seen.ids(EntityKind::Person), seated);
    assert!(seen.enrollments.iter().all(|it| it.class == class));
    assert_eq!(seen.ids(EntityKind::Org), district.ids(EntityKind::Org));
    assert_eq!(seen.ids(EntityKind::Course), district.ids(EntityKind::Course));

    let both = Scope::of_orgs([district.orgs[2].id.clone()]).and_classes([class]);
    let seen = district.in_scope(&both, &contacts());
    assert!(
        seen[&EntityKind::Class].is_empty() && seen[&EntityKind::Person].is_empty(),
        "another school's class"
    );
}

#[test]
fn a_scope_that_names_nothing_delivers_nothing_of_any_school() {
    let district = District::seed(7);
    let seen = district.in_scope(&Scope::of_orgs([]), &everything());
    for (kind, ids) in seen {
        assert_eq!(ids.is_empty(), kind != EntityKind::AcademicSession, "{kind}");
    }
}

#[test]
fn files_say_the_same_as_what_they_are_said_to_say() {
    for spec in specs() {
        let district = spec.generate();
        for version in VERSIONS {
            let options = OneRosterCsv::new(version);
            let said = what_oneroster_says(&district, version);
            assert!(said == what_oneroster_says(&said, version));
            // Nothing else may be in the files, and nothing less.
            let (files, of_said) = (
                oneroster_csv_files(&district, &options),
                oneroster_csv_files(&said, &options),
            );
            assert_eq!(
                files.keys().collect::<Vec<_>>(),
                of_said.keys().collect::<Vec<_>>()
            );
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
    let (old, new) = VERSIONS
        .map(|version| what_oneroster_says(&district, version))
        .into();
    let both = |it: &&Person| it.has_role(&Role::Teacher) && it.has_role(&Role::Parent);
    let id = &district.people.iter().find(both).unwrap().id;
    assert!(both(&person(&new, id)) && !both(&person(&old, id)));
    assert!(new.relationships.iter().any(|it| it.contact == *id));
    assert!(old.relationships.iter().all(|it| it.contact != *id));
    assert!(
        old.people
            .iter()
            .all(|it| it.affiliations.iter().all(|it| it.primary.is_none()))
    );
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
            let text = std::str::from_utf8(bytes)
                .unwrap()
                .strip_prefix('\u{feff}')
                .unwrap();
            assert!(!text.replace("\r\n", "").contains('\n'));
            let rows = cells(text);
            assert!(
                rows.len() > 1 && rows.iter().all(|row| row.len() == rows[0].len()),
                "{name}"
            );
            if name != "manifest.csv" {
                assert_eq!(rows[0][..3], ["sourcedId", "status", "dateLastModified"]);
                assert!(rows[1..].iter().all(|row| row[1].is_empty() && row[2].is_empty()));
            }
        }
        let manifest = cells(std::str::from_utf8(&files["manifest.csv"]).unwrap());
        for row in &manifest[1..] {
            if let Some(file) = row[0].strip_prefix("file.") {
                assert_eq!(
                    row[1] == "bulk",
                    files.contains_key(&format!("{file}.csv")),
                    "{file}"
                );
            }
        }
    }
}

#[test]
fn links_stand_on_either_row_and_together_are_all() {
    let district = DistrictSpec::new(4).students(200).generate();
    let said = what_oneroster_says(&district, OneRosterVersion::V1_1);
    let files = oneroster_csv_files(
        &district,
        &OneRosterCsv::new(OneRosterVersion::V1_1).without_demographics(),
    );
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
    let wanted = said
        .relationships
        .iter()
        .map(|it| (it.student.as_str(), it.contact.as_str()))
        .collect();
    assert_eq!(all, wanted);
}

#[test]
fn a_set_is_written_to_a_folder() {
    let dir = tempfile::tempdir().unwrap();
    let district = DistrictSpec::new(1).schools(1).students(20).generate();
    let options = OneRosterCsv::new(OneRosterVersion::V1_2);
    let folder = dir.path().join("set");
    write_oneroster_csv(&district, &folder, &options).unwrap();
    assert_eq!(
        read_folder(&folder).unwrap(),
        oneroster_csv_files(&district, &options)
    );
}

fn read_folder(dir: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let mut bytes = Vec::new();
        io::copy(&mut fs::File::open(entry.path())?.take(1 << 20), &mut bytes)?;
        files.insert(entry.file_name().into_string().unwrap(), bytes);
    }
    Ok(files)
}

/// Rewrites the folder instead where `ROSTER_WRITE_LINCOLN` is set.
#[test]
fn the_committed_lincoln_is_what_the_generator_makes() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/lincoln"));
    let district = DistrictSpec::lincoln().generate();
    let options = OneRosterCsv::new(OneRosterVersion::V1_1);
    if std::env::var_os("ROSTER_WRITE_LINCOLN").is_some() {
        write_oneroster_csv(&district, &folder, &options).unwrap();
    }
    assert!(
        read_folder(&folder).unwrap() == oneroster_csv_files(&district, &options),
        "run this test with ROSTER_WRITE_LINCOLN=1, and correct the counts in the README"
    );
}

#[test]
fn lincoln_gives_a_reader_nothing_to_complain_of() {
    let said = what_oneroster_says(&DistrictSpec::lincoln().generate(), OneRosterVersion::V1_1);
    let emails: BTreeSet<_> = said
        .people
        .iter()
        .filter_map(|it| it.email.as_ref())
        .map(|it| it.to_lowercase())
        .collect();
    assert_eq!(emails.len(), said.people.len());
    assert!(
        said.people
            .iter()
            .all(|it| it.name.given.is_some() && it.name.family.is_some())
    );
    let counts = EntityKind::ALL.map(|kind| said.ids(kind).len());
    assert_eq!(counts, [0; 7]);
}
