//! One district in every dialect is the same roster, up to ids and to what a dialect can't say. What that is, the dialects' own data
//! tell: a field is compared where both can say it.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    ClassField, EntityKind, FieldSet, OrgField, OrgType, Person, PersonField, PullRequest, Role, Roster,
    RosterSource, Scope, SensitiveField, SourcedId,
};
use roster_csv::CsvSource;
use roster_testkit::district::{
    District, DistrictSpec, FileDialect, OneRosterCsv, OneRosterVersion, clever_id, write_files_as,
    write_oneroster_csv,
};
use tempfile::TempDir;

use crate::reading::{Read, read};

fn district() -> District {
    DistrictSpec::new(4).schools(3).students(80).siblings_share_email(false).generate()
}

/// What a dialect can say of a kind.
fn says(dialect: &str, kind: EntityKind) -> FieldSet {
    let source = CsvSource::builder().path("x").dialect(dialect).build().unwrap();
    source.capabilities().kinds.get(&kind).map_or(FieldSet::EMPTY, |capability| capability.fields)
}

async fn reference(district: &District) -> (TempDir, Read) {
    let folder = TempDir::new().unwrap();
    write_oneroster_csv(district, folder.path(), &OneRosterCsv::new(OneRosterVersion::V1_2)).unwrap();
    let read = read(CsvSource::builder().path(folder.path()), PullRequest::full()).await;
    (folder, read)
}

async fn written(district: &District, dialect: FileDialect, request: PullRequest) -> Read {
    let folder = TempDir::new().unwrap();
    write_files_as(district, folder.path(), dialect).unwrap();
    read(CsvSource::builder().path(folder.path()), request).await
}

/// The name of a person in all dialects.
fn names(people: &[Person], dialect: FileDialect) -> BTreeMap<SourcedId, SourcedId> {
    let by_email = |person: &Person| person.email.clone().unwrap_or_default().to_lowercase();
    people
        .iter()
        .map(|person| match dialect {
            FileDialect::OneFile => (person.id.clone(), by_email(person).into()),
            FileDialect::OneFileClever => (person.id.clone(), clever_id(&person.id).into()),
            _ => (person.id.clone(), person.id.clone()),
        })
        .collect()
}

/// What is compared of a person.
fn told(person: &Person, fields: FieldSet) -> Vec<String> {
    let has = |field: PersonField, value: Option<&String>| {
        if fields.contains(field) { value.cloned().unwrap_or_default() } else { String::new() }
    };
    let mut told = vec![
        has(PersonField::Given, person.name.given.as_ref()),
        has(PersonField::Family, person.name.family.as_ref()),
        has(PersonField::Email, person.email.as_ref()),
        has(PersonField::Username, person.username.as_ref()),
    ];
    if fields.contains(PersonField::Grades) && person.has_role(&Role::Student) {
        told.extend(person.grades.iter().map(|grade| grade.raw.clone()));
    }
    told
}

fn seats(
    roster: &Roster,
    name: impl Fn(&SourcedId) -> SourcedId,
) -> BTreeSet<(SourcedId, SourcedId, String)> {
    let seats = roster.enrollments.iter();
    seats.map(|seat| (seat.class.clone(), name(&seat.person), seat.role.to_string())).collect()
}

#[tokio::test]
async fn one_district_is_one_roster_in_every_dialect() {
    let district = district();
    let (_folder, base) = reference(&district).await;
    for dialect in FileDialect::ALL {
        let read = written(&district, dialect, PullRequest::full()).await;
        let common = |kind| says(dialect.as_str(), kind).common(says("oneroster_1_2", kind));
        assert!(read.partial().is_empty(), "{dialect}: {:?}", read.roster.ends);
        let errors: Vec<_> =
            read.roster.problems.iter().filter(|it| it.severity == roster_core::Severity::Error).collect();
        assert!(errors.is_empty(), "{dialect}: {errors:?}");

        assert!(common(EntityKind::Org).contains(OrgField::Name));
        let orgs = |roster: &Roster| {
            let schools = roster.orgs.iter().filter(|org| org.org_type == OrgType::School);
            schools.map(|org| (org.id.clone(), org.name.clone())).collect::<BTreeSet<_>>()
        };
        assert_eq!(orgs(&read.roster), orgs(&base.roster), "{dialect}");
        assert!(common(EntityKind::Class).contains(ClassField::Title));
        let classes = |roster: &Roster| {
            let classes = roster.classes.iter();
            classes.map(|it| (it.id.clone(), it.title.clone(), it.org.clone())).collect::<BTreeSet<_>>()
        };
        assert_eq!(classes(&read.roster), classes(&base.roster), "{dialect}");

        // In one file people have ids of another sort, and only those with seats are there.
        let names = names(&base.roster.people, dialect);
        let email: BTreeMap<SourcedId, SourcedId> = read
            .roster
            .people
            .iter()
            .map(|it| (it.id.clone(), it.email.clone().unwrap_or_default().to_lowercase().into()))
            .collect();
        let name = |id: &SourcedId| match dialect {
            FileDialect::OneFile => email[id].clone(),
            _ => id.clone(),
        };
        assert_eq!(seats(&read.roster, name), seats(&base.roster, |id| names[id].clone()), "{dialect}");
        let seated: BTreeSet<_> = base.roster.enrollments.iter().map(|seat| &seat.person).collect();
        let is_one_file = matches!(dialect, FileDialect::OneFile | FileDialect::OneFileClever);
        let is_told = |person: &&Person| {
            let teaches = person.has_role(&Role::Teacher) || person.has_role(&Role::Student);
            match dialect {
                _ if is_one_file => seated.contains(&person.id),
                FileDialect::SdsV1 => teaches,
                _ => true,
            }
        };
        let fields = common(EntityKind::Person);
        let wanted: BTreeMap<_, _> = base
            .roster
            .people
            .iter()
            .filter(is_told)
            .map(|person| (names[&person.id].clone(), told(person, fields)))
            .collect();
        let found: BTreeMap<_, _> =
            read.roster.people.iter().map(|person| (name(&person.id), told(person, fields))).collect();
        let differ: Vec<_> = wanted.iter().filter(|(id, told)| found.get(*id) != Some(told)).collect();
        assert!(found.len() == wanted.len() && differ.is_empty(), "{dialect}: {differ:?}");
    }
}

#[tokio::test]
async fn clevers_set_tells_contacts_only_where_they_are_asked_for() {
    let district = district();
    let without = written(&district, FileDialect::CleverSftp, PullRequest::full()).await;
    assert!(without.roster.people.iter().all(|person| !person.is_contact()));
    assert!(without.roster.relationships.is_empty());
    let request = PullRequest::full().with_sensitive([SensitiveField::Contacts]);
    let with = written(&district, FileDialect::CleverSftp, request).await;
    let pupils: BTreeSet<_> = district.relationships.iter().map(|it| it.student.clone()).collect();
    let told: BTreeSet<_> = with.roster.relationships.iter().map(|it| it.student.clone()).collect();
    assert!(!told.is_empty() && told == pupils);
    let contacts = with.roster.people.iter().filter(|person| person.is_contact());
    let ids: BTreeSet<_> = contacts.map(|person| person.id.clone()).collect();
    assert!(with.roster.relationships.iter().all(|it| ids.contains(&it.contact)));
    let everything = format!("{:?}", serde_json::to_value(&with.roster.people).unwrap());
    assert!(!everything.contains("secret-1"));
}

#[tokio::test]
async fn a_scope_holds_in_files_whose_rows_are_several_records() {
    let district = district();
    let school = district.classes[0].org.clone().unwrap();
    let class = district.classes[0].id.clone();
    for dialect in FileDialect::ALL {
        let of_school = PullRequest::full().scoped(Scope::of_orgs([school.clone()]));
        let read = written(&district, dialect, of_school).await;
        let wanted: BTreeSet<_> =
            district.classes.iter().filter(|it| it.org.as_ref() == Some(&school)).map(|it| &it.id).collect();
        assert_eq!(read.roster.classes.iter().map(|it| &it.id).collect::<BTreeSet<_>>(), wanted, "{dialect}");
        assert!(read.roster.enrollments.iter().all(|seat| wanted.contains(&seat.class)), "{dialect}");
        assert!(read.partial().is_empty(), "{dialect}");

        let of_class = PullRequest::full().scoped(Scope::of_classes([class.clone()]));
        let read = written(&district, dialect, of_class).await;
        assert_eq!(read.roster.classes.len(), 1, "{dialect}");
        let seats = district.enrollments.iter().filter(|seat| seat.class == class).count();
        assert_eq!((read.roster.enrollments.len(), read.roster.people.len()), (seats, seats), "{dialect}");
        // Rows of other classes were passed over.
        let told = ["roster.csv", "enrollments.csv", "StudentEnrollment.csv"];
        let rows = told.iter().find_map(|file| read.files.get(*file)).unwrap();
        assert!(
            rows.used > 0 && rows.used < rows.rows / 2 && rows.skipped > rows.rows / 2,
            "{dialect}: {rows:?}"
        );
    }
}
