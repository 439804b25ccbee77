//! Whom to look for.

/// Whom to look for. Never take a school by its name alone: show town, postcode and numbers to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchoolQuery {
    /// A part of the name, whatever the case.
    pub name: Option<String>,
    /// The beginning of a postcode, such as `CB21`.
    pub postcode: Option<String>,
    /// The number of the school in the register of schools in England.
    pub urn: Option<String>,
    /// The number of the local authority.
    pub la_code: Option<String>,
    /// The number of the school within its authority.
    pub establishment_number: Option<String>,
}

impl SchoolQuery {
    /// Reads what somebody typed: a URN, a LAESTAB with or without its slash, a postcode or its beginning, or a part of the name.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        let text = text.trim();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let is_number =
            !digits.is_empty() && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '/' | '-' | ' '));
        let mut query = Self::default();
        match (is_number, digits.len()) {
            (true, 7) => {
                let (authority, establishment) = digits.split_at(3);
                query.la_code = Some(authority.to_owned());
                query.establishment_number = Some(establishment.to_owned());
            }
            (true, 5 | 6) => query.urn = Some(digits),
            _ if is_postcode(text) => query.postcode = Some(text.to_owned()),
            _ => query.name = Some(text.to_owned()),
        }
        query
    }
}

/// Whether a text looks like a British postcode or its beginning.
fn is_postcode(text: &str) -> bool {
    let bytes = text.as_bytes();
    let letters = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    (1..=2).contains(&letters)
        && bytes.get(letters).is_some_and(u8::is_ascii_digit)
        && bytes.len() <= 8
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_understood() {
        let typed = SchoolQuery::typed;
        assert_eq!(typed("CB21").postcode.as_deref(), Some("CB21"));
        assert_eq!(typed("cb21 4aa").postcode.as_deref(), Some("cb21 4aa"));
        assert_eq!(typed("100000").urn.as_deref(), Some("100000"));
        let laestab = typed("201/3614");
        assert_eq!(
            (laestab.la_code.as_deref(), laestab.establishment_number.as_deref()),
            (Some("201"), Some("3614"))
        );
        assert_eq!(typed("St Example's").name.as_deref(), Some("St Example's"));
        assert_eq!(typed("A1000000001").name.as_deref(), Some("A1000000001"));
    }
}
