//! Paths of org units, and patterns of them. Compared segment by segment: `/Students` is not `/Students-Archive`.

/// A pattern of paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    segments: Vec<Segment>,
    /// Any further segments may follow.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Is(String),
    Any,
    School,
    Grade,
    GraduationYear,
}

/// What a path told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told<'p> {
    /// The path up to the segment that names the school, and that segment.
    pub(super) school: Option<(&'p str, &'p str)>,
    pub(super) grade: Option<&'p str>,
    pub(super) graduation_year: Option<&'p str>,
}

impl Pattern {
    /// Reads a pattern such as `/Students/{school}/{gradyear}/**`.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let Some(text) = text.trim().strip_prefix('/') else {
            return Err("a path of org units begins with `/`");
        };
        let mut texts: Vec<&str> = text.split('/').filter(|segment| !segment.is_empty()).collect();
        let open = texts.last() == Some(&"**");
        if open {
            texts.pop();
        }
        let segments = texts.into_iter().map(|segment| match segment {
            "*" => Ok(Segment::Any),
            "**" => Err("`**` stands at the end alone"),
            "{school}" => Ok(Segment::School),
            "{grade}" => Ok(Segment::Grade),
            "{gradyear}" => Ok(Segment::GraduationYear),
            other if other.contains(['{', '}']) => {
                Err("in braces a whole segment stands: {school}, {grade} or {gradyear}")
            }
            other => Ok(Segment::Is(other.to_owned())),
        });
        Ok(Self { segments: segments.collect::<Result<_, _>>()?, open })
    }

    /// Whether it fits one path alone.
    pub(super) fn is_plain(&self) -> bool {
        !self.open && self.segments.iter().all(|segment| matches!(segment, Segment::Is(_)))
    }

    /// Whether a path that fits tells something.
    pub(super) fn tells_something(&self) -> bool {
        self.segments.iter().any(|segment| !matches!(segment, Segment::Is(_) | Segment::Any))
    }

    /// What a path tells, if it fits.
    pub(super) fn fits<'p>(&self, path: &'p str) -> Option<Told<'p>> {
        let mut told = Told::default();
        let mut parts = segments(path);
        for wanted in &self.segments {
            let (above, part) = parts.next()?;
            match wanted {
                Segment::Is(name) if name == part => {}
                Segment::Is(_) => return None,
                Segment::Any => {}
                Segment::School => told.school = Some((above, part)),
                Segment::Grade => told.grade = Some(part),
                Segment::GraduationYear => {
                    // Else `/Students/{school}/{gradyear}` would take `/Students/Lincoln/Clubs` for a year.
                    told.graduation_year = Some(roster_core::decode::year(part).map(|_| part)?);
                }
            }
        }
        (self.open || parts.next().is_none()).then_some(told)
    }
}

/// The segments of a path, each with the path up to it.
pub(super) fn segments(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut at = 0;
    path.split('/').filter_map(move |part| {
        at += part.len();
        let above = path.get(..at);
        at += 1;
        above.filter(|_| !part.is_empty()).map(|above| (above, part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits<'p>(pattern: &str, path: &'p str) -> Option<Told<'p>> {
        Pattern::read(pattern).unwrap().fits(path)
    }

    #[test]
    fn segments_are_compared_whole() {
        assert!(fits("/Students/**", "/Students").is_some());
        assert!(fits("/Students/**", "/Students/A/B").is_some());
        assert!(fits("/Students/**", "/Students-Archive/A").is_none());
        assert!(fits("/Students", "/Students/A").is_none());
        assert!(fits("/", "/").is_some() && fits("/", "/A").is_none() && fits("/**", "/A").is_some());
        assert!(fits("/*/X", "/A/X").is_some() && fits("/*/X", "/A/Y").is_none());
    }

    #[test]
    fn a_path_tells_school_and_year() {
        let told = fits("/Students/{school}/{gradyear}/**", "/Students/Lincoln HS/2030/x").unwrap();
        assert_eq!(told.school, Some(("/Students/Lincoln HS", "Lincoln HS")));
        assert_eq!(told.graduation_year, Some("2030"));
        assert!(fits("/Students/{school}/{gradyear}", "/Students/Lincoln HS/Clubs").is_none());
        assert_eq!(fits("/{grade}/Ü", "/9/Ü").unwrap().grade, Some("9"));
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for wrong in ["Students", "/a/**/b", "/a/{pupil}", "/a/x{school}"] {
            assert!(Pattern::read(wrong).is_err(), "{wrong}");
        }
        assert!(Pattern::read("/a/b").unwrap().is_plain() && !Pattern::read("/a/*").unwrap().is_plain());
    }
}
