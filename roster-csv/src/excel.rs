//! What spreadsheets do to ids.

use roster_core::{Problem, codes};

/// Whether an id may be one that a spreadsheet changed: a quick look, which lets most ids pass.
#[inline]
pub(crate) fn may_be_damaged(id: &[u8]) -> bool {
    match id {
        [b'#' | b'-' | b'.' | b'=' | b'\'', ..] => true,
        // A number has one digit before the point.
        [b'0'..=b'9', b'.' | b',' | b'E' | b'e', ..] if id.contains(&b'+') => true,
        // A month begins or ends a short one that was a date.
        _ if id.len() <= 6 => {
            matches!(id.first(), Some(b'N' | b'n' | b'T' | b't' | b'F' | b'f')) || id.contains(&b'-')
        }
        _ => false,
    }
}

/// Whether a value is a word that stands for none: an error of a formula, `NULL`, `N/A`, a dash or a dot. Somebody may be called `Null`, so
/// that names are never asked about.
pub(crate) fn is_no_value(value: &str) -> bool {
    const ERRORS: [&str; 7] = ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"];
    match value.as_bytes() {
        [b'-' | b'.'] => true,
        [b'#', ..] => ERRORS.iter().any(|error| value.eq_ignore_ascii_case(error)),
        [b'N' | b'n', ..] => ["NULL", "N/A"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        _ => false,
    }
}

/// Whether a problem says that what stands where the id should be is none: whose row it is can't be told then.
pub(crate) fn is_destroyed(problem: &Problem) -> bool {
    matches!(&*problem.code, codes::ID_SHORTENED | codes::ID_IS_DATE | codes::ID_IS_PLACEHOLDER)
}

/// What a spreadsheet made of an id, if that can be told: what was there before is gone.
pub(crate) fn damage(id: &str) -> Option<Problem> {
    if is_scientific(id) {
        let message = "a spreadsheet shortened the number that was the id, and its digits are gone";
        return Some(Problem::error(codes::ID_SHORTENED, message));
    }
    if is_day(id) {
        let message = "a spreadsheet made a date of the id";
        return Some(Problem::error(codes::ID_IS_DATE, message));
    }
    let is_error = id.starts_with('#') && id.ends_with(['!', '?', 'A', '0']) && id.len() <= 8;
    let words = ["NULL", "N/A", "NA", "NAN", "NONE", "TRUE", "FALSE", "-", "."];
    if is_error || words.iter().any(|word| id.eq_ignore_ascii_case(word)) {
        let message = "the id is a word that stands for no value";
        return Some(Problem::error(codes::ID_IS_PLACEHOLDER, message));
    }
    None
}

/// `1.23457E+11`.
fn is_scientific(id: &str) -> bool {
    let Some((mantissa, exponent)) = id.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once(['.', ',']).unwrap_or((mantissa, "0"));
    digits(whole) && whole.len() == 1 && digits(fraction) && exponent.strip_prefix('+').is_some_and(digits)
}

/// `2-Jan` or `Jan-02`, once `1-2`.
fn is_day(id: &str) -> bool {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let Some((left, right)) = id.split_once('-') else { return false };
    let number = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let month = |text: &str| MONTHS.iter().any(|month| text.eq_ignore_ascii_case(month));
    number(left) && month(right) || month(left) && number(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_no_value_are_told_and_others_pass() {
        for word in ["#N/A", "#REF!", "null", "N/A", "-", "."] {
            assert!(is_no_value(word), "{word}");
        }
        for word in ["", "#1", "Nullarbor", "--", "NA", "TRUE", "0"] {
            assert!(!is_no_value(word), "{word}");
        }
    }

    #[test]
    fn damaged_ids_are_told_and_others_pass() {
        for (id, code) in [
            ("1.23457E+11", codes::ID_SHORTENED),
            ("1E+11", codes::ID_SHORTENED),
            ("5,78745E+23", codes::ID_SHORTENED),
            ("2-Jan", codes::ID_IS_DATE),
            ("Mar-10", codes::ID_IS_DATE),
            ("#N/A", codes::ID_IS_PLACEHOLDER),
            ("#REF!", codes::ID_IS_PLACEHOLDER),
            ("null", codes::ID_IS_PLACEHOLDER),
            ("-", codes::ID_IS_PLACEHOLDER),
            ("TRUE", codes::ID_IS_PLACEHOLDER),
        ] {
            assert!(may_be_damaged(id.as_bytes()), "{id}");
            assert_eq!(damage(id).map(|problem| problem.code), Some(code.into()), "{id}");
        }
        for id in [
            "007",
            "C-1",
            "T2",
            "null-1",
            "E+",
            "1E5",
            "#12345678",
            "5787451bd72145af0700228b",
            "a+b",
            "12-34",
        ] {
            assert!(damage(id).is_none(), "{id}");
        }
    }
}
