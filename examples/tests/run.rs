//! Each example runs, and prints what it should.

#[path = "../custom_source/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod custom_source;
#[path = "../oneroster/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod oneroster;
#[path = "../quickstart/main.rs"]
#[expect(dead_code, reason = "its `main` is not called here")]
mod quickstart;

use roster::ErrorKind;

#[tokio::test]
async fn quickstart_tells_of_lincoln() {
    let report = quickstart::report(quickstart::LINCOLN.into()).await.unwrap();
    let expected = "Maple Grove Elementary School: 7 classes, 44 people\n\
                    Riverside Middle School: 7 classes, 46 people\n\
                    Prairie View High School: 7 classes, 45 people\n\
                    133 people in all, 0 problems";
    assert_eq!(report, expected);
}

#[tokio::test]
async fn quickstart_says_what_is_not_there() {
    let error = quickstart::report("no/such/folder".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn oneroster_tells_what_changed_in_a_day() {
    let report = oneroster::report().await.unwrap();
    let (full, changed) = report.split_once('\n').unwrap();
    assert!(full.ends_with(" records, 0 deletes, seen whole: true"), "{report}");
    let upserts = |line: &str| line.split(' ').next().and_then(|number| number.parse::<u32>().ok()).unwrap();
    assert!(
        upserts(changed) > 0 && upserts(changed) < upserts(full) && !changed.contains(", 0 deletes"),
        "{report}"
    );
}

#[tokio::test]
async fn custom_source_tells_of_the_village() {
    let report = custom_source::report(custom_source::VILLAGE.into()).await.unwrap();
    assert_eq!(report, "2 schools, 4 people");
}
