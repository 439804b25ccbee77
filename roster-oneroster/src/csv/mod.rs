//! The CSV binding: which files a set has, what their columns hold, and what its manifest says.
//!
//! Facts from the binding of 1.2 (<https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv>) and the final specification of
//! 1.1 (<https://www.imsglobal.org/oneroster-v11-final-specification>).

mod manifest;
mod tables;

pub use self::manifest::{Manifest, ManifestFile, Mode};
pub use crate::Status;
use crate::Version;
use roster_core::table::Table;

/// The file that says what the others are.
pub const MANIFEST: &str = "manifest.csv";

/// The files of a version, parents before children, with those that are not rostering at the end.
pub const fn tables(version: Version) -> &'static [Table] {
    match version {
        Version::V1_1 => tables::V1_1,
        Version::V1_2 => tables::V1_2,
    }
}

/// Splits `userIds`: items of the form `{type:id}`, several separated by commas. Bare ids, which occur, have no type.
pub fn user_ids(text: &str) -> impl Iterator<Item = (Option<&str>, &str)> {
    roster_core::decode::list(text).map(|item| {
        let bare = item.strip_prefix('{').and_then(|item| item.strip_suffix('}')).unwrap_or(item);
        match bare.split_once(':') {
            Some((scheme, id)) if !scheme.is_empty() && !id.is_empty() => (Some(scheme), id),
            _ => (None, bare),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use roster_core::{
        EntityKind,
        table::{Holds, Rows},
    };

    #[test]
    fn each_version_names_its_files_once() {
        for (version, count) in [(Version::V1_1, 13), (Version::V1_2, 21)] {
            let mut names: Vec<_> = tables(version).iter().map(|table| table.name).collect();
            assert_eq!(names.len(), count);
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count);
        }
    }

    #[test]
    fn records_have_an_id_and_what_adds_to_people_names_them() {
        for table in tables(Version::V1_1).iter().chain(tables(Version::V1_2)) {
            let wanted = match table.rows {
                Rows::Records(_) => Holds::Id,
                Rows::Other => continue,
                _ => Holds::OfPerson,
            };
            assert!(table.columns.iter().any(|column| column.holds == wanted), "{}", table.name);
        }
    }

    #[test]
    fn each_kind_but_relationships_has_its_file() {
        for version in [Version::V1_1, Version::V1_2] {
            for kind in EntityKind::ALL {
                let found = tables(version).iter().any(|table| table.rows == Rows::Records(kind));
                assert_eq!(found, kind != EntityKind::Relationship, "{kind} in {version}");
            }
        }
    }

    #[test]
    fn user_ids_come_in_braces_or_bare() {
        let ids: Vec<_> = user_ids("{SIS:00123},{LDAP:a:b}, 77 ,{x}").collect();
        assert_eq!(ids, [(Some("SIS"), "00123"), (Some("LDAP"), "a:b"), (None, "77"), (None, "x")]);
    }
}
