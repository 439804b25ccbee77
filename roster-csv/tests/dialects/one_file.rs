//! Conflicts in one-file rosters: one id that says two things is never settled silently.

use roster_core::{EntityKind, PullRequest, Severity, codes};
use roster_csv::CsvSource;

use crate::reading::{fixture, read, read_path, roles, text_of};

#[tokio::test]
async fn conflicts_are_errors_at_their_lines() {
    let read = read_path(fixture("dirty_forms").join("rocketlit_conflicts.csv")).await;
    let told = read.told();
    for wanted in [
        (codes::CONFLICT, Severity::Error, 2),
        (codes::DUPLICATE_IDENTICAL, Severity::Warning, 3),
        // The given name differs; the school's name differs; another child has the address; a child has none; siblings share one.
        (codes::CONFLICT, Severity::Error, 4),
        (codes::CONFLICT, Severity::Error, 5),
        (codes::CONFLICT, Severity::Error, 6),
        (codes::MISSING_REQUIRED, Severity::Error, 7),
        (codes::CONFLICT, Severity::Error, 9),
    ] {
        assert!(told.contains(&wanted), "{wanted:?}: {told:?}");
    }
    // Nobody whose address says two things comes.
    assert_eq!(
        read.roster.people.iter().map(|person| person.name.given.as_deref().unwrap()).collect::<Vec<_>>(),
        ["Bo", "Ann"]
    );
    assert!(read.roster.orgs.is_empty());
}

const HEADER: &str = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,class_id,class_name,\
    student_first_name,student_last_name,student_email,student_grade_level\n";

async fn of_rows(rows: &str) -> crate::reading::Read {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.csv");
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    read_path(&path).await
}

#[tokio::test]
async fn two_teachers_of_a_class_are_both_and_a_person_may_be_at_two_schools() {
    let read = of_rows(
        "1,Elm,t1@x.example,Ann,Lee,C1,Maths,Zoe,Day,z@x.example,7\n\
         1,Elm,t2@x.example,Bo,Ray,C1,Maths,Zoe,Day,Z@x.example,7\n\
         2,Oak,t1@x.example,Ann,Lee,C2,Art,Zoe,Day,z@x.example,7\n",
    )
    .await;
    assert!(read.told().is_empty(), "{:?}", read.told());
    assert_eq!(read.sizes(), [2, 0, 0, 2, 3, 5, 0]);
    let teachers = read.roster.enrollments.iter().filter(|seat| seat.role.as_str() == "teacher");
    assert_eq!(teachers.filter(|seat| *seat.class == *"C1").count(), 2);
    assert_eq!(roles(&read.person("Ann").affiliations), [("teacher", "1"), ("teacher", "2")]);
    assert_eq!(roles(&read.person("Zoe").affiliations), [("student", "1"), ("student", "2")]);
}

#[tokio::test]
async fn columns_that_nobody_knows_come_with_the_seat_if_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.csv");
    let row = |class: &str, room: &str| {
        format!("1,Elm,t@x.example,Ann,Lee,{class},Art,Zoe,Day,z@x.example,7,{room}\n")
    };
    let header = HEADER.replace('\n', ",homeroom\n");
    // One seat is told of twice, in other words.
    let rows = [row("C1", "B12"), row("C2", ""), row("C3", "B14"), row("C3", "B15")].concat();
    std::fs::write(&path, format!("{header}{rows}")).unwrap();
    let builder = || roster_csv::CsvSource::builder().path(&path);
    let with = crate::reading::read(builder(), roster_core::PullRequest::full().with_extra()).await;
    let rooms: Vec<_> =
        with.roster.enrollments.iter().filter(|seat| seat.role.as_str() == "student").collect();
    let room_of =
        |class: &str| rooms.iter().find(|seat| *seat.class == *class).map(|seat| seat.extra.get("homeroom"));
    assert_eq!(room_of("C1"), Some(Some(&"B12".into())));
    assert_eq!((room_of("C2"), room_of("C3")), (Some(None), None));
    for line in [4, 5] {
        assert!(with.told().contains(&(codes::CONFLICT, Severity::Error, line)), "{line}: {:?}", with.told());
    }
    assert_eq!(with.counts("flat.csv"), [2, 2, 0, 0]);
    assert!(with.roster.people.iter().all(|person| person.extra.is_empty()));
    let without = crate::reading::read(builder(), roster_core::PullRequest::full()).await;
    assert!(without.roster.enrollments.iter().all(|seat| seat.extra.is_empty()));
    assert_eq!(without.sizes(), [1, 0, 0, 3, 2, 6, 0]);
}

#[tokio::test]
async fn a_class_in_two_schools_and_a_pupil_with_a_teachers_address_are_errors() {
    let read = of_rows(
        "1,Elm,t1@x.example,Ann,Lee,C1,Maths,Zoe,Day,z@x.example,7\n\
         2,Oak,t1@x.example,Ann,Lee,C1,Maths,Kim,Fox,k@x.example,7\n\
         1,Elm,t1@x.example,Ann,Lee,C3,Art,Max,Poe,T1@x.example,7\n\
         1,Elm,t1@x.example,Ann,Lee,C3,Art,Noe,Mail,noemail@x.example,7\n",
    )
    .await;
    let told = read.told();
    assert!(told.contains(&(codes::CONFLICT, Severity::Error, 3)), "{told:?}");
    assert!(told.contains(&(codes::SHARED_EMAIL, Severity::Error, 4)), "{told:?}");
    // An address that stands for none tells nobody apart.
    assert!(told.contains(&(codes::MISSING_REQUIRED, Severity::Error, 5)), "{told:?}");
    assert_eq!(read.counts("flat.csv"), [0, 4, 0, 0]);
    assert_eq!(read.roster.classes.iter().map(|class| &*class.id).collect::<Vec<_>>(), ["C3"]);
    read.person("Ann");
    assert!(!read.roster.people.iter().any(|person| person.name.given.as_deref() == Some("Max")));
}

#[tokio::test]
async fn each_row_of_somebody_whom_nothing_names_is_told() {
    let read = of_rows(
        "1,Elm,t1@x.example,Ann,Lee,C1,Maths,Zoe,Day,nobody,7\n\
         1,Elm,t1@x.example,Ann,Lee,C2,Art,Zoe,Day,nobody,7\n\
         1,Elm,t1@x.example,Ann,Lee,C2,Art,Kim,Fox,k@x.example,7\n",
    )
    .await;
    let told = read.told();
    for line in [2, 3] {
        assert!(told.contains(&(codes::MISSING_REQUIRED, Severity::Error, line)), "{told:?}");
    }
    assert_eq!(read.counts("flat.csv"), [1, 2, 0, 0]);
    assert!(read.partial().contains(&roster_core::EntityKind::Person), "who they are is not known");
    assert!(read.partial().contains(&roster_core::EntityKind::Enrollment));
}

#[tokio::test]
async fn row_order_column_order_and_headers_in_other_case_change_nothing() {
    let text =
        text_of(&fixture("dirty_forms").join("rocketlit_utf8.csv")).replace("\"Art, Year 7\"", "Art Year 7");
    let base = of_rows(text.split_once('\n').unwrap().1).await;
    let mut rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').rev().collect()).collect();
    rows[1..].reverse();
    let header = rows[0].join(",").to_uppercase().replace('_', " ");
    let shuffled = rows[1..].iter().map(|row| row.join(",") + "\n").collect::<String>();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other name.csv");
    std::fs::write(&path, format!("{header}\n{shuffled}")).unwrap();
    let read = read_path(&path).await;
    assert_eq!(read.roster.people, base.roster.people);
    assert_eq!(read.roster.classes, base.roster.classes);
    assert_eq!(read.roster.enrollments, base.roster.enrollments);
}

#[tokio::test]
async fn clever_ids_tell_people_apart_and_pasted_in_numbers_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.csv");
    let header = "school_id,school_name,teacher_email,teacher_first_name,teacher_last_name,teacher_clever_id,class_id,class_name,\
        student_first_name,student_last_name,student_clever_id,student_email,student_grade_level\n";
    let rows = "1,Elm,t1@x.example,Ann,Lee,5787451bd72145af0700228b,C1,Maths,Zoe,Day,6787451bd72145af0700228c,same@x.example,7\n\
        1,Elm,t1@x.example,Ann,Lee,5787451bd72145af0700228b,C1,Maths,Kim,Day,12345,same@x.example,7\n\
        1,Elm,t1@x.example,Ann,Lee,5787451bd72145af0700228b,C1,Maths,Bo,Day,5.78745E+23,b@x.example,7\n\
        1,Elm,t1@x.example,Ann,Lee,5787451bd72145af0700228b,C1,Maths,Ian,Day,,i@x.example,7\n";
    std::fs::write(&path, format!("{header}{rows}")).unwrap();
    let read = read_path(&path).await;
    let told = read.told();
    assert!(told.contains(&(codes::LOOKS_LIKE_SIS_ID_NOT_CLEVER_ID, Severity::Warning, 3)), "{told:?}");
    assert!(told.contains(&(codes::SHARED_EMAIL, Severity::Warning, 3)), "{told:?}");
    assert!(told.contains(&(codes::ID_SHORTENED, Severity::Error, 4)), "{told:?}");
    assert_eq!(&*read.person("Zoe").id, "6787451bd72145af0700228c");
    // Without an id, the address tells.
    assert_eq!(read.person("Ian").id.len(), 32);
}

/// The code that tells of a kind of damage. What differs from the pupil's other rows is a conflict.
fn code_of(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "wrong_field_count" => codes::COLUMN_COUNT,
        // An address is what tells pupils apart here, and without a class there is none.
        "bad_email" | "empty_class" => codes::MISSING_REQUIRED,
        "padded" => codes::TRIMMED,
        "bad_utf8" => codes::INVALID_UTF8,
        "nul_byte" => codes::CONTROL_CHARACTER,
        "formula" | "newline_in_field" | "unknown_grade" | "conflict_name" => codes::CONFLICT,
        "dup_row" => codes::DUPLICATE_IDENTICAL,
        "mixed_case_email" => return None,
        other => panic!("the test does not know the damage {other}"),
    })
}

#[tokio::test]
async fn each_damage_of_a_district_in_one_file_is_told_at_its_line() {
    let set = fixture("dirty_flat");
    let truth: serde_json::Value = serde_json::from_str(&text_of(&set.join("truth.json"))).unwrap();
    let read = read_path(set.join("flat.csv")).await;
    let told = read.told();
    let (mut damaged, mut conflicts) = (0, 0);
    for damage in truth["dirt"].as_array().unwrap() {
        let (kind, line) = (damage["kind"].as_str().unwrap(), damage["line"].as_u64().unwrap());
        let Some(code) = code_of(kind) else { continue };
        assert!(
            told.iter().any(|(other, _, at)| *other == code && *at == line),
            "{kind} at {line}: {told:?}"
        );
        damaged += 1;
        conflicts += usize::from(code == codes::CONFLICT);
    }
    assert_eq!(damaged, truth["dirt"].as_array().unwrap().len() - 1);
    let [used, rejected, skipped, duplicate] = read.counts("flat.csv");
    let rows = truth["rows"]["flat.csv"].as_u64().unwrap();
    assert_eq!((used + rejected + skipped + duplicate, skipped, duplicate), (rows, 0, 1));
    // A pupil whose rows contradict each other does not come; everybody else does.
    let pupils = read.roster.people.iter().filter(|person| person.has_role(&roster_core::Role::Student));
    assert_eq!(pupils.count(), 60 - conflicts);
    assert_eq!((read.roster.orgs.len(), read.roster.classes.len()), (2, 12));
}

/// A blank that is none to the eye, or a tab, is one of a name's letters, whatever else stands in its row.
#[tokio::test]
async fn a_row_with_wide_blanks_contradicts_none_that_says_the_same() {
    for blank in ["\u{a0}", "\t", " ", "  "] {
        let row = |pupil: &str| format!("1,Elm{blank}High,t@x.example,Ann,Lee,C1,Art,{pupil},7\n");
        let rows = [row("Zoe,Day,z@x.example"), row("Mary  Jo,Ray,m@x.example")].concat();
        let read = of_rows(&rows).await;
        assert!(read.told().is_empty(), "{blank:?}: {:?}", read.told());
        assert_eq!(read.sizes(), [1, 0, 0, 1, 3, 3, 0]);
    }
    let read = of_rows(
        "1,Elm  High,t@x.example,Ann,Lee,C1,Art,Zoe,Day,z@x.example,7\n\
         1,Elm High,t@x.example,Ann,Lee,C1,Art,Bo,Day,b@x.example,7\n",
    )
    .await;
    assert!(read.told().is_empty(), "{:?}", read.told());
}

#[tokio::test]
async fn in_an_id_each_blank_counts_so_that_no_seat_names_a_class_that_did_not_come() {
    let read = of_rows(
        "1,Elm,t@x.example,Ann,Lee,C 1,Art,Zoe,Day,z@x.example,7\n\
         1,Elm,t@x.example,Ann,Lee,C  1,Art,Bo,Day,b@x.example,7\n\
         1,Elm,t@x.example,Ann,Lee,C  1,Art,Zoe,Day,z@x.example,7\n",
    )
    .await;
    assert_eq!(read.sizes(), [1, 0, 0, 2, 3, 5, 0], "{:?}", read.told());
    let classes: Vec<_> = read.roster.classes.iter().map(|class| &class.id).collect();
    assert!(read.roster.enrollments.iter().all(|seat| classes.contains(&&seat.class)));
}

#[tokio::test]
async fn people_asked_for_alone_are_at_the_schools_that_all_would_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flat.csv");
    let rows = "S 1,Elm,t@x.example,Ann,Lee,C1,Art,Zoe,Day,z@x.example,7\n\
                S  1,Oak,t@x.example,Ann,Lee,C2,Art,Zoe,Day,z@x.example,7\n";
    std::fs::write(&path, format!("{HEADER}{rows}")).unwrap();
    for request in [PullRequest::full(), PullRequest::full().only([EntityKind::Person])] {
        let read = read(CsvSource::builder().path(&path), request).await;
        assert_eq!(roles(&read.person("Zoe").affiliations), [("student", "S  1"), ("student", "S 1")]);
    }
}
