//! The Unique Pupil Number of England: a check letter, the authority's and the school's number, year and serial.
//!
//! <http://www.govtalk.gov.uk/gdsc/html/noframes/UniquePupilNumber-2-0-Release.htm>

/// The check letters, which leave out I, O and S.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// What a valid number is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upn {
    /// Goes with the pupil from school to school: tells one from all others.
    Permanent,
    /// Ends with a letter, and is given out anew by each school: tells nobody apart.
    Temporary,
}

/// Reads a number as it is written, in capitals and without blanks. `None` if its form or its check letter is wrong.
///
/// The letter is the sum of each character times its place, from 2, modulo 23; a letter at the end counts as its own place among
/// the letters.
///
/// ```
/// use roster_core::upn::{Upn, check};
///
/// assert_eq!(check("B801200005001"), Some(Upn::Permanent));
/// assert_eq!(check("P80120000526A"), Some(Upn::Temporary));
/// assert_eq!(check("A801200005001"), None);
/// ```
#[must_use]
pub fn check(text: &str) -> Option<Upn> {
    let (check, rest) = text.as_bytes().split_first()?;
    let (last, digits) = rest.split_last()?;
    if digits.len() != 11 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (value, kind) = if last.is_ascii_digit() {
        (usize::from(last - b'0'), Upn::Permanent)
    } else {
        (LETTERS.iter().position(|letter| letter == last)?, Upn::Temporary)
    };
    let sum: usize =
        digits.iter().zip(2..).map(|(digit, place): (_, usize)| usize::from(digit - b'0') * place).sum();
    (LETTERS.get((sum + value * 13) % LETTERS.len()) == Some(check)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_check_the_digits() {
        for valid in ["B801200005001", "P207000016049"] {
            assert_eq!(check(valid), Some(Upn::Permanent), "{valid}");
        }
        for temporary in ["P80120000526A", "B87312342601H"] {
            assert_eq!(check(temporary), Some(Upn::Temporary), "{temporary}");
        }
        for wrong in [
            "A801200005001",
            // From help pages of vendors.
            "Q207000016049",
            "I801200005001",
            "B80120000500",
            "B80120000A001",
            "b801200005001",
            "B80120000500S",
            "B80120000500é",
            "B8012000050011",
            "",
        ] {
            assert_eq!(check(wrong), None, "{wrong}");
        }
    }
}
