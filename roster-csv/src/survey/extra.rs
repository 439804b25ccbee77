//! Columns that the model has no place for, in files whose rows are several records each.

use std::{collections::BTreeSet, sync::Arc};

use roster_core::table::Rows;

use super::Survey;

impl Survey {
    /// Gives the columns that no table knows to one of each file's tables: what a row is most of all.
    ///
    /// That is the last one that the file can't do without: in a one-file roster a pupil's seat, in a file of pupils the pupil, in one
    /// of sections the seat of the teacher.
    pub(crate) fn keep_extra(&mut self) {
        let names: BTreeSet<Arc<str>> = self.files.iter().map(|file| Arc::clone(&file.name)).collect();
        for name in names {
            let of_file = self.files.iter_mut().filter(|file| file.name == name);
            let main = of_file
                .filter(|file| !file.table.optional && matches!(file.table.rows, Rows::Records(_)))
                .last();
            let Some(main) = main else { continue };
            if let Some(unfolding) = &mut main.unfolding {
                unfolding.keep_extra(&mut main.header);
            }
        }
    }
}
