//! Grades: the spelling as it came, and a level where a table knows it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A pupil's or a class's grade: always the spelling as it came, and what the table in use reads it as.
///
/// Levels compare only within one scheme: Year 1 in England is not grade 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GradeLevel {
    /// The spelling as it came, trimmed.
    pub raw: String,
    /// Whose numbering `level` follows.
    pub scheme: GradeScheme,
    /// The level, or `None` if the table does not know the spelling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

/// Whose numbering a level follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GradeScheme {
    /// Grades as in the United States, by the codes of CEDS, the Common Education Data Standards.
    Us,
    /// Years as in England and Wales: Year 1 is the year of the sixth birthday.
    Uk,
    /// Primary and secondary years as in Scotland: P1 is 1, S1 is 8.
    Scotland,
    /// Years as in Australia, from Foundation (`KG`).
    Australia,
    /// The spelling is not known.
    Unknown,
}

/// A level of schooling; in JSON and [`Display`](fmt::Display) its CEDS-like code, such as `KG` or `07`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// `IT`: infant or toddler.
    InfantToddler,
    /// `PR`: preschool, before prekindergarten.
    Preschool,
    /// `PK`: prekindergarten.
    PreKindergarten,
    /// `TK`: transitional kindergarten.
    TransitionalKindergarten,
    /// `KG`: kindergarten.
    Kindergarten,
    /// `01` to `13`: the grade or year of that number; 13 is also the postgraduate year of a high school.
    Number(u8),
    /// `PS`: postsecondary.
    PostSecondary,
    /// `AE`: adult education.
    AdultEducation,
    /// `UG`: ungraded.
    Ungraded,
    /// `OT`: anything else, said on purpose.
    Other,
}

const NUMBERS: [&str; 13] = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13"];

impl Level {
    /// The code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InfantToddler => "IT",
            Self::Preschool => "PR",
            Self::PreKindergarten => "PK",
            Self::TransitionalKindergarten => "TK",
            Self::Kindergarten => "KG",
            Self::Number(number) => NUMBERS.get(usize::from(number).wrapping_sub(1)).copied().unwrap_or("OT"),
            Self::PostSecondary => "PS",
            Self::AdultEducation => "AE",
            Self::Ungraded => "UG",
            Self::Other => "OT",
        }
    }

    /// Reads a code as CEDS and OneRoster write it, exactly.
    pub fn from_code(code: &str) -> Option<Self> {
        // Most pupils are in a grade that has a number.
        match *code.as_bytes() {
            [b'0', units @ b'1'..=b'9'] => return Some(Self::Number(units - b'0')),
            [b'1', units @ b'0'..=b'3'] => return Some(Self::Number(units - b'0' + 10)),
            _ => {}
        }
        Some(match code {
            "IT" => Self::InfantToddler,
            "PR" => Self::Preschool,
            "PK" => Self::PreKindergarten,
            "TK" => Self::TransitionalKindergarten,
            "KG" => Self::Kindergarten,
            "PS" => Self::PostSecondary,
            "AE" => Self::AdultEducation,
            "UG" => Self::Ungraded,
            "OT" | "Other" => Self::Other,
            "PG" => Self::Number(13),
            _ => return None,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| D::Error::custom("no such grade level"))
    }
}

/// How far a spelling is from the table's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// A code of the table, or a plain number or `K`, which everybody writes.
    Plain,
    /// Understood, though no code: worth a note to the data manager.
    Unusual,
    /// Not understood.
    Unknown,
}

/// Which spellings mean what. There is no table that is safe everywhere: `P1` is a Scottish primary year, `PS` a
/// preschool in one file and a postsecondary year in another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GradeTable {
    /// OneRoster: the CEDS codes, where `PS` is postsecondary; then the spellings of the United States.
    #[default]
    Ceds,
    /// Files made by hand in the United States, where `PS` is a preschool.
    Us,
    /// England and Wales: a year stays a year.
    England,
    /// England and Wales, converted to grades: Year 1 is `KG`, Year 7 is `06`.
    EnglandAsUs,
    /// Scotland: `P1` to `P7`, `S1` to `S6`.
    Scotland,
    /// Australia: `F` or `Prep`, then Year 1 to 12.
    Australia,
}

impl GradeTable {
    /// Reads one grade. Lists are the caller's matter: one cell may hold several only where its column says so.
    pub fn read(self, raw: &str) -> (GradeLevel, Spelling) {
        let raw = raw.trim();
        if let Some(level) = self.plain(raw) {
            return (grade(raw, self.home(), Some(level)), Spelling::Plain);
        }
        let key = normalize(raw);
        let found = self
            .regional(&key)
            .or_else(|| uk_year(&key).map(|year| (GradeScheme::Uk, Level::Number(year))))
            .or_else(|| us_spelling(&key).map(|level| (self.home(), level)));
        match found {
            Some((scheme, level)) => (grade(raw, scheme, Some(level)), Spelling::Unusual),
            None => (grade(raw, GradeScheme::Unknown, None), Spelling::Unknown),
        }
    }

    const fn home(self) -> GradeScheme {
        match self {
            Self::Ceds | Self::Us | Self::EnglandAsUs => GradeScheme::Us,
            Self::England => GradeScheme::Uk,
            Self::Scotland => GradeScheme::Scotland,
            Self::Australia => GradeScheme::Australia,
        }
    }

    /// The codes, plain numbers and `K`.
    fn plain(self, raw: &str) -> Option<Level> {
        match (self, raw) {
            (Self::EnglandAsUs | Self::Scotland, _) => None,
            (Self::Us, "PS") => Some(Level::Preschool),
            (Self::Ceds | Self::Us, "K") => Some(Level::Kindergarten),
            _ => Level::from_code(raw).or_else(|| number(raw).map(Level::Number)),
        }
    }

    /// Spellings that this table alone reads so.
    fn regional(self, key: &str) -> Option<(GradeScheme, Level)> {
        let level = match self {
            Self::Ceds | Self::Us => return None,
            Self::England => english(key)?,
            Self::EnglandAsUs => match english(key)? {
                Level::Number(1) => Level::Kindergarten,
                Level::Number(year) => Level::Number(year - 1),
                early => early,
            },
            Self::Scotland => match (key.get(..1)?, number(key.get(1..)?)?) {
                ("P", year @ 1..=7) => Level::Number(year),
                ("S", year @ 1..=6) => Level::Number(year + 7),
                _ => return None,
            },
            Self::Australia => match key {
                "F" | "PREP" | "P" | "FOUNDATION" => Level::Kindergarten,
                _ => Level::Number(uk_year(key)?),
            },
        };
        Some((self.home(), level))
    }
}

fn grade(raw: &str, scheme: GradeScheme, level: Option<Level>) -> GradeLevel {
    GradeLevel { raw: raw.to_owned(), scheme, level }
}

/// Upper case without blanks, dots and hyphens, and without the word "grade"; a leading minus is kept.
fn normalize(raw: &str) -> String {
    let minus = if raw.starts_with('-') { "-" } else { "" };
    let raw = raw.strip_suffix(".0").unwrap_or(raw);
    let letters = raw.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '_'));
    let upper = letters.collect::<String>().to_uppercase();
    let mut key = upper.as_str();
    for word in ["GRADE", "LEVEL"] {
        key = key.strip_prefix(word).unwrap_or(key);
        key = key.strip_suffix(word).unwrap_or(key);
    }
    // "GR 1", but not "GRADUATE": only where a digit follows.
    if let Some(rest) = key.strip_prefix("GR")
        && rest.starts_with(|c: char| c.is_ascii_digit())
    {
        key = rest;
    }
    format!("{minus}{key}")
}

/// A whole number from 1 to 13, leading zeros and ordinal endings aside.
fn number(text: &str) -> Option<u8> {
    let digits = ["ST", "ND", "RD", "TH"].iter().find_map(|ending| text.strip_suffix(ending)).unwrap_or(text);
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|number| (1..=13).contains(number))
}

/// `YEAR7`, `Y7`, `YR7`, `NCYEAR7`.
fn uk_year(key: &str) -> Option<u8> {
    let key = key.strip_prefix("NC").unwrap_or(key);
    let digits = ["YEAR", "YR", "Y"].iter().find_map(|word| key.strip_prefix(word))?;
    number(digits)
}

fn english(key: &str) -> Option<Level> {
    Some(match key {
        "N1" | "NURSERY" => Level::Preschool,
        // Reception is also written as year 0.
        "N2" | "R" | "RECEPTION" | "YEARR" | "YR" | "0" | "00" | "YEAR0" | "Y0" => Level::PreKindergarten,
        _ => Level::Number(uk_year(key).or_else(|| number(key))?),
    })
}

fn us_spelling(key: &str) -> Option<Level> {
    Some(match key {
        "K" | "KG" | "KN" | "KF" | "KP" | "0" | "00" | "KINDER" | "KINDERGARTEN" | "KDG" | "5K" => {
            Level::Kindergarten
        }
        "PK" | "PREK" | "P" | "PK3" | "PK4" | "-1" | "PREKINDERGARTEN" | "4K" => Level::PreKindergarten,
        "PR" | "P3" | "PS" | "-2" | "PRESCHOOL" | "EE" => Level::Preschool,
        "TK" | "T" | "TRANSITIONALKINDERGARTEN" => Level::TransitionalKindergarten,
        "IT" | "INFANT" | "INFANTTODDLER" => Level::InfantToddler,
        "FIRST" => Level::Number(1),
        "SECOND" => Level::Number(2),
        "THIRD" => Level::Number(3),
        "FOURTH" => Level::Number(4),
        "FIFTH" => Level::Number(5),
        "SIXTH" => Level::Number(6),
        "SEVENTH" => Level::Number(7),
        "EIGHTH" => Level::Number(8),
        "NINTH" | "FRESHMAN" | "FR" => Level::Number(9),
        "TENTH" | "SOPHOMORE" | "SO" => Level::Number(10),
        "ELEVENTH" | "JUNIOR" | "JR" => Level::Number(11),
        "TWELFTH" | "SENIOR" | "SR" => Level::Number(12),
        "PG" | "POSTGRADUATE" => Level::Number(13),
        "UG" | "UNGRADED" | "NG" | "NONGRADED" => Level::Ungraded,
        "AE" | "ADULT" | "ADULTEDUCATION" => Level::AdultEducation,
        "OT" | "OTHER" => Level::Other,
        _ => Level::Number(number(key)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(table: GradeTable, raw: &str) -> Option<&'static str> {
        table.read(raw).0.level.map(Level::as_str)
    }

    #[test]
    fn spellings_of_the_united_states() {
        for (level, spellings) in [
            ("KG", &["K", "KG", "KN", "KF", "KP", "0", "00", "Kinder", "Kindergarten", "Kdg", "5K"][..]),
            ("PK", &["PK", "PreK", "Pre-K", "P", "PK4", "-1", "Prekindergarten", "4K"]),
            ("PR", &["P3", "-2", "Preschool", "PR"]),
            ("TK", &["TK", "T", "Transitional Kindergarten"]),
            ("01", &["1", "01", "1st", "First", "Grade 1", "Gr 1", "Gr. 1", "1.0", "1st Grade"]),
            ("03", &["Grade 3rd"]),
            ("09", &["9", "9th", "Freshman", "FR"]),
            ("13", &["13", "PG", "PostGraduate"]),
            ("UG", &["UG", "Ungraded", "NG", "Nongraded"]),
            ("OT", &["Other", "OT"]),
        ] {
            for raw in spellings {
                assert_eq!(code(GradeTable::Ceds, raw), Some(level), "{raw}");
                assert_eq!(code(GradeTable::Us, raw), Some(level), "{raw}");
            }
        }
    }

    #[test]
    fn ps_is_what_its_table_says() {
        assert_eq!(code(GradeTable::Ceds, "PS"), Some("PS"));
        assert_eq!(code(GradeTable::Us, "PS"), Some("PR"));
    }

    #[test]
    fn a_year_is_no_grade_unless_the_table_converts_it() {
        let (year, _) = GradeTable::Ceds.read("Year 7");
        assert_eq!((year.scheme, year.level), (GradeScheme::Uk, Some(Level::Number(7))));
        assert_eq!(code(GradeTable::England, "NC Year 7"), Some("07"));
        assert_eq!(code(GradeTable::EnglandAsUs, "Y7"), Some("06"));
        assert_eq!(code(GradeTable::EnglandAsUs, "Year 1"), Some("KG"));
        assert_eq!(code(GradeTable::EnglandAsUs, "7"), Some("06"));
        for reception in ["Reception", "R", "0", "Year 0", "YR"] {
            assert_eq!(code(GradeTable::England, reception), Some("PK"), "{reception}");
        }
        assert_eq!(code(GradeTable::Ceds, "0"), Some("KG"));
        assert_eq!(code(GradeTable::Scotland, "S1"), Some("08"));
        assert_eq!(code(GradeTable::Australia, "Prep"), Some("KG"));
    }

    #[test]
    fn what_no_table_knows_keeps_its_spelling() {
        for raw in ["9/10", "09,10", "K-5", "14", "Grade", "", "Jahrgang", "P1é"] {
            let (grade, spelling) = GradeTable::Ceds.read(raw);
            assert_eq!((grade.raw.as_str(), grade.level, spelling), (raw, None, Spelling::Unknown), "{raw}");
        }
        for table in [GradeTable::Scotland, GradeTable::England, GradeTable::Australia] {
            assert_eq!(table.read("é").1, Spelling::Unknown);
        }
    }

    #[test]
    fn only_codes_numbers_and_k_are_plain() {
        for raw in ["KG", "09", "9", "K", "Other"] {
            assert_eq!(GradeTable::Ceds.read(raw).1, Spelling::Plain, "{raw}");
        }
        assert_eq!(GradeTable::Ceds.read("Grade 3rd").1, Spelling::Unusual);
    }

    #[test]
    fn levels_read_back_from_json() {
        for code in ["IT", "PR", "PK", "TK", "KG", "01", "13", "PS", "AE", "UG", "OT"] {
            let level: Level = serde_json::from_str(&format!("\"{code}\"")).unwrap();
            assert_eq!(serde_json::to_string(&level).unwrap(), format!("\"{code}\""));
        }
    }
}
