//! The district in `examples/data/lincoln`.

use std::{collections::BTreeSet, path::PathBuf};

use roster_core::EntityKind;
use roster_testkit::district::{
    DistrictSpec, OneRosterCsv, OneRosterVersion, oneroster_csv_files, what_oneroster_says,
    write_oneroster_csv,
};

use crate::files::read_folder;

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
    let emails: BTreeSet<_> =
        said.people.iter().filter_map(|it| it.email.as_ref()).map(|it| it.to_lowercase()).collect();
    assert_eq!(emails.len(), said.people.len());
    assert!(said.people.iter().all(|it| it.name.given.is_some() && it.name.family.is_some()));
    let counts = EntityKind::ALL.map(|kind| said.ids(kind).len());
    assert_eq!(counts, [4, 3, 28, 21, 194, 423, 85]);
}
