//! Districts in the files of other dialects than OneRoster.

mod clever;
mod one_file;
mod sds;

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use roster_core::{Enrollment, IdentifierScheme, Person, Role, SourcedId};

use super::District;

/// A way to write a district into files, other than OneRoster's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FileDialect {
    /// One file: a row for each pupil in a class with a teacher, who are told apart by their addresses.
    OneFile,
    /// The same, with ids of Clever's form. See [`clever_id`].
    OneFileClever,
    /// What a school's system uploads to Clever.
    CleverSftp,
    /// School Data Sync, first version.
    SdsV1,
    /// School Data Sync, version 2: a person has one role.
    SdsV2,
    /// School Data Sync, version 2.1.
    SdsV2_1,
}

impl FileDialect {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::OneFile, Self::OneFileClever, Self::CleverSftp, Self::SdsV1, Self::SdsV2, Self::SdsV2_1];

    /// Its name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OneFile => "one_file",
            Self::OneFileClever => "one_file_clever",
            Self::CleverSftp => "clever_sftp",
            Self::SdsV1 => "sds_v1",
            Self::SdsV2 => "sds_v2",
            Self::SdsV2_1 => "sds_v2_1",
        }
    }
}

impl fmt::Display for FileDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The files by name, ready to be written or zipped: what the dialect can say of the district.
#[must_use]
pub fn files_as(district: &District, dialect: FileDialect) -> BTreeMap<String, Vec<u8>> {
    let files = match dialect {
        FileDialect::OneFile => one_file::files(district, false),
        FileDialect::OneFileClever => one_file::files(district, true),
        FileDialect::CleverSftp => clever::files(district),
        FileDialect::SdsV1 => sds::v1(district),
        FileDialect::SdsV2 => sds::v2(district),
        FileDialect::SdsV2_1 => sds::v2_1(district),
    };
    files.into_iter().map(|(name, sheet)| (name.to_owned(), sheet.0.into_bytes())).collect()
}

/// Writes the files into a folder, which is made if it is not there.
///
/// # Errors
///
/// Whatever the file system says.
pub fn write_files_as(district: &District, dir: &Path, dialect: FileDialect) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    files_as(district, dialect).into_iter().try_for_each(|(name, bytes)| fs::write(dir.join(name), bytes))
}

/// The id of Clever's form that a person of a district has in [`FileDialect::OneFileClever`].
#[must_use]
pub fn clever_id(person: &SourcedId) -> String {
    // FNV-1a, twice: the same on any machine.
    let hash = |seed: u64| {
        person.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    format!("{:016x}{:08x}", hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325) & 0xffff_ffff)
}

type Files = Vec<(&'static str, Sheet)>;

/// The text of one file.
struct Sheet(String);

impl Sheet {
    fn new(header: &str) -> Self {
        Self(format!("{header}\n"))
    }

    fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (index, cell) in cells.into_iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            if cell.contains([',', '"', '\r', '\n']) || cell.trim() != cell {
                self.0.extend(["\"", &cell.replace('"', "\"\""), "\""]);
            } else {
                self.0.push_str(cell);
            }
        }
        self.0.push('\n');
    }
}

fn with_role<'a>(
    district: &'a District,
    is: impl Fn(&Role) -> bool + 'a,
) -> impl Iterator<Item = &'a Person> {
    let has = move |person: &&Person| person.affiliations.iter().any(|affiliation| is(&affiliation.role));
    district.people.iter().filter(has)
}

/// The schools at which a person has the role.
fn schools<'a>(person: &'a Person, role: &'a Role) -> impl Iterator<Item = &'a str> {
    let of_role = person.affiliations.iter().filter(move |affiliation| affiliation.role == *role);
    of_role.map(|affiliation| affiliation.org.as_deref().unwrap_or(""))
}

fn seats<'a>(district: &'a District, role: &'a Role) -> impl Iterator<Item = &'a Enrollment> {
    district.enrollments.iter().filter(move |seat| seat.role == *role)
}

fn text(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

fn grade(person: &Person) -> &str {
    person.grades.first().map_or("", |grade| &grade.raw)
}

fn identifier<'a>(person: &'a Person, scheme: &IdentifierScheme) -> &'a str {
    person.identifiers.iter().find(|id| id.scheme == *scheme).map_or("", |id| &id.value)
}
