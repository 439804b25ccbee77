//! Dirt of whole files: how they are encoded and divided, and which there are.

use roster_core::codes;

use super::{Dirt, Outcome, Work, sheet::Cells};

/// What is done to whole files.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Each file's text is written otherwise.
    Each(fn(&str) -> Vec<u8>),
    /// Each file's cells are.
    Cells(fn(&mut Work, &mut Cells)),
    /// The cells stay, with another separator between them.
    Separator(char, &'static str),
    /// What can't be written in Windows-1252 is left out first.
    Windows1252,
    /// The file of seats, or the only one, is changed.
    Seats(fn(&str) -> Option<Vec<u8>>, Option<&'static str>),
    /// It breaks off.
    Cut,
    /// Ids lose their zeros.
    ZerosLost,
}

impl Form {
    pub(super) fn of(dirt: Dirt) -> Option<Self> {
        Some(match dirt {
            Dirt::Bom => Self::Each(|text| [b"\xef\xbb\xbf", text.as_bytes()].concat()),
            Dirt::Utf16Le => Self::Each(utf16_le),
            Dirt::Utf16Be => Self::Each(|text| text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Dirt::Windows1252 => Self::Windows1252,
            Dirt::Semicolons => Self::Separator(';', ""),
            Dirt::Tabs => Self::Separator('\t', ""),
            Dirt::Bars => Self::Separator('|', ""),
            Dirt::SeparatorLine => Self::Separator(';', "sep=;\n"),
            Dirt::CrLf => Self::Each(|text| text.replace('\n', "\r\n").into_bytes()),
            Dirt::CrOnly => Self::Each(|text| text.replace('\n', "\r").into_bytes()),
            Dirt::MixedLineEnds => Self::Each(|text| {
                let ends = (0..).map(|number: usize| if number.is_multiple_of(3) { "\r\n" } else { "\n" });
                text.lines().zip(ends).flat_map(|(line, end)| [line, end]).collect::<String>().into_bytes()
            }),
            Dirt::NoLastNewline => Self::Each(|text| text.trim_end_matches('\n').as_bytes().to_vec()),
            Dirt::CtrlZ => Self::Each(|text| [text.as_bytes(), b"\x1a"].concat()),
            Dirt::TrailingCommas => Self::Each(|text| text.replace('\n', ",,\n").into_bytes()),
            Dirt::OtherHeaders => Self::Cells(|_, cells| {
                if let Some(header) = cells.0.first_mut() {
                    for name in header {
                        *name = name.to_uppercase().replace(['_', ' '], "-");
                    }
                }
            }),
            Dirt::MovedColumns => Self::Cells(|_, cells| cells.0.iter_mut().for_each(|row| row.reverse())),
            Dirt::ShuffledRows => Self::Cells(|work, cells| {
                for row in (2..cells.0.len()).rev() {
                    cells.0.swap(row, 1 + work.rng.below(row));
                }
            }),
            Dirt::HeaderOnly => Self::Seats(
                |text| Some(format!("{}\n", text.lines().next()?).into_bytes()),
                Some(codes::HEADER_ONLY_FILE),
            ),
            Dirt::EmptyFile => Self::Seats(|_| Some(Vec::new()), Some(codes::EMPTY_FILE)),
            Dirt::MissingFile => Self::Seats(|_| None, Some(codes::MISSING_FILE)),
            Dirt::CutFile => Self::Cut,
            Dirt::ZerosLost => Self::ZerosLost,
            _ => return None,
        })
    }
}

/// Excel's "Unicode Text".
fn utf16_le(text: &str) -> Vec<u8> {
    let text = Cells::read(text.as_bytes()).write('\t');
    let units = text.encode_utf16();
    [0xff, 0xfe].into_iter().chain(units.flat_map(u16::to_le_bytes)).collect()
}

impl Work {
    pub(super) fn form(&mut self, form: Form) -> Option<Outcome> {
        match form {
            Form::Each(change) => self.each(|_, text| change(text)),
            Form::Cells(change) => self.each(|work, text| {
                let mut cells = Cells::read(text.as_bytes());
                change(work, &mut cells);
                cells.write(',').into_bytes()
            }),
            Form::Separator(separator, first) => self.each(|_, text| {
                let text = Cells::read(text.as_bytes()).write(separator);
                format!("{first}{text}").into_bytes()
            }),
            Form::Windows1252 => self.windows_1252(),
            Form::Seats(change, code) => return self.seats(change, code),
            Form::Cut => return self.cut(),
            Form::ZerosLost => return self.zeros_lost(),
        }
        Some(Outcome::Same)
    }

    /// Changes each file but the manifest.
    fn each(&mut self, change: impl Fn(&mut Self, &str) -> Vec<u8>) {
        for file in self.data_files() {
            let text = self.text(&file);
            let changed = change(self, &text);
            self.write(&file, changed);
        }
    }

    fn data_files(&self) -> Vec<String> {
        self.files.keys().filter(|name| *name != "manifest.csv").cloned().collect()
    }

    fn text(&self, file: &str) -> String {
        self.files.get(file).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
    }

    /// What has no place there becomes `é`, on both sides, so that there is something to guess by.
    fn windows_1252(&mut self) {
        let file = self.shape.people;
        let text: String = self
            .text(file)
            .chars()
            .map(|character| match u32::from(character) {
                0..0x80 | 0xa0..0x100 => character,
                _ => 'é',
            })
            .collect();
        self.write_both(file, &text);
        let bytes = text.chars().map(|character| u8::try_from(u32::from(character)).unwrap_or(b'?'));
        self.write(file, bytes.collect::<Vec<_>>());
        self.tell(file, 1, codes::ENCODING_GUESSED);
    }

    fn seats(&mut self, change: fn(&str) -> Option<Vec<u8>>, code: Option<&'static str>) -> Option<Outcome> {
        let (file, _) = self.shape.reference?;
        let changed = change(&self.text(file));
        if changed.is_none() && self.shape.may_lack_seats {
            return None;
        }
        match changed {
            Some(changed) => self.write(file, changed),
            None => drop(self.files.remove(file)),
        }
        if let Some(code) = code {
            self.tell(file, 1, code);
        }
        Some(Outcome::RecordsMiss)
    }

    /// The last row has lost its end, and with it some of its cells.
    fn cut(&mut self) -> Option<Outcome> {
        let file = self.shape.people;
        let cells = self.read(file)?;
        let text = cells.write(',');
        let last = text.trim_end_matches('\n').rfind('\n')?;
        let line = text.get(last + 1..)?;
        // In the middle of its second cell: what a reader has of the row is too little.
        let cut = last + 1 + line.find(',')? + 1;
        self.write(file, text.get(..cut)?);
        self.tell(file, cells.0.len(), codes::TRUNCATED_FILE);
        Some(Outcome::RecordsMiss)
    }

    /// Pupils get ids with zeros in front, in all files, and lose them again.
    fn zeros_lost(&mut self) -> Option<Outcome> {
        if self.shape.is_by_address || self.shape.is_one_file {
            return None;
        }
        let cells = self.read(self.shape.people)?;
        let id = cells.column(self.shape.id)?;
        let mut ids: Vec<_> = (1..=cells.rows()).map(|row| cells.cell(row, id).to_owned()).collect();
        ids.sort();
        ids.dedup();
        for file in self.data_files() {
            let text = self.text(&file);
            let renamed = |with_zeros: bool| {
                let mut cells = Cells::read(text.as_bytes());
                for cell in cells.0.iter_mut().skip(1).flatten() {
                    let name = |id: &str| match ids.binary_search_by(|known| known.as_str().cmp(id)) {
                        Ok(number) if with_zeros => format!("{:07}", number + 1),
                        Ok(number) => (number + 1).to_string(),
                        Err(_) => id.to_owned(),
                    };
                    *cell = cell.split(',').map(name).collect::<Vec<_>>().join(",");
                }
                cells.write(',')
            };
            self.clean.insert(file.clone(), renamed(true).into_bytes());
            self.write(&file, renamed(false));
        }
        Some(Outcome::OtherIds)
    }
}
