use roster_core::{Level, jiff::civil::date};
use serde_json::{Value, json};

use super::*;

const RULES: &str = r#"
    [[school]]
    unit = "/Students/*"
    [[people]]
    unit = "/Students/{school}/{gradyear}/**"
    role = "student"
    [[people]]
    unit = "/Staff/{school}/Teachers"
    role = "teacher"
    [[people]]
    unit = "/Suspended/**"
    leave_out = true
    [graduation]
    last_grade = 12
    rolls_over = "07-01"
    [[external_id]]
    type = "organization"
    as = "student_number"
    role = "student"
    digits = true
    [[external_id]]
    schema = "SIS"
    field = "StudentNumber"
    as = "student_number"
    [alias]
    prefix = "sis:"
"#;

fn rules() -> Rules {
    GoogleRules::from_toml(RULES).unwrap().compile().unwrap()
}

fn unit(id: &str, path: &str) -> Unit {
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    Unit { id: id.into(), name, path: path.to_owned(), root: None }
}

fn units(school: &str) -> Units {
    let units = [
        unit("id:0", "/"),
        unit("id:1", "/Students"),
        unit("id:2", &format!("/Students/{school}")),
        unit("id:3", &format!("/Students/{school}/2030")),
        unit("id:4", "/Students-Archive/Old"),
    ];
    Units::new(&units, &rules())
}

fn place(path: &str) -> Option<Placed> {
    rules().place(path, &units("Lincoln HS"), date(2026, 11, 28))
}

#[test]
fn units_become_schools_grades_and_roles() {
    let student = place("/Students/Lincoln HS/2030/Section A").unwrap();
    assert_eq!(student.role, Some(Role::Student));
    assert_eq!(student.school, School::Found("id:2".into()));
    assert_eq!((student.graduation_year, student.grade.unwrap().level), (Some(2030), Some(Level::Number(9))));
    // Staff have units of their own, for a school of the same name.
    let teacher = place("/Staff/LINCOLN HS/Teachers").unwrap();
    assert_eq!((teacher.role, teacher.school), (Some(Role::Teacher), School::Found("id:2".into())));
    assert_eq!(place("/Staff/Grant HS/Teachers").unwrap().school, School::NotFound);
    assert!(place("/Suspended").unwrap().leave_out);
    for uncovered in ["/", "/Staff", "/Students-Archive/Old/2030", "/Students/Lincoln HS/Clubs", ""] {
        assert_eq!(place(uncovered), None, "{uncovered}");
    }
}

#[test]
fn a_renamed_unit_is_the_same_school() {
    let (before, after) = (units("Lincoln HS").orgs("d.example"), units("Lincoln High").orgs("d.example"));
    assert_eq!((before.len(), &before[1].id, before[1].name.as_str()), (2, &"id:2".into(), "Lincoln HS"));
    assert_eq!((&after[1].id, after[1].name.as_str()), (&"id:2".into(), "Lincoln High"));
    assert!(after.iter().all(|org| org.derived) && after[1].parent == Some("id:0".into()));
}

#[test]
fn a_graduation_year_tells_the_grade_by_the_day_on_which_years_turn() {
    let grade = |year, month, day| {
        let placed = rules().place(
            &format!("/Students/Lincoln HS/{year}"),
            &units("Lincoln HS"),
            date(2026, month, day),
        );
        placed.unwrap().grade.map(|grade| grade.raw)
    };
    assert_eq!(grade(2027, 6, 30).as_deref(), Some("11"));
    assert_eq!(grade(2027, 7, 1).as_deref(), Some("12"));
    assert_eq!(grade(2039, 9, 1).as_deref(), Some("KG"));
    assert_eq!((grade(2026, 9, 1), grade(2050, 9, 1)), (None, None));
}

#[test]
fn the_first_external_id_that_fits_counts() {
    let rules = rules();
    let ids = |ids: Value, schemas: Value, role| {
        let ids: Vec<_> = ids.as_array().unwrap().iter().filter_map(Value::as_object).cloned().collect();
        let ids: Vec<_> = ids.iter().collect();
        rules.external_ids(&ids, &schemas, role).into_iter().map(|id| id.value).collect::<Vec<_>>()
    };
    let (number, login) =
        (json!({"type": "Organization", "value": "100234"}), json!({"type": "login_id", "value": "a.n"}));
    assert_eq!(ids(json!([login, number]), json!(null), Some(&Role::Student)), ["100234"]);
    assert_eq!(ids(json!([number]), json!({"SIS": {"StudentNumber": 7}}), Some(&Role::Teacher)), ["7"]);
    assert_eq!(
        ids(json!([{"type": "organization", "value": "E-77"}]), json!(null), Some(&Role::Student)),
        [""; 0]
    );
    let many = json!({"SIS": {"StudentNumber": [{"value": "8", "type": "work"}]}});
    assert_eq!(ids(json!([]), many, None), ["8"]);
}

#[test]
fn an_alias_is_split_at_its_first_colon() {
    let alias = rules().alias.unwrap();
    assert_eq!(alias.choose(["p:x", "d:sis:2026:SEC-1042"]), Chosen::One("2026:SEC-1042".to_owned()));
    assert_eq!(alias.choose(["d:sis:1", "d:sis:2"]), Chosen::Several);
    assert_eq!(alias.choose(["d:other", "unexpected_form", "d:sis:", "p:sis:3"]), Chosen::None);
}

#[test]
fn the_rule_that_makes_no_sense_is_named() {
    for (text, says) in [
        ("[[people]]\nunit = \"Students\"\nrole = \"student\"", "[[people]] number 1: a path"),
        ("[[people]]\nunit = \"/a\"", "[[people]] number 1: says nothing"),
        ("[[people]]\nunit = \"/a\"\nrole = \"pupilz\"", "[[people]] number 1: `role` is none of"),
        ("[[school]]\nunit = \"/a/*\"\nname = \"X\"", "[[school]] number 1: `name` and `also`"),
        ("[[external_id]]\nschema = \"SIS\"", "[[external_id]] number 1: wants `type`"),
        ("[alias]\nscope = \"x\"", "[alias]: `scope`"),
        ("[graduation]\nlast_grade = 12\nrolls_over = \"summer\"", "[graduation]: `rolls_over`"),
        ("\n[[people]]\nunits = \"Canary\"", "line "),
    ] {
        let error = GoogleRules::from_toml(text).unwrap_err();
        assert!(error.message().starts_with(&format!("`rules`: {says}")), "{error}");
        assert!(!error.to_string().contains("Canary"));
    }
}
