//! The school year.

use roster_core::{
    AcademicSession, SessionType, SourcedId,
    jiff::civil::{Date, date},
};

use super::District;

pub(in super::super) const YEAR_BEGIN: Date = date(2026, 8, 17);
pub(in super::super) const YEAR_END: Date = date(2027, 6, 4);
/// The day that a new district is of.
pub(in super::super) const FIRST_DAY: Date = date(2026, 9, 14);

const SEMESTERS: [(&str, &str, Date, Date); 2] =
    [("s1", "Fall 2026", YEAR_BEGIN, date(2026, 12, 18)), ("s2", "Spring 2027", date(2027, 1, 5), YEAR_END)];

const GRADING_PERIODS: [(&str, &str, &str, Date, Date); 4] = [
    ("q1", "s1", "Quarter 1", YEAR_BEGIN, date(2026, 10, 16)),
    ("q2", "s1", "Quarter 2", date(2026, 10, 19), date(2026, 12, 18)),
    ("q3", "s2", "Quarter 3", date(2027, 1, 5), date(2027, 3, 19)),
    ("q4", "s2", "Quarter 4", date(2027, 3, 29), YEAR_END),
];

pub(super) fn sessions(district: &mut District) {
    let prefix = district.spec.prefix();
    let year = year(&prefix);
    let session = |id: SourcedId, session_type, title: &str, begin, end, parent| {
        let mut session = AcademicSession::new(id, session_type, title);
        session.begin = Some(begin);
        session.end = Some(end);
        session.school_year = Some(YEAR_END.year());
        session.parent = parent;
        session
    };
    district.sessions.push(session(
        year.clone(),
        SessionType::SchoolYear,
        "2026-2027",
        YEAR_BEGIN,
        YEAR_END,
        None,
    ));
    for (part, title, begin, end) in SEMESTERS {
        let id = part_of_year(&prefix, part);
        let semester = session(id, SessionType::Semester, title, begin, end, Some(year.clone()));
        district.sessions.push(semester);
    }
    if district.spec.grading_periods {
        for (part, semester, title, begin, end) in GRADING_PERIODS {
            let id = part_of_year(&prefix, part);
            let parent = Some(part_of_year(&prefix, semester));
            let period = session(id, SessionType::GradingPeriod, title, begin, end, parent);
            district.sessions.push(period);
        }
    }
}

pub(super) fn year(prefix: &str) -> SourcedId {
    format!("{prefix}-2027").into()
}

pub(super) fn semesters(prefix: &str) -> [SourcedId; 2] {
    SEMESTERS.map(|(part, ..)| part_of_year(prefix, part))
}

fn part_of_year(prefix: &str, part: &str) -> SourcedId {
    format!("{prefix}-2027-{part}").into()
}
