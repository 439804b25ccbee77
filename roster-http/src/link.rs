//! The `Link` header, as RFC 8288 has it.

/// The target of the first link whose relation is `rel`.
///
/// Values may come in one header or in several, relations are compared without case, and one link may have several. What
/// does not parse is left out: the header is a hint, and its absence never proves that there is no more.
pub fn link_target<'a>(values: impl IntoIterator<Item = &'a str>, rel: &str) -> Option<&'a str> {
    values.into_iter().flat_map(links).find(|(_, relations)| has(relations, rel)).map(|(target, _)| target)
}

fn has(relations: &str, rel: &str) -> bool {
    relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case(rel))
}

/// Targets with the text of their `rel`.
fn links(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        // The target stands in angle brackets, so a comma inside it is no separator.
        let (_, after) = rest.split_once('<')?;
        let (target, after) = after.split_once('>')?;
        let (parameters, after) = split_outside_quotes(after, ',');
        rest = after;
        Some((target.trim(), relation(parameters).unwrap_or_default()))
    })
}

fn relation(parameters: &str) -> Option<&str> {
    let mut rest = parameters;
    while !rest.is_empty() {
        let (parameter, after) = split_outside_quotes(rest, ';');
        rest = after;
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if name.trim().eq_ignore_ascii_case("rel") {
            return Some(value.trim().trim_matches('"'));
        }
    }
    None
}

fn split_outside_quotes(text: &str, separator: char) -> (&str, &str) {
    let mut quoted = false;
    let at = text.find(|character| {
        quoted ^= character == '"';
        !quoted && character == separator
    });
    at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_relation_in_any_spelling() {
        let header = r#"<https://x.example/a?f=1,2>; title="a, b; rel=next"; rel="prev first", </a?offset=2>;REL=next"#;
        assert_eq!(link_target([header], "next"), Some("/a?offset=2"));
        assert_eq!(link_target([header], "first"), Some("https://x.example/a?f=1,2"));
        assert_eq!(link_target([header], "last"), None);
        assert_eq!(link_target(["<a>; rel=prev", r#"<b>; rel="NEXT""#], "next"), Some("b"));
    }

    #[test]
    fn what_does_not_parse_is_no_link() {
        for header in ["", "<", "<a", "a; rel=next", "<a>", "<a>; rel", "<a>; rel=\"", "next"] {
            assert_eq!(link_target([header], "next"), None, "{header}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(header in ".{0,60}") {
            let _ = link_target([header.as_str()], "next");
        }
    }
}
