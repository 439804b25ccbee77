//! Which dialect a set of files is in: told by headers, not by file names.

use roster_core::{
    Error, ErrorKind, Problem, Result, codes,
    table::{Rows, Table},
};
use roster_oneroster::Version;

use super::{DIALECTS, Dialect, Header, Unusable, unfolding::unfold};
use crate::source::PROVIDER;

/// A file whose header is known.
pub(crate) struct Candidate {
    pub(crate) name: String,
    pub(crate) header: Vec<String>,
}

/// Finds the one dialect that the files fit. A manifest's word decides between several that do; where it contradicts the
/// data, the data win.
pub(crate) fn recognize(files: &[Candidate], manifest: Option<Version>) -> Result<&'static Dialect> {
    let fits: Vec<_> = DIALECTS.iter().map(|dialect| (Fit::of(dialect, files), dialect)).collect();
    let named = fits.iter().find(|(_, dialect)| manifest.is_some() && dialect.version == manifest);
    if let Some((fit, dialect)) = named
        && (fit.misfits == 0 || fits.iter().all(|(fit, _)| fit.misfits > 0 || fit.columns == 0))
    {
        return Ok(dialect);
    }
    let mut fits: Vec<_> = fits.into_iter().filter(|(fit, _)| fit.misfits == 0 && fit.columns > 0).collect();
    fits.sort_by_key(|(fit, _)| std::cmp::Reverse(fit.columns));
    match fits.as_slice() {
        [] => Err(unknown(files)),
        [(_, dialect)] => Ok(dialect),
        [(first, dialect), (second, _), ..] if first.columns > second.columns => Ok(dialect),
        [(best, _), ..] => {
            Err(ambiguous(fits.iter().filter(|(fit, _)| fit.columns == best.columns).map(|(_, d)| *d)))
        }
    }
}

/// The name of the tables that read a file, and whether its own name says so too. Under another name its header must be that of one
/// table and no other, to the last column; unless the dialect is one file, which may be called anything.
pub(crate) fn readings_for(dialect: &Dialect, file: &Candidate) -> Option<(&'static str, bool)> {
    if let Some(table) = dialect.table_named(&file.name) {
        return Some((table.name, true));
    }
    if dialect.is_one_file() {
        let name = dialect.tables.first()?.name;
        return fit(dialect, name, file).is_ok().then_some((name, true));
    }
    let fits = |table: &&'static Table| {
        !dialect.is_folded(table)
            && bind(table, file).is_ok_and(|header| {
                header.known_columns() == table.columns.len() && header.problems.is_empty()
            })
    };
    let mut tables = dialect.tables.iter().filter(|table| table.rows != Rows::Other).filter(fits);
    tables.next().filter(|_| tables.next().is_none()).map(|table| (table.name, false))
}

fn bind(table: &'static Table, file: &Candidate) -> Result<Header, Unusable> {
    Header::bind(file.header.iter().map(String::as_str), table)
}

/// How many columns of the file the dialect knows.
fn fit(dialect: &Dialect, name: &str, file: &Candidate) -> Result<usize, Unusable> {
    let mut columns = 0;
    for table in dialect.readings(name) {
        columns = columns.max(if dialect.is_folded(table) {
            unfold(&file.header, table, dialect)?.map_or(0, |(_, unfolding)| unfolding.known_columns())
        } else {
            bind(table, file)?.known_columns()
        });
    }
    if columns == 0 {
        let message = format!("{name} has no column that is known");
        return Err(Problem::error(codes::MISSING_COLUMN, message).into());
    }
    Ok(columns)
}

/// How well a dialect fits the files.
struct Fit {
    /// Files with a name of the dialect and without a column that they need.
    misfits: usize,
    /// Columns of the files that the dialect knows.
    columns: usize,
}

impl Fit {
    fn of(dialect: &Dialect, files: &[Candidate]) -> Self {
        let mut all = Self { misfits: 0, columns: 0 };
        for file in files {
            let Some((name, _)) = readings_for(dialect, file) else {
                continue;
            };
            if dialect.readings(name).all(|table| table.rows == Rows::Other) {
                continue;
            }
            let is_of_another = file.header.iter().any(|name| dialect.never.contains(&name.as_str()));
            match fit(dialect, name, file) {
                _ if is_of_another => all.misfits += 1,
                Ok(columns) => all.columns += columns,
                Err(_) => all.misfits += 1,
            }
        }
        all
    }
}

fn unknown(files: &[Candidate]) -> Error {
    let known = DIALECTS.iter().map(|dialect| dialect.title).collect::<Vec<_>>().join(", ");
    let message = match files {
        [] => format!("there is no file of a roster; known are: {known}"),
        _ => {
            let names = files.iter().map(|file| file.name.as_str()).take(10).collect::<Vec<_>>().join(", ");
            let lacks = DIALECTS.iter().find_map(|dialect| lacking(dialect, files)).unwrap_or_default();
            format!("the headers of {names} fit no dialect{lacks}; known are: {known}")
        }
    };
    Error::new(ErrorKind::Config, PROVIDER, "recognizing the files", message)
}

/// What the first file of the dialect lacks.
fn lacking(dialect: &Dialect, files: &[Candidate]) -> Option<String> {
    files.iter().find_map(|file| {
        let (name, _) = readings_for(dialect, file)?;
        let problem = fit(dialect, name, file).err()?;
        Some(format!(" (as {} {}: {})", dialect.title, file.name, problem.message))
    })
}

fn ambiguous<'a>(dialects: impl Iterator<Item = &'a Dialect>) -> Error {
    let names = dialects.map(|dialect| format!("`{}`", dialect.name)).collect::<Vec<_>>().join(" and ");
    let message = format!("the files fit {names} alike; name one of them with the setting `dialect`");
    Error::new(ErrorKind::Config, PROVIDER, "recognizing the files", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, header: &str) -> Candidate {
        Candidate { name: name.to_owned(), header: header.split(',').map(str::to_owned).collect() }
    }

    const ORGS: &str = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId";
    const USERS_1_1: &str = "sourcedId,enabledUser,orgSourcedIds,role,username,givenName,familyName";
    const USERS_1_2: &str = "sourcedId,enabledUser,username,givenName,familyName,primaryOrgSourcedId";
    const ROLES: &str = "sourcedId,userSourcedId,roleType,role,orgSourcedId";

    #[test]
    fn the_columns_tell_the_version() {
        let name = |files: &[Candidate]| recognize(files, None).unwrap().name;
        assert_eq!(name(&[file("orgs.csv", ORGS), file("users.csv", USERS_1_1)]), "oneroster_1_1");
        assert_eq!(name(&[file("users.csv", USERS_1_2), file("roles.csv", ROLES)]), "oneroster_1_2");
    }

    #[test]
    fn what_fits_two_dialects_alike_is_asked_about() {
        let error = recognize(&[file("orgs.csv", ORGS)], None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.message().contains("`oneroster_1_1` and `oneroster_1_2`"), "{error}");
    }

    #[test]
    fn a_manifest_decides_unless_the_data_contradict_it() {
        let files = [file("orgs.csv", ORGS)];
        assert_eq!(recognize(&files, Some(Version::V1_2)).unwrap().name, "oneroster_1_2");
        let users = [file("users.csv", USERS_1_2), file("roles.csv", ROLES)];
        assert_eq!(recognize(&users, Some(Version::V1_1)).unwrap().name, "oneroster_1_2");
        assert_eq!(recognize(&[], Some(Version::V1_1)).unwrap().name, "oneroster_1_1");
    }

    #[test]
    fn a_file_under_another_name_is_known_by_its_whole_header() {
        let dialect = Dialect::named("oneroster_1_1").unwrap();
        assert_eq!(readings_for(dialect, &file("Export (2).csv", ORGS)), Some(("orgs", false)));
        assert!(readings_for(dialect, &file("Export (2).csv", "sourcedId,name,type")).is_none());
    }

    #[test]
    fn a_damaged_header_is_left_to_its_file_if_the_manifest_names_the_version() {
        let files = [file("orgs.csv", ORGS), file("enrollments.csv", "sourcedId,classSourcedId")];
        assert_eq!(recognize(&files, Some(Version::V1_1)).unwrap().name, "oneroster_1_1");
        assert!(recognize(&files, None).unwrap_err().message().contains("userSourcedId"));
    }

    #[test]
    fn what_fits_nothing_says_what_is_known() {
        let error = recognize(&[file("users.csv", "User ID,Role")], None).unwrap_err();
        assert!(
            error.message().contains("OneRoster 1.1") && error.message().contains("users.csv"),
            "{error}"
        );
        assert!(recognize(&[], None).unwrap_err().message().contains("no file of a roster"));
    }
}
