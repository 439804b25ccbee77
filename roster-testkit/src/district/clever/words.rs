//! Clever's words for what a district has.

use std::collections::{BTreeMap, BTreeSet};

use roster_core::{
    Class, ClassType, ContactKind, DemographicField, GradeLevel, GradeScheme, Level, jiff::civil::Date,
};

pub(super) const HOMEROOM: &str = "homeroom/advisory";

const NAMED: [(&str, Level); 5] = [
    ("InfantToddler", Level::InfantToddler),
    ("Preschool", Level::Preschool),
    ("PreKindergarten", Level::PreKindergarten),
    ("TransitionalKindergarten", Level::TransitionalKindergarten),
    ("Kindergarten", Level::Kindergarten),
];

fn in_order() -> Vec<GradeLevel> {
    let named = NAMED.iter().map(|(name, level)| ((*name).to_owned(), *level));
    let numbers = (1..=13).map(|number| (number.to_string(), Level::Number(number)));
    named
        .chain(numbers)
        .map(|(raw, level)| GradeLevel { raw, scheme: GradeScheme::Us, level: Some(level) })
        .collect()
}

/// A grade's place in the order from the youngest.
pub(super) fn rank(grade: &GradeLevel) -> Option<usize> {
    in_order().iter().position(|other| other.level == grade.level)
}

pub(super) fn grades(grades: &[GradeLevel]) -> Vec<GradeLevel> {
    let all = in_order();
    grades.iter().filter_map(|grade| rank(grade).and_then(|at| all.get(at)).cloned()).collect()
}

/// All grades from the lowest to the highest.
pub(super) fn stretch(grades: &[GradeLevel]) -> Vec<GradeLevel> {
    let ranks: Vec<_> = grades.iter().filter_map(rank).collect();
    let (Some(low), Some(high)) = (ranks.iter().min(), ranks.iter().max()) else { return Vec::new() };
    in_order().into_iter().skip(*low).take(high - low + 1).collect()
}

pub(super) fn subject(class: &Class) -> &'static str {
    if class.class_type == ClassType::Homeroom {
        return HOMEROOM;
    }
    match class.subjects.first().and_then(|subject| subject.name.as_deref()) {
        Some("Homeroom") => HOMEROOM,
        Some("Mathematics") => "math",
        Some("Science") => "science",
        Some("Social Studies") => "social studies",
        Some("English Language Arts") => "english/language arts",
        Some("World Languages") => "language",
        Some("Music" | "Visual Arts") => "arts and music",
        Some("Physical Education") => "PE and health",
        _ => "other",
    }
}

pub(super) fn relation(word: Option<&str>) -> &'static str {
    match word {
        Some("mother" | "father") => "Parent",
        Some("grandmother") => "Grandparent",
        _ => "Other",
    }
}

/// Clever has one type for each relationship.
pub(super) fn kind(kinds: &BTreeSet<ContactKind>) -> Option<ContactKind> {
    use ContactKind::{Emergency, Family, Guardian, Other, Primary, Secondary};
    [Emergency, Guardian, Primary, Secondary, Family, Other].into_iter().find(|kind| kinds.contains(kind))
}

pub(super) fn kind_word(kind: Option<&ContactKind>) -> &'static str {
    match kind {
        Some(ContactKind::Emergency) => "Emergency",
        Some(ContactKind::Guardian) => "Parent/Guardian",
        Some(ContactKind::Primary) => "Primary",
        Some(ContactKind::Secondary) => "Secondary",
        Some(ContactKind::Family) => "Family",
        Some(_) => "Other",
        None => "",
    }
}

pub(super) fn gender(word: &str) -> &'static str {
    match word {
        "female" => "F",
        "male" => "M",
        _ => "X",
    }
}

pub(super) fn birth_date(date: Date) -> String {
    format!("{}/{}/{}", date.month(), date.day(), date.year())
}

/// The facts that Clever has, in the words that it has for them.
pub(super) fn facts(facts: &BTreeMap<DemographicField, String>) -> BTreeMap<DemographicField, String> {
    use DemographicField as Fact;

    let is = |fact: &Fact| facts.get(fact).is_some_and(|value| value == "true");
    let races = [
        (Fact::TwoOrMoreRaces, "Two or More Races"),
        (Fact::AmericanIndianOrAlaskaNative, "American Indian"),
        (Fact::Asian, "Asian"),
        (Fact::BlackOrAfricanAmerican, "Black or African American"),
        (Fact::NativeHawaiianOrOtherPacificIslander, "Hawaiian or Other Pacific Islander"),
        (Fact::White, "Caucasian"),
    ];
    let mut told = BTreeMap::new();
    if let Some((_, race)) = races.iter().find(|(fact, _)| is(fact)) {
        told.insert(Fact::Race, (*race).to_owned());
    }
    for fact in [Fact::HispanicOrLatino, Fact::EnglishLearner, Fact::SpecialEducation] {
        if let Some(value) = facts.get(&fact) {
            told.insert(fact, value.clone());
        }
    }
    let language = facts.get(&Fact::HomeLanguage).map(|code| match code.as_str() {
        "es" => "Spanish",
        "pl" => "Polish",
        "vi" => "Vietnamese",
        _ => "English",
    });
    told.extend(language.map(|language| (Fact::HomeLanguage, language.to_owned())));
    let meals = facts.get(&Fact::MealStatus).map(|word| match word.as_str() {
        "free" => "Free",
        "reduced" => "Reduced",
        _ => "Paid",
    });
    told.extend(meals.map(|meals| (Fact::MealStatus, meals.to_owned())));
    told
}
