//! What is gone.

use roster_core::{EntityKind, PullEvent, SourcedId};
use serde_json::value::RawValue;

use crate::{map::dates::is_said, wire};

/// What a row of the deletions says.
pub(super) enum Gone {
    /// These are, as far as their kinds were asked for.
    These(Vec<(EntityKind, SourcedId)>),
    /// It came back, or is of no concern.
    Nothing,
    /// Something of a type that is not known.
    Unknown,
    /// It names nothing.
    Nameless,
}

/// Kinds of things that are no part of a roster.
const OTHERS: [&str; 22] = [
    "lesson",
    "period",
    "room",
    "photo",
    "event",
    "doctor",
    "exclusion",
    "employee_absence",
    "achievement",
    "behaviour",
    "attendance",
    "attendance_session",
    "attendance_lesson",
    "detention",
    "medical_condition",
    "medical_event",
    "medical_note",
    "result",
    "pre_admission",
    "student_pre_admission",
    "leaver",
    "student_leaver",
];

pub(super) fn read(raw: &RawValue) -> Gone {
    let Ok(wire) = serde_json::from_str::<wire::Deletion<'_>>(raw.get()) else { return Gone::Nameless };
    // It came back. Wonde does not say what it means if it is marked so and went later: a full pull tells whether it is there, and until
    // then nobody ends by a row that says both.
    if is_said(wire.restored_at) {
        return Gone::Nothing;
    }
    let Some(id) = wire.id.get().map(SourcedId::from) else { return Gone::Nameless };
    let word = wire.kind.get().unwrap_or_default().to_ascii_lowercase().replace(['-', ' '], "_");
    let word = match word.as_str() {
        "classes" => "class",
        other => other.strip_suffix('s').filter(|_| other != "class").unwrap_or(other),
    };
    match word {
        "student" | "employee" | "contact" | "staff" => Gone::These(vec![(EntityKind::Person, id)]),
        "class" => Gone::These(vec![(EntityKind::Class, id)]),
        // A registration group may be a class here, and a campus is an org.
        "group" | "registration_group" => {
            Gone::These(vec![(EntityKind::Class, id.clone()), (EntityKind::Org, id)])
        }
        "campus" | "campuse" => Gone::These(vec![(EntityKind::Org, id)]),
        "subject" => Gone::These(vec![(EntityKind::Course, id)]),
        _ if OTHERS.contains(&word) => Gone::Nothing,
        _ => Gone::Unknown,
    }
}

pub(super) fn event(kind: EntityKind, id: SourcedId) -> PullEvent {
    PullEvent::Delete { kind, id }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gone(json: &str) -> String {
        match read(serde_json::from_str(json).unwrap()) {
            Gone::These(these) => {
                these.iter().map(|(kind, id)| format!("{kind} {id}")).collect::<Vec<_>>().join(", ")
            }
            Gone::Nothing => "nothing".to_owned(),
            Gone::Unknown => "unknown".to_owned(),
            Gone::Nameless => "nameless".to_owned(),
        }
    }

    #[test]
    fn what_was_restored_is_not_gone() {
        assert_eq!(gone(r#"{"type":"student","id":"A1","restored_at":null}"#), "person A1");
        assert_eq!(
            gone(r#"{"type":"student","id":"A1","restored_at":{"date":"2026-01-11 04:00:00.000000"}}"#),
            "nothing"
        );
        assert_eq!(gone(r#"{"type":"student","id":"A1","restored_at":"2026-01-11 04:00:00"}"#), "nothing");
        assert_eq!(gone(r#"{"type":"student","id":"A1","restored_at":[]}"#), "person A1");
    }

    #[test]
    fn a_date_that_is_none_is_no_restoration() {
        for none in ["0000-00-00 00:00:00", "-0001-11-30 00:00:00.000000"] {
            let json = format!(
                r#"{{"type":"student","id":"A1","restored_at":{{"date":"{none}","timezone":"UTC"}}}}"#
            );
            assert_eq!(gone(&json), "person A1", "{none}");
        }
    }

    #[test]
    fn what_was_restored_is_passed_over_whenever_that_was() {
        for (deleted, restored) in [
            ("2026-01-12 04:00:00.000000", "2026-01-11 04:00:00"),
            ("2026-01-11 04:00:00.000000", "2026-01-12 04:00:00"),
            ("2026-01-11 04:00:00.000000", "2026-01-11 04:00:00"),
            ("2026-07-11 04:30:00.000000", "2026-07-11T05:00:00+01:00"),
            ("soon", "2026-01-11 04:00:00"),
            ("2026-01-11 04:00:00.000000", "again"),
        ] {
            let json = format!(
                r#"{{"type":"student","id":"A1","deleted_at":{{"date":"{deleted}","timezone":"UTC"}},"restored_at":"{restored}"}}"#
            );
            assert_eq!(gone(&json), "nothing", "{json}");
        }
    }

    #[test]
    fn types_are_read_in_any_spelling() {
        assert_eq!(gone(r#"{"type":"Classes","id":7}"#), "class 7");
        assert_eq!(gone(r#"{"type":"GROUP","id":"A1"}"#), "class A1, org A1");
        assert_eq!(gone(r#"{"type":"lesson","id":"A1"}"#), "nothing");
        assert_eq!(gone(r#"{"type":"wombat","id":"A1"}"#), "unknown");
        assert_eq!(gone(r#"{"type":"student"}"#), "nameless");
    }
}
