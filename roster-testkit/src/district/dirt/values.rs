//! Dirt of single values.

use roster_core::codes;

use super::{Dirt, Outcome, Work, sheet::Cells};

/// A value in place of another, and what is due.
struct Value {
    dirty: String,
    /// What the clean set says in its place, if not what it said.
    clean: Option<String>,
    code: Option<&'static str>,
    outcome: Outcome,
}

impl Value {
    fn differs(dirty: &str, code: &'static str) -> Self {
        Self { dirty: dirty.to_owned(), clean: None, code: Some(code), outcome: Outcome::ValuesDiffer }
    }

    fn same(dirty: String, clean: Option<&str>, code: Option<&'static str>) -> Self {
        Self { dirty, clean: clean.map(str::to_owned), code, outcome: Outcome::Same }
    }

    fn missed(dirty: &str, code: &'static str) -> Self {
        Self { dirty: dirty.to_owned(), clean: None, code: Some(code), outcome: Outcome::RecordsMiss }
    }
}

impl Work {
    /// Puts dirt of that kind into a value; `None` if it is of another kind, or there is no such value.
    pub(super) fn values(&mut self, dirt: Dirt) -> Option<Outcome> {
        self.names(dirt)
            .or_else(|| self.ids(dirt))
            .or_else(|| self.emails(dirt))
            .or_else(|| self.others(dirt))
    }

    fn names(&mut self, dirt: Dirt) -> Option<Outcome> {
        let value = match dirt {
            Dirt::Mojibake => Value::differs("JosÃ©", codes::SUSPECTED_MOJIBAKE),
            Dirt::NewlineInValue => Value::differs("Ann\nLee", codes::NEWLINE_IN_VALUE),
            Dirt::NulByte => Value::missed("An\0n", codes::CONTROL_CHARACTER),
            Dirt::Formula => Value::differs("=1+1", codes::FORMULA_LIKE),
            Dirt::Apostrophe => Value::same("'+Ann".to_owned(), Some("+Ann"), Some(codes::UNWRAPPED)),
            Dirt::StrayQuote | Dirt::QuoteInside => return self.quotes(dirt),
            Dirt::NameNull => {
                return self.put(self.shape.family, &Value::same("Null".to_owned(), Some("Null"), None));
            }
            _ => return None,
        };
        self.put(self.shape.name, &value)
    }

    /// Quotes that no writer of ours makes, and so are put in by hand.
    fn quotes(&mut self, dirt: Dirt) -> Option<Outcome> {
        const MARK: &str = "QUOTES";
        let file = self.shape.people;
        self.put(self.shape.name, &Value::differs(MARK, codes::STRAY_QUOTE))?;
        let text = String::from_utf8_lossy(self.files.get(file)?).into_owned();
        if dirt == Dirt::StrayQuote {
            self.write(file, text.replace(MARK, "\"Bob\" Smith"));
            return Some(Outcome::ValuesDiffer);
        }
        self.told.clear();
        self.write(file, text.replace(MARK, "Bob \"Bo\" Smith"));
        self.clean.insert(file.to_owned(), text.replace(MARK, "\"Bob \"\"Bo\"\" Smith\"").into_bytes());
        Some(Outcome::Same)
    }

    fn ids(&mut self, dirt: Dirt) -> Option<Outcome> {
        let file = self.shape.people;
        let mut cells = self.read(file)?;
        let column = cells.column(self.shape.id)?;
        let (row, _) = self.pupil(&cells)?;
        let id = cells.cell(row, column).to_owned();
        let (dirty, code, outcome) = match dirt {
            Dirt::IdShortened => ("1.23457E+11".to_owned(), codes::ID_SHORTENED, Outcome::RecordsMiss),
            Dirt::IdIsDate => ("2-Jan".to_owned(), codes::ID_IS_DATE, Outcome::RecordsMiss),
            Dirt::IdIsPlaceholder => ("#N/A".to_owned(), codes::ID_IS_PLACEHOLDER, Outcome::RecordsMiss),
            Dirt::WrappedId => (format!("=\"{id}\""), codes::UNWRAPPED, Outcome::Same),
            Dirt::Padded => (format!("  {id} "), codes::TRIMMED, Outcome::Same),
            Dirt::NoBreakSpace => (format!("\u{a0}{id}\u{202f}"), codes::TRIMMED, Outcome::Same),
            _ => return None,
        };
        cells.set(row, column, &dirty);
        self.write(file, cells.write(','));
        self.tell(file, row + 1, code);
        Some(outcome)
    }

    fn emails(&mut self, dirt: Dirt) -> Option<Outcome> {
        let file = self.shape.people;
        let mut cells = self.read(file)?;
        let column = cells.column(self.shape.email?)?;
        match dirt {
            Dirt::BadEmail if self.shape.is_by_address => {
                self.put_alone(self.shape.email?, "nobody", codes::MISSING_REQUIRED)
            }
            Dirt::BadEmail => self.put(self.shape.email?, &Value::differs("nobody", codes::BAD_EMAIL)),
            Dirt::SharedEmail | Dirt::PlaceholderEmail => {
                let (count, email) = match dirt {
                    Dirt::SharedEmail => (2, "parents@x.example"),
                    _ => (5, "noemail@x.example"),
                };
                let code = match (self.shape.is_by_address, dirt) {
                    (true, Dirt::SharedEmail) => codes::CONFLICT,
                    (true, _) => codes::MISSING_REQUIRED,
                    _ => codes::SHARED_EMAIL,
                };
                let key = cells.column(self.shape.key)?;
                let mut pupils = std::collections::BTreeMap::new();
                for _ in 0..200 {
                    let (_, rows) = self.pupil(&cells)?;
                    let name = cells.cell(*rows.first()?, key).to_owned();
                    if pupils.len() < count {
                        pupils.insert(name, rows);
                    }
                }
                if pupils.len() < count {
                    return None;
                }
                for rows in pupils.values() {
                    cells.set_all(rows, column, email);
                    self.tell(file, rows.first()? + 1, code);
                }
                self.write(file, cells.write(','));
                Some(if self.shape.is_by_address { Outcome::RecordsMiss } else { Outcome::ValuesDiffer })
            }
            _ => None,
        }
    }

    fn others(&mut self, dirt: Dirt) -> Option<Outcome> {
        match dirt {
            Dirt::UnknownGrade => {
                let (file, column) = self.shape.grade?;
                if file == self.shape.people {
                    return self.put(column, &Value::differs("Zorgle", codes::UNKNOWN_GRADE));
                }
                self.put_into(file, column, "Zorgle", codes::UNKNOWN_GRADE)
            }
            Dirt::NoValue => {
                let (file, column) = self.shape.grade?;
                if file == self.shape.people {
                    return self.put(column, &Value::differs("#N/A", codes::PLACEHOLDER_VALUE));
                }
                self.put_into(file, column, "#N/A", codes::PLACEHOLDER_VALUE)
            }
            Dirt::BadDate => {
                let (file, column) = self.shape.date?;
                let outcome = self.put_into(file, column, "31/31/2020", codes::BAD_DATE)?;
                Some(if self.shape.is_date_in_id { Outcome::OtherIds } else { outcome })
            }
            Dirt::UsDate => {
                let (file, column) = self.shape.date?;
                let cells = self.read(file)?;
                let at = cells.column(column)?;
                let row = (1..=cells.rows()).find(|row| cells.cell(*row, at).matches('-').count() == 2)?;
                let parts: Vec<_> = cells.cell(row, at).split('-').map(str::to_owned).collect();
                let [year, month, day] = parts.as_slice() else { return None };
                // Two months could be meant; the day makes it plain.
                let is_plain = day.parse::<u8>().is_ok_and(|day| day > 12);
                let mut cells = cells;
                cells.set(row, at, &format!("{month}/{day}/{year}"));
                if !is_plain && !self.shape.has_own_dates {
                    return None;
                }
                self.write(file, cells.write(','));
                self.tell(file, row + 1, codes::DATE_FORM);
                Some(Outcome::Same)
            }
            Dirt::DanglingReference => {
                let (file, column) = self.shape.reference?;
                self.put_into(file, column, "nobody-at-all", codes::DANGLING_REFERENCE)
            }
            _ => None,
        }
    }

    /// Puts a value into all rows of one pupil.
    fn put(&mut self, column: &str, value: &Value) -> Option<Outcome> {
        let file = self.shape.people;
        let mut cells = self.read(file)?;
        let at = cells.column(column)?;
        let (row, rows) = self.pupil(&cells)?;
        let rows = if value.outcome == Outcome::RecordsMiss { vec![row] } else { rows };
        let lines = lines(&cells);
        if let Some(clean) = &value.clean {
            let mut cells: Cells = cells.clone();
            cells.set_all(&rows, at, clean);
            self.clean.insert(file.to_owned(), cells.write(',').into_bytes());
        }
        cells.set_all(&rows, at, &value.dirty);
        self.write(file, cells.write(','));
        if let Some(code) = value.code {
            self.tell(file, *lines.get(*rows.first()?)?, code);
        }
        Some(value.outcome)
    }

    /// Puts a value into one row of the pupils' file.
    fn put_alone(&mut self, column: &str, dirty: &str, code: &'static str) -> Option<Outcome> {
        self.put(column, &Value::missed(dirty, code))
    }

    /// Puts a value into the first row of a file that has one there.
    fn put_into(&mut self, file: &str, column: &str, dirty: &str, code: &'static str) -> Option<Outcome> {
        let mut cells = self.read(file)?;
        let at = cells.column(column)?;
        let rows: Vec<_> = (1..=cells.rows()).filter(|row| !cells.cell(*row, at).is_empty()).collect();
        let row = *self.rng.pick(&rows)?;
        cells.set(row, at, dirty);
        self.write(file, cells.write(','));
        self.tell(file, row + 1, code);
        Some(Outcome::ValuesDiffer)
    }
}

/// The physical line of each row.
fn lines(cells: &Cells) -> Vec<usize> {
    let mut line = 1;
    let breaks = |row: &Vec<String>| row.iter().map(|cell| cell.matches('\n').count()).sum::<usize>();
    cells
        .0
        .iter()
        .map(|row| {
            let this = line;
            line += 1 + breaks(row);
            this
        })
        .collect()
}
