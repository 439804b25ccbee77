//! A day is what it says.

use roster_core::EntityKind;
use roster_testkit::district::{DayTruth, District};

use crate::{specs, whole::assert_whole};

#[test]
fn a_day_is_exactly_what_it_says() {
    for spec in specs() {
        for seed in 0..6 {
            let mut today = spec.clone().generate();
            for day in 1..4 {
                let (tomorrow, truth) = today.next_day(seed);
                assert_eq!(truth, DayTruth::between(&today, &tomorrow), "{today:?}, seed {seed}");
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
