//! Invented names, and the plain letters that addresses are made of.

use super::rng::Rng;

pub(super) const GIVEN_FEMALE: &[&str] = &[
    "Ada", "Amira", "Anaïs", "Beatriz", "Camille", "Chloé", "Dalia", "Eleni", "Emma", "Fatima", "Freya",
    "Grace", "Hana", "Imani", "Ines", "Iris", "Jasmine", "Kalani", "Keiko", "Leila", "Lena", "Łucja", "Maja",
    "Malia", "Mei", "Naomi", "Nia", "Nora", "Olivia", "Priya", "Renée", "Rosa", "Ruth", "Saoirse", "Sofía",
    "Tala", "Thảo", "Vera", "Willow", "Zoë",
];

pub(super) const GIVEN_MALE: &[&str] = &[
    "Aaron", "Ahmed", "Andre", "Bashir", "Björn", "Caleb", "Carlos", "Dmitri", "Eli", "Emeka", "Ethan",
    "Felix", "Gabriel", "Hiro", "Hugo", "Isaac", "Jamal", "Jesús", "Jonah", "José", "Kai", "Kwame", "Liam",
    "Luca", "Marek", "Mateo", "Minh", "Nikolai", "Noah", "Omar", "Oscar", "Pavel", "Rafael", "Rohan",
    "Samuel", "Søren", "Tariq", "Theo", "Victor", "Yusuf",
];

pub(super) const FAMILY: &[&str] = &[
    "Abbott",
    "Adeyemi",
    "Alvarez",
    "Andersson",
    "Baptiste",
    "Becker",
    "Begaye",
    "Castillo",
    "Chavez",
    "Chen",
    "Cohen",
    "D'Angelo",
    "Delgado",
    "Dubois",
    "Eriksen",
    "Farouk",
    "Fischer",
    "Flores",
    "Garcia",
    "Goldberg",
    "Gutiérrez",
    "Haddad",
    "Hansen",
    "Hoang",
    "Ibrahim",
    "Ito",
    "Jackson",
    "Jiménez",
    "Johnson",
    "Kahale",
    "Kaya",
    "Kim",
    "Kowalski",
    "Lindqvist",
    "Lopez",
    "MacLeod",
    "Marino",
    "Mbeki",
    "Mendoza",
    "Mitchell",
    "Moreau",
    "Murphy",
    "Nakamura",
    "Navarro",
    "Nguyễn",
    "Novak",
    "O'Connor",
    "Okafor",
    "Ortiz",
    "Park",
    "Patel",
    "Peña",
    "Pereira",
    "Petrov",
    "Quinn",
    "Ramos",
    "Reyes",
    "Rossi",
    "Sato",
    "Schneider",
    "Silva",
    "Singh",
    "Smith-Jones",
    "Sokolova",
    "Tanaka",
    "Thompson",
    "Torres",
    "Tsosie",
    "Usman",
    "van der Berg",
    "Vargas",
    "Walker",
    "Weiss",
    "Williams",
    "Yilmaz",
    "Young",
    "Zhang",
    "Ziegler",
];

/// Family names that programs tend to break, given to the first families so that the smallest district has them.
pub(super) const HARD_FAMILY: &[&str] = &["de la Cruz", "O'Brien", "Łukasiewicz", "Ñíguez"];

/// Given names of the first pupils, for the same reason.
pub(super) const HARD_GIVEN: &[(&str, Sex)] =
    &[("José", Sex::Male), ("Łucja", Sex::Female), ("Jean-Luc", Sex::Male), ("Mary Ann", Sex::Female)];

pub(super) const SCHOOLS: &[&str] = &[
    "Maple Grove",
    "Riverside",
    "Prairie View",
    "Cedar Hill",
    "Sunnyslope",
    "Old Mill",
    "Lakeshore",
    "Juniper",
    "Stone Bridge",
    "Willow Creek",
    "Harbor Point",
    "Eagle Ridge",
    "Meadowlark",
    "Orchard Park",
    "Fox Hollow",
    "Granite Peak",
    "Silver Birch",
    "Clearwater",
    "Northfield",
    "Wheatland",
];

pub(super) const STREETS: &[&str] = &[
    "Alder St",
    "Bluebird Ln",
    "Canal St",
    "Depot Rd",
    "Elm Ct",
    "Foundry Ave",
    "Gristmill Rd",
    "Hickory Way",
];

/// What a given name goes with; `sex` of OneRoster 1.1 has these two words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sex {
    Female,
    Male,
}

impl Sex {
    pub(super) fn any(rng: &mut Rng) -> Self {
        if rng.chance(50) { Self::Female } else { Self::Male }
    }

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Female => "female",
            Self::Male => "male",
        }
    }

    pub(super) fn given(self, rng: &mut Rng) -> &'static str {
        rng.word(match self {
            Self::Female => GIVEN_FEMALE,
            Self::Male => GIVEN_MALE,
        })
    }
}

/// The letters of a name as they stand in an address or a log-in name: ASCII, lower case, nothing else.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            'Ł' | 'ł' => plain.push('l'),
            'Ñ' | 'ñ' => plain.push('n'),
            'ø' | 'ö' | 'ó' | 'ô' => plain.push('o'),
            'á' | 'ả' | 'ã' => plain.push('a'),
            'é' | 'ë' | 'ễ' => plain.push('e'),
            'í' | 'ï' => plain.push('i'),
            'ú' | 'ü' => plain.push('u'),
            letter if letter.is_ascii_alphanumeric() => plain.push(letter.to_ascii_lowercase()),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_of_the_lists_has_a_plain_one() {
        for name in [GIVEN_FEMALE, GIVEN_MALE, FAMILY, HARD_FAMILY].concat() {
            let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
            assert_eq!(plain(name).len(), letters, "{name}");
        }
        assert_eq!(plain("de la Cruz"), "delacruz");
        assert_eq!(plain("Łukasiewicz"), "lukasiewicz");
    }
}
