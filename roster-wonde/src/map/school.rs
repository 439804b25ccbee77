//! The school: where it is, how it counts years, and its org.

use roster_core::{
    AcademicSession, Extra, GradeLevel, GradeScheme, GradeTable, Identifier, IdentifierScheme, Org, OrgType,
    SessionType, SourcedId, Spelling,
    jiff::{Timestamp, civil::Date, tz::TimeZone},
};

use super::{extra_of, normalized};
use crate::wire::{self, one, text_or};

/// What the rows of a school need to know of it.
#[derive(Clone)]
pub(crate) struct School {
    pub(crate) id: SourcedId,
    pub(crate) org: Org,
    pub(crate) country: Country,
    pub(crate) time_zone: TimeZone,
    /// The name of its management information system.
    pub(crate) mis: Option<String>,
    /// Where its data live.
    pub(crate) domain: Option<String>,
    pub(crate) region_code: Option<String>,
    pub(crate) place: SchoolPlace,
}

/// What lets a person tell the school from others.
#[derive(Clone, Default)]
pub(crate) struct SchoolPlace {
    pub(crate) town: Option<String>,
    pub(crate) postcode: Option<String>,
    pub(crate) urn: Option<String>,
    pub(crate) la_code: Option<String>,
    pub(crate) establishment_number: Option<String>,
}

/// Whose school system it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Country {
    UnitedKingdom,
    Australia,
    UnitedStates,
    /// South Africa and New Zealand: the school year is the calendar's, and their grades have no table.
    OtherSouthern,
    Other,
}

impl Country {
    pub(crate) fn of(code: &str) -> Self {
        match code.to_ascii_uppercase().as_str() {
            "GBR" | "GB" | "UK" | "ENG" | "WLS" | "SCT" | "NIR" => Self::UnitedKingdom,
            "AUS" | "AU" => Self::Australia,
            "USA" | "US" => Self::UnitedStates,
            "NZL" | "NZ" | "ZAF" | "ZA" => Self::OtherSouthern,
            _ => Self::Other,
        }
    }

    /// Reads a year in the country's own numbering. A Scottish spelling is read as such wherever it stands in the kingdom.
    pub(crate) fn grade(self, raw: &str) -> (GradeLevel, Spelling) {
        let unknown = || GradeLevel { raw: raw.trim().to_owned(), scheme: GradeScheme::Unknown, level: None };
        let found = match self {
            Self::UnitedKingdom => {
                let english = GradeTable::England.read(raw);
                if english.1 == Spelling::Unknown { GradeTable::Scotland.read(raw) } else { english }
            }
            Self::Australia => GradeTable::Australia.read(raw),
            Self::UnitedStates => GradeTable::Us.read(raw),
            Self::OtherSouthern | Self::Other => (unknown(), Spelling::Plain),
        };
        match (self, found.0.scheme) {
            // A spelling of another country, such as `Kindergarten`, has no level here.
            (Self::UnitedKingdom, GradeScheme::Us) => (unknown(), Spelling::Unknown),
            _ => found,
        }
    }

    const fn year_is_calendar_year(self) -> bool {
        matches!(self, Self::Australia | Self::OtherSouthern)
    }
}

impl School {
    /// `None` if it has no id.
    pub(crate) fn read(school: &wire::School<'_>) -> Option<Self> {
        let id = SourcedId::from(school.id.get()?);
        let region: wire::Region<'_> = one(school.region).unwrap_or_default();
        let address: wire::SchoolAddress<'_> = one(school.address).unwrap_or_default();
        let country: wire::Named<'_> = one(address.country).unwrap_or_default();
        let code = region.code.owned().or_else(|| country.code.owned());
        let (time_zone, zone_name) = zone(school, code.as_deref().unwrap_or_default());
        let among: wire::School<'_> = one(region.identifiers).unwrap_or_default();
        let place = SchoolPlace {
            town: address.town.owned(),
            postcode: address.postcode.owned(),
            urn: school.urn.owned().or_else(|| among.urn.owned()),
            la_code: school.la_code.owned().or_else(|| among.la_code.owned()),
            establishment_number: school
                .establishment_number
                .owned()
                .or_else(|| among.establishment_number.owned()),
        };
        let name = school.name.owned().unwrap_or_else(|| id.to_string());
        let mut org = Org::new(id.clone(), OrgType::School, name);
        org.time_zone = zone_name;
        org.identifiers = identifiers(&place);
        Some(Self {
            id,
            org: normalized(org),
            country: Country::of(code.as_deref().unwrap_or_default()),
            time_zone,
            mis: text_or(school.mis, |raw| {
                serde_json::from_str::<wire::Named<'_>>(raw.get()).ok()?.name.owned()
            }),
            domain: region.domain.owned(),
            region_code: code,
            place,
        })
    }

    /// Its org with the fields that the model has no place for.
    pub(crate) fn org_with_extra(&self, raw: &serde_json::value::RawValue) -> Org {
        let mut org = self.org.clone();
        org.extra = extra_of(raw, wire::School::KEYS);
        if let Some(mis) = &self.mis {
            org.extra.insert("mis".to_owned(), mis.clone().into());
        }
        org
    }

    /// The school year of a day, in the school's own time zone.
    pub(crate) fn year_at(&self, now: Timestamp) -> SchoolYear {
        let today = self.time_zone.to_datetime(now).date();
        let first = if self.country.year_is_calendar_year() || today.month() >= 9 {
            today.year()
        } else {
            today.year() - 1
        };
        SchoolYear { first, calendar: self.country.year_is_calendar_year() }
    }

    /// The school year that a class names, such as `2025/2026`, `2025/26`, `2025-2026` or, where it is the calendar's, `2026`.
    pub(crate) fn year_named(&self, text: &str) -> Option<SchoolYear> {
        let numbers: Vec<&str> =
            text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
        let first: i16 = numbers.first().filter(|year| year.len() == 4)?.parse().ok()?;
        if !(1990..=2100).contains(&first) {
            return None;
        }
        let calendar = self.country.year_is_calendar_year();
        match *numbers.as_slice() {
            [_] => Some(SchoolYear { first, calendar }),
            [_, second] => {
                let second: i16 = second.parse().ok()?;
                let follows = second == first + 1 || second == (first + 1) % 100;
                follows.then_some(SchoolYear { first, calendar: false })
            }
            _ => None,
        }
    }

    /// A school year as a session: made up, since Wonde has none.
    pub(crate) fn session(&self, year: SchoolYear) -> AcademicSession {
        let mut session = AcademicSession::new(self.session_id(year), SessionType::SchoolYear, year.title());
        let (begin, end) = year.bounds();
        session.begin = begin;
        session.end = end;
        session.school_year = Some(if year.calendar { year.first } else { year.first + 1 });
        session.org = Some(self.id.clone());
        session.derived = true;
        session
    }

    pub(crate) fn session_id(&self, year: SchoolYear) -> SourcedId {
        SourcedId::from_parts([self.id.as_str(), year.title().as_str()])
    }
}

/// A school year, by the calendar year in which it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SchoolYear {
    pub(crate) first: i16,
    /// It is the calendar year.
    pub(crate) calendar: bool,
}

impl SchoolYear {
    pub(crate) fn title(self) -> String {
        if self.calendar { self.first.to_string() } else { format!("{}-{}", self.first, self.first + 1) }
    }

    fn bounds(self) -> (Option<Date>, Option<Date>) {
        let day = |year, month, day| Date::new(year, month, day).ok();
        if self.calendar {
            (day(self.first, 1, 1), day(self.first, 12, 31))
        } else {
            (day(self.first, 9, 1), day(self.first + 1, 8, 31))
        }
    }
}

/// The school's time zone, and its name if it is one that is known.
fn zone(school: &wire::School<'_>, country: &str) -> (TimeZone, Option<String>) {
    if let Some(name) = school.time_zone.get()
        && let Ok(zone) = TimeZone::get(name)
    {
        return (zone, Some(name.to_owned()));
    }
    let usual = match Country::of(country) {
        Country::UnitedKingdom => "Europe/London",
        Country::Australia => "Australia/Sydney",
        _ => "UTC",
    };
    (TimeZone::get(usual).unwrap_or(TimeZone::UTC), None)
}

/// URN, LAESTAB and the two numbers that the latter is made of.
fn identifiers(place: &SchoolPlace) -> Vec<Identifier> {
    let other =
        |scheme: &str, value: String| Identifier::new(IdentifierScheme::Other(scheme.to_owned()), value);
    let mut identifiers = Vec::new();
    if let Some(urn) = &place.urn {
        identifiers.push(other("urn", urn.clone()));
    }
    if let (Some(authority), Some(establishment)) = (&place.la_code, &place.establishment_number) {
        identifiers.push(other("laestab", format!("{authority}{establishment}")));
    }
    identifiers
}

/// A campus, which is a group of that type.
pub(crate) fn campus(group: &wire::Group<'_>, id: &str, school: &SourcedId, extra: Extra) -> Org {
    let name = group.name.owned().or_else(|| group.description.owned()).or_else(|| group.code.owned());
    let mut org = Org::new(id, OrgType::Campus, name.unwrap_or_else(|| id.to_owned()));
    org.parent = Some(school.clone());
    if let Some(mis_id) = group.mis_id.owned() {
        org.identifiers.push(Identifier::new(IdentifierScheme::MisId, mis_id));
    }
    org.extra = extra;
    normalized(org)
}

#[cfg(test)]
mod tests {
    use roster_core::Level;

    use super::*;

    fn school(time_zone: &str, code: &str) -> School {
        let json = serde_json::json!({
            "id": "A1", "name": "X", "timezone": time_zone, "region": { "code": code, "domain": "api.wonde.com" },
            "urn": 10000, "la_code": "201", "establishment_number": 3614,
        })
        .to_string();
        School::read(&serde_json::from_str(&json).unwrap()).unwrap()
    }

    #[test]
    fn the_year_turns_at_the_schools_own_midnight() {
        let london = school("Europe/London", "GBR");
        let at = |school: &School, text: &str| school.year_at(text.parse().unwrap()).title();
        assert_eq!(at(&london, "2026-08-31T22:59:59Z"), "2025-2026");
        assert_eq!(at(&london, "2026-08-31T23:00:00Z"), "2026-2027");
        let melbourne = school("Australia/Melbourne", "AUS");
        assert_eq!(at(&melbourne, "2026-12-31T12:59:59Z"), "2026");
        assert_eq!(at(&melbourne, "2026-12-31T13:00:00Z"), "2027");
        let session = london.session(london.year_named("2025/26").unwrap());
        assert_eq!(
            (session.title.as_str(), session.school_year, session.derived),
            ("2025-2026", Some(2026), true)
        );
    }

    #[test]
    fn a_class_may_name_its_year() {
        let london = school("Europe/London", "GBR");
        for text in ["2025/2026", "2025/26", "2025-2026", "Academic Year 2025/2026", "2025"] {
            assert_eq!(london.year_named(text).map(|year| year.first), Some(2025), "{text}");
        }
        for text in ["", "25/26", "Year 7", "2025/2028", "1/2025"] {
            assert_eq!(london.year_named(text), None, "{text}");
        }
    }

    #[test]
    fn years_keep_their_own_scheme() {
        let level = |country: Country, raw: &str| {
            let (grade, _) = country.grade(raw);
            (grade.scheme, grade.level)
        };
        let uk = Country::UnitedKingdom;
        for raw in ["R", "0", "Reception"] {
            assert_eq!(level(uk, raw), (GradeScheme::Uk, Some(Level::PreKindergarten)), "{raw}");
        }
        for raw in ["7", "Year 7", "Y7", "07"] {
            assert_eq!(level(uk, raw), (GradeScheme::Uk, Some(Level::Number(7))), "{raw}");
        }
        assert_eq!(level(uk, "S1"), (GradeScheme::Scotland, Some(Level::Number(8))));
        assert_eq!(level(uk, "Y3-4"), (GradeScheme::Unknown, None));
        assert_eq!(level(Country::Australia, "Prep"), (GradeScheme::Australia, Some(Level::Kindergarten)));
        assert_eq!(level(Country::Australia, "Year 7"), (GradeScheme::Australia, Some(Level::Number(7))));
        assert_eq!(level(Country::OtherSouthern, "7"), (GradeScheme::Unknown, None));
    }

    #[test]
    fn numbers_and_texts_are_one() {
        let identifiers = school("Europe/London", "GBR").org.identifiers;
        let values: Vec<_> = identifiers.iter().map(|id| (id.scheme.as_str(), id.value.as_str())).collect();
        assert_eq!(values, [("laestab", "2013614"), ("urn", "10000")]);
    }
}
