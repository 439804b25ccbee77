//! What one school of a group has of its own.

use roster_core::{
    ClassType, Completeness, EntityKind, ErrorKind, PersonField, PullRequest, Record, TenantDirectory,
};
use roster_testkit::{district::DistrictSpec, sandbox::WondeSandbox};
use roster_wonde::{ClassSource, SchoolOptions, WondeAccount, WondeConfig};

use super::{Told, cx, pull};

fn types(told: &Told) -> Vec<ClassType> {
    let of = |record: &Record| match record {
        Record::Class(class) => Some(class.class_type.clone()),
        _ => None,
    };
    told.records.values().filter_map(of).collect()
}

#[tokio::test]
async fn schools_of_one_account_differ() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).schools(4)).unwrap();
    let schools = sandbox.schools();
    let account = WondeAccount::builder()
        .token(sandbox.token())
        .base_url(sandbox.base_url())
        .school_options(&schools[1], SchoolOptions::default().class_source(ClassSource::RegistrationGroups))
        .build_account()
        .unwrap();
    let told = pull(&account.open(&schools[1], &cx()).await.unwrap(), PullRequest::full()).await;
    assert!(!types(&told).is_empty() && types(&told).iter().all(|of| *of == ClassType::Registration));

    // What is said at the call counts before what the settings say.
    let classes = SchoolOptions::default().class_source(ClassSource::Classes);
    let told = pull(&account.open_with(&schools[1], &classes).unwrap(), PullRequest::full()).await;
    assert!(!types(&told).is_empty() && types(&told).iter().all(|of| *of == ClassType::Scheduled));

    let frozen = SchoolOptions::default().frozen(true);
    let told = pull(&account.open_with(&schools[0], &frozen).unwrap(), PullRequest::full()).await;
    assert!(told.records.is_empty() && told.codes().contains(&"frozen"));
    let other = pull(&account.open(&schools[0], &cx()).await.unwrap(), PullRequest::full()).await;
    assert_eq!(*other.all(EntityKind::Person), Completeness::Complete);

    let kept = SchoolOptions::default().frozen_fields([PersonField::Email, PersonField::Groups]);
    let told = pull(&account.open_with(&schools[0], &kept).unwrap(), PullRequest::full()).await;
    for record in told.records.values().filter(|record| record.kind() == EntityKind::Person) {
        let unseen = told.unseen[record.id()];
        assert!(unseen.contains(PersonField::Email) && !unseen.contains(PersonField::Given));
    }
}

#[tokio::test]
async fn options_for_a_school_that_is_not_there_are_told_of() {
    let sandbox = WondeSandbox::start(DistrictSpec::new(7).schools(2)).unwrap();
    let schools = sandbox.schools();
    let warnings = async |other: &str| {
        let account = WondeAccount::builder().token(sandbox.token()).base_url(sandbox.base_url());
        let account = account
            .school_options(&schools[0], SchoolOptions::default())
            .school_options(other, SchoolOptions::default())
            .build_account()
            .unwrap();
        account.open(&schools[0], &cx()).await.unwrap().check(&cx()).await.unwrap().warnings
    };
    assert!(!warnings(&schools[1]).await.iter().any(|said| said.contains("`schools`")));
    let said = warnings("A404").await;
    assert!(said.iter().any(|said| said.starts_with("`schools`") && said.contains("A404")), "{said:?}");
    assert!(!said.iter().any(|said| said.contains(&schools[0])), "{said:?}");
}

#[test]
fn a_field_that_is_none_is_named_at_once() {
    let mut config = WondeConfig::default();
    config.token = Some("example-token".into());
    let mut options = SchoolOptions::default();
    options.frozen_fields = Some(vec!["e-mail".to_owned()]);
    config.schools.insert("A1".to_owned(), options);
    let error = roster_wonde::WondeBuilder::from(config).build_account().unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().starts_with("`frozen_fields`"), "{error}");
}
