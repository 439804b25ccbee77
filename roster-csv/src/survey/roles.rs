//! Roles that stand on each row beside the person who has them.

use roster_core::table::{Column, Holds, Need, Rows};

use super::{Survey, SurveyedFile};
use crate::dialect::Source;

/// Columns with what their cells are made of.
type Columns = Vec<(String, &'static Column, Source)>;

impl Survey {
    /// Lets people's rows say their roles, where both are made of the same rows of one file: in a one-file roster nearly every person
    /// has one school, and a row for that role beside each person's own would be held, sent and looked up for nothing.
    ///
    /// Of an id that people of two tables have, each of their rows says its own role alone: which of the two it is can't be told, and
    /// neither is used.
    pub(super) fn join_roles(&mut self) {
        for index in 0..self.files.len() {
            let (before, rest) = self.files.split_at_mut(index);
            let Some((person, after)) = rest.split_first_mut() else { return };
            if !matches!(person.table.rows, Rows::Records(roster_core::EntityKind::Person)) {
                continue;
            }
            // A status that stands there is the person's, and would be read as the role's.
            let id = subject(person, Holds::Id).filter(|_| person.header.position(Holds::Status).is_none());
            let Some(id) = id else { continue };
            let others = before.iter().chain(after.iter()).filter(|file| file.name == person.name);
            let mut roles = others.filter(|file| is_of(file, id));
            // Of two roles of the same person the row could say one.
            let (Some(role), None) = (roles.next(), roles.next()) else { continue };
            if let (Some(columns), Some(unfolding)) = (columns(role), &mut person.unfolding) {
                unfolding.say_beside(&mut person.header, role.table, columns);
            }
        }
    }
}

/// What tells whom a row is about.
fn subject(file: &SurveyedFile, holds: Holds) -> Option<&Source> {
    file.unfolding.as_ref()?.cells.get(file.header.position(holds)?)
}

/// Whether the file is of the roles of the people whose ids are made so.
fn is_of(file: &SurveyedFile, id: &Source) -> bool {
    file.table.rows == Rows::Affiliations && subject(file, Holds::OfPerson) == Some(id)
}

/// The columns of a role, if it is no more than what somebody is and where, and neither has to be filled: a row without it is no role,
/// and its person is one all the same. A text would be looked at in other ways on the person's row.
fn columns(role: &SurveyedFile) -> Option<Columns> {
    let unfolding = role.unfolding.as_ref()?;
    let columns = role.header.known().filter(|(_, column)| column.holds != Holds::OfPerson);
    columns
        .map(|(position, column)| {
            let is_plain = matches!(column.holds, Holds::AffiliationOrg | Holds::AffiliationRole);
            let is_free = is_plain && column.need == Need::Optional;
            let source = unfolding.cells.get(position).filter(|_| is_free)?;
            Some((role.header.name_at(position), column, source.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{files::FileSet, limits::Limits, mapping::CsvMapping, source::CsvSource};

    /// How many of a mapped file's readings say something beside their own, and how many there are of people.
    fn joined(mapping: &str, header: &str) -> (usize, usize) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("roster.csv"), header).unwrap();
        let mut files = FileSet::open(folder.path(), Limits::default()).unwrap();
        let mapping = CsvMapping::from_toml(mapping).unwrap();
        let source = CsvSource::builder().path(folder.path()).mapping(mapping).build().unwrap();
        let survey = Survey::take(&mut files, &source.settings).unwrap();
        let beside = survey.files.iter().filter_map(|file| file.unfolding.as_ref()?.beside.as_ref());
        (beside.count(), survey.files_of(Rows::Records(roster_core::EntityKind::Person)).count())
    }

    #[test]
    fn one_role_of_a_person_stands_beside_it_and_of_two_neither() {
        let mapping = "[[file]]\nname = \"roster\"\n[file.columns]\n\"Pupil\" = \"student.id\"\n\
                       \"Staff\" = \"teacher.id\"\n";
        assert_eq!(joined(mapping, "Pupil,Staff\n"), (2, 2));
        // The header names one column, which is both.
        let mapping = mapping.replace("Pupil", "Who").replace("Staff", "WHO");
        assert_eq!(joined(&mapping, "Who,House\n"), (0, 2));
    }
}
