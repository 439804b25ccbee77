//! Lenient reading of single values, shared by all sources: strict about what a value means, tolerant about how it is
//! written.

use jiff::civil::Date;

/// A value that was understood, and whether its form was the expected one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// The value.
    pub value: T,
    /// Whether it was written as the standard asks; if not, a note to the data manager is due.
    pub standard: bool,
}

impl<T> Read<T> {
    const fn standard(value: T) -> Self {
        Self { value, standard: true }
    }

    const fn lenient(value: T) -> Self {
        Self { value, standard: false }
    }
}

/// Takes white space off both ends: blanks, tabs, no-break spaces, byte order marks and zero-width spaces.
///
/// Ids are trimmed by this too, and by nothing else: what is inside an id stays.
#[inline]
pub fn trim(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) {
        return text;
    }
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}')
    })
}

/// Reads a truth value: `true` and `false` are standard, other case, `1`/`0`, `yes`/`no`, `y`/`n` and `t`/`f` are understood.
pub fn flag(text: &str) -> Option<Read<bool>> {
    match text {
        "true" => return Some(Read::standard(true)),
        "false" => return Some(Read::standard(false)),
        _ => {}
    }
    let value = match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "t" => true,
        "false" | "0" | "no" | "n" | "f" => false,
        _ => return None,
    };
    Some(Read::lenient(value))
}

/// Reads a civil date. `YYYY-MM-DD` is standard; `YYYYMMDD`, a date with a zone and the date part of an ISO date-time are understood.
///
/// A date-time is cut, never moved to another zone: a birth date is the day that was written.
pub fn date(text: &str) -> Option<Read<Date>> {
    let bytes = text.as_bytes();
    match *bytes {
        [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2] => {
            civil([c1, c2], [y1, y2], [m1, m2], [d1, d2]).map(Read::standard)
        }
        [c1, c2, y1, y2, m1, m2, d1, d2] => civil([c1, c2], [y1, y2], [m1, m2], [d1, d2]).map(Read::lenient),
        [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', ..]
            if h1.is_ascii_digit() && h2.is_ascii_digit() =>
        {
            civil([c1, c2], [y1, y2], [m1, m2], [d1, d2]).map(Read::lenient)
        }
        [c1, c2, y1, y2, b'-', m1, m2, b'-', d1, d2, ref zone @ ..] if is_zone(zone) => {
            civil([c1, c2], [y1, y2], [m1, m2], [d1, d2]).map(Read::lenient)
        }
        _ => None,
    }
}

/// A zone as XML writes it behind a date.
fn is_zone(text: &[u8]) -> bool {
    match *text {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', ref hours @ .., b':', m1, m2] => {
            hours.len() == 2 && hours.iter().chain([&m1, &m2]).all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

/// A date of four pairs of digits: century, year, month, day.
fn civil(century: [u8; 2], year: [u8; 2], month: [u8; 2], day: [u8; 2]) -> Option<Date> {
    let pair = |[tens, units]: [u8; 2]| {
        let (tens, units) = (tens.wrapping_sub(b'0'), units.wrapping_sub(b'0'));
        (tens < 10 && units < 10).then(|| tens * 10 + units)
    };
    let year = i16::from(pair(century)?) * 100 + i16::from(pair(year)?);
    Date::new(year, pair(month)?.cast_signed(), pair(day)?.cast_signed()).ok()
}

/// Reads a year of four digits. `2026-2027` and `2026/27` are no single year and not understood.
pub fn year(text: &str) -> Option<i16> {
    (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Splits a cell that holds a list, at commas; items are trimmed and empty ones left out.
#[expect(clippy::needless_bitwise_bool, reason = "without branches it becomes vector instructions")]
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    // Most lists are of one, and need no search that goes byte by byte.
    let is_one = !text.bytes().fold(false, |any, byte| any | (byte == b','));
    let mut rest = Some(text).filter(|text| !text.is_empty());
    std::iter::from_fn(move || {
        while let Some(here) = rest {
            let parts = if is_one { None } else { here.split_once(',') };
            let item = trim(parts.map_or(here, |(item, _)| item));
            rest = parts.map(|(_, rest)| rest);
            if !item.is_empty() {
                return Some(item);
            }
        }
        None
    })
}

/// Whether a text may be an e-mail address: one `@` with something on both sides, and no blank.
pub fn is_email(text: &str) -> bool {
    // Does not end early, so that many bytes are looked at together.
    let (signs, may_have_blank) = text.bytes().fold((0_u32, false), |(signs, blank), byte| {
        (signs + u32::from(byte == b'@'), blank | !byte.is_ascii_graphic())
    });
    let has_blank = may_have_blank && text.contains(char::is_whitespace);
    signs == 1 && !text.starts_with('@') && !text.ends_with('@') && !has_blank
}

/// Whether a text holds a control character other than a tab or a line break.
pub fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f)
}

/// Whether a spreadsheet would take the text for a formula.
pub fn is_formula_like(text: &str) -> bool {
    let begins_plainly = text.as_bytes().first().is_none_or(u8::is_ascii_alphanumeric);
    !begins_plainly && text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use jiff::civil::date as day;

    use super::*;

    #[test]
    fn trims_what_spreadsheets_leave_at_the_ends() {
        assert_eq!(trim("\u{feff} \u{a0}a\u{202f}b\u{200b}\t"), "a\u{202f}b");
        assert_eq!(trim("007"), "007");
        assert_eq!(trim(" \u{a0} "), "");
    }

    #[test]
    fn flags_in_any_spelling() {
        assert_eq!(flag("true"), Some(Read::standard(true)));
        assert_eq!(flag("FALSE"), Some(Read::lenient(false)));
        assert_eq!(flag("1"), Some(Read::lenient(true)));
        assert_eq!(flag("maybe"), None);
    }

    #[test]
    fn dates_are_cut_never_shifted() {
        assert_eq!(date("2026-08-01"), Some(Read::standard(day(2026, 8, 1))));
        assert_eq!(date("20260801"), Some(Read::lenient(day(2026, 8, 1))));
        assert_eq!(date("2012-03-04T23:30:00-08:00"), Some(Read::lenient(day(2012, 3, 4))));
        for zoned in ["2026-08-01Z", "2026-08-01+02:00", "2026-08-01-05:00"] {
            assert_eq!(date(zoned), Some(Read::lenient(day(2026, 8, 1))), "{zoned}");
        }
        for wrong in [
            "2026-08-01+2",
            "2026-08-01-05:0x",
            "2026-08-01-0500",
            "2026-13-01",
            "2026-02-30",
            "2026-8-1",
            "",
            "2026-08-01x",
            "20é60801",
        ] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lists_years_and_addresses() {
        assert_eq!(list("a, b,,c ").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!((year("2027"), year("27"), year("2026-2027")), (Some(2027), None, None));
        assert!(
            is_email("a.b@x.example") && !is_email("a at x.example") && !is_email("@x") && !is_email("a@b@c")
        );
    }

    #[test]
    fn control_characters_and_formulas() {
        assert!(has_control("Ann\0") && !has_control("A\nB\tC"));
        assert!(is_formula_like("=1+1") && is_formula_like("＝A1") && !is_formula_like("O'Brien"));
    }
}
