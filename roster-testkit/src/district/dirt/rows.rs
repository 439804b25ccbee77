//! Dirt of rows: too long, too short, twice, blank.

use roster_core::codes;

use super::{
    Dirt, Outcome, Work,
    sheet::{Cells, line},
};

impl Work {
    /// Puts dirt of that kind into a row of the pupils' file; `None` if it is of another kind.
    pub(super) fn rows(&mut self, dirt: Dirt) -> Option<Outcome> {
        let file = self.shape.people;
        let cells = self.read(file)?;
        let width = cells.0.first()?.len();
        match dirt {
            Dirt::BlankLine => self.insert(&cells, "", None),
            Dirt::CommaLine => self.insert(&cells, &",".repeat(width - 1), None),
            Dirt::RepeatedHeader => {
                let header = line(cells.0.first()?, ',');
                self.insert(&cells, &header, Some(codes::REPEATED_HEADER))
            }
            Dirt::Footer => {
                let mut text = cells.write(',');
                text.push_str(&format!("Total: {}\n", cells.rows()));
                self.write(file, text);
                self.tell(file, cells.0.len() + 1, codes::COLUMN_COUNT);
                Some(Outcome::Same)
            }
            Dirt::DuplicateRow => {
                let (row, _) = self.pupil(&cells)?;
                let again = line(cells.0.get(row)?, ',');
                self.insert_after(&cells, row, &again, Some(codes::DUPLICATE_IDENTICAL));
                Some(Outcome::Same)
            }
            Dirt::Conflict => {
                let (row, rows) = self.pupil(&cells)?;
                let mut other = cells.0.get(row)?.clone();
                "Somebody Else".clone_into(other.get_mut(cells.column(self.shape.name)?)?);
                let last = *rows.last()?;
                self.insert_after(&cells, last, &line(&other, ','), Some(codes::CONFLICT));
                Some(Outcome::RecordsMiss)
            }
            Dirt::SimilarId => self.similar_id(&cells),
            Dirt::ShortRow => self.in_a_row(&cells, codes::COLUMN_COUNT, |row| {
                row.iter().take(1).cloned().collect::<Vec<_>>().join(",")
            }),
            Dirt::ExtraCell => {
                let name = cells.column(self.shape.name)?;
                self.in_a_row(&cells, codes::COLUMN_COUNT, |row| {
                    let cells = row.iter().enumerate();
                    let cells = cells.map(|(at, cell)| {
                        if at == name { "Ann, Lee".to_owned() } else { line(std::slice::from_ref(cell), ',') }
                    });
                    cells.collect::<Vec<_>>().join(",")
                })
            }
            Dirt::UnclosedQuote => {
                let name = cells.column(self.shape.name)?;
                self.in_a_row(&cells, codes::UNCLOSED_QUOTE, |row| {
                    let cells = row.iter().enumerate();
                    let cells = cells.map(|(at, cell)| {
                        if at == name { "\"Ann".to_owned() } else { line(std::slice::from_ref(cell), ',') }
                    });
                    cells.collect::<Vec<_>>().join(",")
                })
            }
            Dirt::InvalidUtf8 => self.invalid_utf8(&cells),
            Dirt::BomInTheMiddle => {
                let (row, _) = self.pupil(&cells)?;
                self.raw_row(&cells, row, &format!("\u{feff}{}", line(cells.0.get(row)?, ',')));
                self.tell(file, row + 1, codes::TRIMMED);
                Some(Outcome::Same)
            }
            _ => None,
        }
    }

    /// Puts a line into the middle of the pupils' file.
    fn insert(&mut self, cells: &Cells, text: &str, code: Option<&'static str>) -> Option<Outcome> {
        let (row, _) = self.pupil(cells)?;
        self.insert_after(cells, row, text, code);
        Some(Outcome::Same)
    }

    fn insert_after(&mut self, cells: &Cells, row: usize, text: &str, code: Option<&'static str>) {
        let file = self.shape.people;
        let mut lines: Vec<_> = cells.0.iter().map(|row| line(row, ',')).collect();
        lines.insert(row + 1, text.to_owned());
        self.write(file, lines.join("\n") + "\n");
        if let Some(code) = code {
            self.tell(file, row + 2, code);
        }
    }

    /// Writes one row otherwise.
    fn raw_row(&mut self, cells: &Cells, row: usize, text: &str) {
        let mut lines: Vec<_> = cells.0.iter().map(|row| line(row, ',')).collect();
        if let Some(line) = lines.get_mut(row) {
            text.clone_into(line);
        }
        self.write(self.shape.people, lines.join("\n") + "\n");
    }

    fn in_a_row(
        &mut self,
        cells: &Cells,
        code: &'static str,
        change: impl Fn(&[String]) -> String,
    ) -> Option<Outcome> {
        let (row, _) = self.pupil(cells)?;
        let text = change(cells.0.get(row)?);
        self.raw_row(cells, row, &text);
        self.tell(self.shape.people, row + 1, code);
        Some(Outcome::RecordsMiss)
    }

    fn invalid_utf8(&mut self, cells: &Cells) -> Option<Outcome> {
        let file = self.shape.people;
        let (row, _) = self.pupil(cells)?;
        let mut cells = cells.clone();
        let name = cells.column(self.shape.name)?;
        // Enough of the file is UTF-8 beyond doubt, so that a single byte is an error and no other encoding.
        for other in (1..=cells.rows()).filter(|other| *other != row) {
            let key = cells.column(self.shape.key)?;
            if cells.cell(other, key) != cells.cell(row, key) && !self.shape.is_folded {
                cells.set(other, name, "Zoë");
            }
        }
        let clean = cells.write(',');
        if self.shape.is_folded && clean.is_ascii() {
            return None;
        }
        self.write_both(file, &clean);
        cells.set(row, name, "Jos#");
        let bytes = cells.write(',').into_bytes();
        let bytes = bytes.iter().map(|byte| if *byte == b'#' { 0xe9 } else { *byte });
        self.write(file, bytes.collect::<Vec<_>>());
        self.tell(file, row + 1, codes::INVALID_UTF8);
        Some(Outcome::RecordsMiss)
    }

    /// A pupil more, whose id is another's in another case or without its zeros.
    fn similar_id(&mut self, cells: &Cells) -> Option<Outcome> {
        // A person more needs a role, which stands in a file of its own elsewhere.
        if self.shape.people != "users.csv" || cells.column("role").is_none() {
            return None;
        }
        let (row, _) = self.pupil(cells)?;
        let (mut cells, file) = (cells.clone(), self.shape.people);
        let id = cells.column(self.shape.id)?;
        let mut other = cells.0.get(row)?.clone();
        let own = cells.cell(row, id);
        let upper = own.to_uppercase();
        let plain = own.trim_start_matches('0');
        let alike = if upper == own { plain.to_owned() } else { upper };
        *other.get_mut(id)? = if alike == own { format!("0{own}") } else { alike };
        if let Some(email) = self.shape.email.and_then(|email| cells.column(email)) {
            other.get_mut(email)?.clear();
        }
        cells.0.push(other);
        self.tell(file, cells.0.len(), codes::SIMILAR_ID);
        let text = cells.write(',');
        self.write_both(file, &text);
        Some(Outcome::Same)
    }
}
