//! Seeded districts: the same everywhere, whole, and true to what they say of themselves.
#![cfg(feature = "sandbox")]

#[cfg(test)]
mod days;
#[cfg(test)]
mod files;
#[cfg(test)]
mod generated;
#[cfg(test)]
mod lincoln;
#[cfg(test)]
mod scope;
#[cfg(test)]
mod whole;

use roster_testkit::district::DistrictSpec;

fn specs() -> Vec<DistrictSpec> {
    vec![
        DistrictSpec::new(7),
        DistrictSpec::new(1).schools(1).students(20),
        DistrictSpec::new(2).schools(4).students(900).class_size(30),
        DistrictSpec::new(3).schools(3).students(150).families_with_contacts(0),
        DistrictSpec::lincoln(),
    ]
}
