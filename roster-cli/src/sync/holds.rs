//! Guards, in words.

use std::collections::BTreeMap;

use roster::{
    SourcedId,
    sync::{Guard, Hold},
};

use crate::problems::lines;

/// Schools' names, as far as they are known.
pub(crate) type Names = BTreeMap<SourcedId, String>;

/// Why a plan is held, one line a guard.
pub(crate) fn holds(holds: &[Hold], names: &Names) -> String {
    let line = |hold: &Hold| format!("  {}: {}", hold.guard.as_str(), in_words(hold, names));
    lines(holds.iter().map(line))
}

fn in_words(hold: &Hold, names: &Names) -> String {
    let Hold { count, of, limit, .. } = hold;
    let kind = hold.kind.map_or("records", roster::EntityKind::as_str);
    let place = hold.school.as_ref().map(|id| format!(" of {}", school(id, names))).unwrap_or_default();
    let at_most = format!("without approval at most {limit} may");
    match hold.guard {
        Guard::Ends => format!("{count} of {of} ({kind}){place} would end; {at_most}"),
        Guard::Updates => format!("{count} of {of} ({kind}){place} would be updated; {at_most}"),
        Guard::Dangling => {
            format!("{count} of {of} ({kind}){place} hang on what is not there; {at_most}")
        }
        Guard::EmptyKind => format!("nothing ({kind}){place} would be left of {of}"),
        Guard::NoTeachers => format!("every teacher{place} would be gone ({of})"),
        Guard::NoStudents => format!("every student{place} would be gone ({of})"),
        Guard::OtherVendor => "the roster came from another vendor until now".to_owned(),
        Guard::Narrowed => match hold.kind {
            Some(kind) => format!("less of {kind} is asked for than in the last run that was applied"),
            None => "less is asked for than in the last run that was applied".to_owned(),
        },
        Guard::IdShape => format!(
            "{count} of {of} ids ({kind}) are stored ones in another form, or were destroyed; {at_most}"
        ),
        Guard::Seats => format!("{count} active students, {of} until now; there are seats for {limit}"),
        _ => format!("{count} of {of} ({kind}){place}; {at_most}"),
    }
}

/// A school by name and id.
pub(crate) fn school(id: &SourcedId, names: &Names) -> String {
    names.get(id).map_or_else(|| format!("school {id}"), |name| format!("{name} ({id})"))
}

#[cfg(test)]
mod tests {
    use roster::EntityKind;

    use super::*;

    #[test]
    fn guards_say_what_would_happen_and_where() {
        let ends = Hold::new(Guard::Ends, Some(EntityKind::Person), Some("s1".into()), 12, 40, 5);
        let gone = Hold::new(Guard::NoTeachers, Some(EntityKind::Person), Some("s2".into()), 3, 3, 0);
        let empty = Hold::new(Guard::EmptyKind, Some(EntityKind::Course), None, 7, 7, 0);
        let names = Names::from([("s1".into(), "Elm School".to_owned())]);
        assert_eq!(
            holds(&[ends, gone, empty], &names),
            "  ends: 12 of 40 (person) of Elm School (s1) would end; without approval at most 5 may\n  \
             no_teachers: every teacher of school s2 would be gone (3)\n  \
             empty_kind: nothing (course) would be left of 7\n"
        );
    }
}
