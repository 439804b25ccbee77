//! Problems, for people to read.

use roster::{Place, Problem, ProblemGroup, codes};

/// How many places of a group are shown.
const PLACES: usize = 5;

/// So many of them.
pub(crate) fn many(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Each on a line of its own.
pub(crate) fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

/// Problems of one cause: what is wrong, where, and what to do.
pub(crate) fn text(group: &ProblemGroup) -> String {
    let of = group.kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
    let mut lines = vec![format!("{} {}{of}: {}", group.severity, group.code, group.count)];
    let info = codes::ALL.iter().find(|info| info.code == group.code);
    lines.extend(what_is_wrong(group, info.map(|info| info.meaning)));
    let places: Vec<_> = group.first.iter().filter_map(place).take(PLACES).collect();
    let rest = group.count.saturating_sub(places.len() as u64);
    let are_there = !places.is_empty();
    lines.extend(places.into_iter().map(|place| format!("  {place}")));
    lines.extend((are_there && rest > 0).then(|| format!("  and {rest} more")));
    lines.extend(info.map(|info| format!("What to do: {}", info.remedy)));
    format!("{}\n", lines.join("\n    "))
}

/// The problems' own words if they all use the same, else what their code means.
fn what_is_wrong(group: &ProblemGroup, meaning: Option<&str>) -> Option<String> {
    let mut messages = group.first.iter().map(|problem| problem.message.as_str());
    let first = messages.next()?;
    let same = messages.all(|message| message == first);
    Some(meaning.filter(|_| !same).unwrap_or(first).to_owned())
}

/// Where it is, as far as it says so.
pub(crate) fn place(problem: &Problem) -> Option<String> {
    let place = problem.place.as_ref().map(|place| match place {
        // The file as a whole.
        Place::File { file, line: 0, .. } => file.to_string(),
        place => place.to_string(),
    });
    let id = problem.id.as_ref().map(ToString::to_string);
    let parts: Vec<_> =
        [place, problem.field.as_ref().map(ToString::to_string), id].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  "))
}
