//! The front page lists each check under its law.

use roster_testkit::conformance::CHECKS;

const README: &str = include_str!("../README.md");

#[test]
fn the_readme_lists_each_check_under_its_law() {
    for check in CHECKS {
        let law = match check.law {
            0 => "| model".to_owned(),
            law => format!("| {law} "),
        };
        let name = format!("[`{0}`](conformance::{0})", check.name);
        let listed = README.lines().any(|line| line.starts_with(&law) && line.contains(&name));
        assert!(listed, "{} is not in the row of law {}", check.name, check.law);
    }
    assert_eq!(README.matches("](conformance::").count(), CHECKS.len());
}

#[test]
fn the_list_is_sorted_by_law_with_the_model_last() {
    let laws: Vec<_> = CHECKS.iter().map(|check| if check.law == 0 { u8::MAX } else { check.law }).collect();
    assert!(laws.is_sorted(), "{laws:?}");
}
