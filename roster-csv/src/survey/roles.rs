//! Roles that stand on each row beside the person who has them.

use roster_core::table::{Column, Holds, Need, Rows};

use super::{Survey, SurveyedFile};
use crate::dialect::Source;

/// Columns with what their cells are made of.
type Columns = Vec<(String, &'static Column, Source)>;

impl Survey {
    /// Lets people's rows say their roles, where both are made of the same rows of one file: in a one-file roster nearly every person
    /// has one school, and a row for that role beside each person's own would be held, sent and looked up for nothing.
    pub(super) fn join_roles(&mut self) {
        for index in 0..self.files.len() {
            let (before, rest) = self.files.split_at_mut(index);
            let Some((person, after)) = rest.split_first_mut() else { return };
            if !matches!(person.table.rows, Rows::Records(roster_core::EntityKind::Person)) {
                continue;
            }
            let others = before.iter().chain(after.iter());
            let role = others.filter(|file| file.name == person.name).find_map(|file| {
                let columns = role_of(file, subject(person, Holds::Id)?)?;
                Some((file.table, columns))
            });
            if let (Some((table, columns)), Some(unfolding)) = (role, &mut person.unfolding) {
                unfolding.say_beside(&mut person.header, table, columns);
            }
        }
    }
}

/// What tells whom a row is about.
fn subject(file: &SurveyedFile, holds: Holds) -> Option<&Source> {
    file.unfolding.as_ref()?.cells.get(file.header.position(holds)?)
}

/// The columns of a role, if the file is of the roles of that person. One that has to be filled is not among them: a row without it
/// is no role, and its person is one all the same.
fn role_of(file: &SurveyedFile, person: &Source) -> Option<Columns> {
    let is_of_them = file.table.rows == Rows::Affiliations && subject(file, Holds::OfPerson) == Some(person);
    let unfolding = file.unfolding.as_ref().filter(|_| is_of_them)?;
    let columns = file.header.known().filter(|(_, column)| column.holds != Holds::OfPerson);
    columns
        .map(|(position, column)| {
            let is_free = column.need == Need::Optional && column.holds != Holds::Status;
            let source = unfolding.cells.get(position).filter(|_| is_free)?;
            Some((file.header.name_at(position), column, source.clone()))
        })
        .collect()
}
