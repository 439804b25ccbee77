//! A file as cells, read and written back.

/// The rows of a file, its header among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cells(pub(super) Vec<Vec<String>>);

impl Cells {
    /// Reads a clean file: commas, quotes as in RFC 4180, LF or CR LF.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let (mut is_quoted, mut characters) = (false, text.chars().peekable());
        while let Some(character) = characters.next() {
            match (is_quoted, character) {
                (true, '"') if characters.peek() == Some(&'"') => {
                    characters.next();
                    cell.push('"');
                }
                (_, '"') => is_quoted = !is_quoted,
                (false, ',') => row.push(std::mem::take(&mut cell)),
                (false, '\r') => {}
                (false, '\n') => {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                (_, other) => cell.push(other),
            }
        }
        if !cell.is_empty() || !row.is_empty() {
            row.push(cell);
            rows.push(row);
        }
        Self(rows)
    }

    /// The file's text, with that separator.
    pub(super) fn write(&self, separator: char) -> String {
        let mut text = String::new();
        for row in &self.0 {
            text.push_str(&line(row, separator));
            text.push('\n');
        }
        text
    }

    /// Where a column stands; case does not matter.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.0.first()?.iter().position(|header| header.eq_ignore_ascii_case(name))
    }

    /// A cell; empty if it is not there.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        self.0.get(row).and_then(|row| row.get(column)).map_or("", String::as_str)
    }

    /// Puts another text into a cell.
    pub(super) fn set(&mut self, row: usize, column: usize, text: &str) {
        if let Some(cell) = self.0.get_mut(row).and_then(|row| row.get_mut(column)) {
            text.clone_into(cell);
        }
    }

    /// Puts another text into a cell of each of these rows.
    pub(super) fn set_all(&mut self, rows: &[usize], column: usize, text: &str) {
        for row in rows {
            self.set(*row, column, text);
        }
    }

    /// How many rows there are, the header not counted.
    pub(super) fn rows(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    /// The rows, from 1, in which a column holds that text.
    pub(super) fn rows_with(&self, column: usize, text: &str) -> Vec<usize> {
        (1..self.0.len()).filter(|row| self.cell(*row, column) == text).collect()
    }
}

/// One row as a line, without its end.
pub(super) fn line(row: &[String], separator: char) -> String {
    let cells = row.iter().map(|cell| {
        let is_plain = !cell.contains([separator, '"', '\r', '\n']) && cell.trim() == cell;
        if is_plain { cell.clone() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    });
    let cells: Vec<_> = cells.collect();
    cells.join(&separator.to_string())
}
