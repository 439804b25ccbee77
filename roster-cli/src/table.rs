//! Tables for people to read.

use std::fmt;

/// Rows under a heading. Numbers stand to the right, words to the left.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new<const N: usize>(heading: [&str; N]) -> Self {
        Self { rows: vec![heading.map(str::to_owned).into()] }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<_> = (0..columns)
            .map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        let numeric: Vec<_> = (0..columns)
            .map(|column| cells(column).skip(1).all(|cell| cell.parse::<u64>().is_ok()))
            .collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).zip(&numeric);
            let cells: Vec<_> = cells
                .map(
                    |((cell, &width), &right)| {
                        if right { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
                    },
                )
                .collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_to_the_right_words_to_the_left() {
        let mut table = Table::new(["kind", "records"]);
        table.row(["org".to_owned(), "4".to_owned()]);
        table.row(["class".to_owned(), "1200".to_owned()]);
        assert_eq!(table.to_string(), "kind   records\norg          4\nclass     1200\n");
    }
}
