use roster_core::{
    ConnectionState, Identifier, IdentifierScheme, Org, OrgField as Field, OrgType, Problem, codes,
    jiff::Timestamp,
};
use roster_http::json::Text;

use super::{
    District, Reading, Said, Standing, Wire,
    reading::{grade, level, stretch},
};
use crate::wire;

impl<'a> Wire<'a> for wire::District<'a> {
    const KEYS: &'static [&'static str] = wire::District::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let mut org = Org::new(id, OrgType::District, name(reading, &self.name, id));
        identifiers(
            &mut org,
            reading,
            &[
                ("nces_id", &self.nces_id, IdentifierScheme::Nces),
                ("mdr_number", &self.mdr_number, other("mdr_number")),
            ],
        );
        let standing = Standing {
            state: state(reading, &self.state),
            word: self.state.owned(),
            error: self.error.owned(),
            data_as_of: instant(&self.last_clever_sync).or_else(|| instant(&self.last_sync)),
            pause_end: self.pause_end.owned(),
            launched: self.launch_date.owned(),
        };
        Ok(Said::District(Box::new(District { org, standing })))
    }
}

/// Sources disagree on who has to act on `pending` and on `error`: Clever or the district. So both are one state.
fn state(reading: &mut Reading<'_>, text: &Text<'_>) -> ConnectionState {
    match text.get().map(str::to_ascii_lowercase).as_deref() {
        None | Some("running" | "success") => ConnectionState::Live,
        Some("pending" | "error") => ConnectionState::Failing,
        Some("paused") => ConnectionState::Paused,
        Some(_) => {
            let message = "the state is none of those that are known; it was taken for a good one";
            reading.warn("state", codes::UNKNOWN_VALUE, message);
            ConnectionState::Live
        }
    }
}

fn instant(text: &Text<'_>) -> Option<Timestamp> {
    text.get()?.parse().ok()
}

impl<'a> Wire<'a> for wire::School<'a> {
    const KEYS: &'static [&'static str] = wire::School::KEYS;

    fn id(&self) -> &Text<'a> {
        &self.id
    }

    fn map(&self, id: &str, reading: &mut Reading<'_>) -> Result<Said, Box<Problem>> {
        let mut org = Org::new(id, OrgType::School, name(reading, &self.name, id));
        org.parent = reading.field("district", &self.of, Field::Parent).map(Into::into);
        identifiers(
            &mut org,
            reading,
            &[
                ("sis_id", &self.sis_id, IdentifierScheme::SisId),
                ("school_number", &self.number, other("school_number")),
                ("state_id", &self.state_id, IdentifierScheme::StateId),
                ("nces_id", &self.nces_id, IdentifierScheme::Nces),
                ("mdr_number", &self.mdr_number, other("mdr_number")),
            ],
        );
        self.grades(&mut org, reading);
        Ok(Said::Org(Box::new(org)))
    }
}

impl wire::School<'_> {
    /// From the lowest to the highest, where these are a stretch.
    fn grades(&self, org: &mut Org, reading: &mut Reading<'_>) {
        if !reading.tells("low_grade") || !reading.tells("high_grade") {
            reading.unseen(Field::Grades);
        }
        reading.drop_odd("low_grade", self.low_grade.is_odd(), Field::Grades);
        reading.drop_odd("high_grade", self.high_grade.is_odd(), Field::Grades);
        let (low, high) = (self.low_grade.get(), self.high_grade.get());
        if let (Some(low), Some(high)) = (low, high)
            && let Some(grades) = stretch(low, high)
        {
            org.grades = grades;
            return;
        }
        for raw in [low, high].into_iter().flatten() {
            let known = level(raw);
            if known.is_none() {
                let message = "the grade is not known; its spelling was kept";
                reading.warn("low_grade", codes::UNKNOWN_GRADE, message);
            }
            org.grades.push(grade(raw, known));
        }
    }
}

/// A name, which every org must have; without one, its id stands in its place.
fn name(reading: &mut Reading<'_>, text: &Text<'_>, id: &str) -> String {
    let name = reading.field("name", text, Field::Name);
    name.unwrap_or_else(|| {
        if reading.told.is_none() {
            let message = "the name is empty; the id stands in its place";
            reading.warn("name", codes::MISSING_REQUIRED, message);
        }
        id.to_owned()
    })
}

fn identifiers(
    org: &mut Org,
    reading: &mut Reading<'_>,
    values: &[(&'static str, &Text<'_>, IdentifierScheme)],
) {
    for (key, text, scheme) in values {
        if !reading.tells(key) {
            reading.unseen(Field::Identifiers);
        }
        if let Some(value) = reading.part(key, text, Field::Identifiers) {
            org.identifiers.push(Identifier::new(scheme.clone(), value));
        }
    }
}

fn other(name: &str) -> IdentifierScheme {
    IdentifierScheme::Other(name.to_owned())
}
