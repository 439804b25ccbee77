//! One way to write a vocabulary: words of ours in `snake_case`, the vendors' spellings, and a place for the unknown.

use arrayvec::ArrayString;

/// The longest word of any vocabulary has forty-one letters.
pub(super) type Folded = ArrayString<64>;

/// Drops case and what separates words, so that `siteAdministrator`, `Site Administrator` and `site_administrator`
/// are one spelling. `None` if what is left is longer than any word of a vocabulary.
pub(super) fn fold(word: &str) -> Option<Folded> {
    let mut folded = Folded::new();
    if word.is_ascii() {
        for byte in word.bytes().filter(u8::is_ascii_alphanumeric) {
            folded.try_push(char::from(byte.to_ascii_lowercase())).ok()?;
        }
        return Some(folded);
    }
    for letter in word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
        folded.try_push(letter).ok()?;
    }
    Some(folded)
}

/// Declares an open vocabulary: an enum with `Other(text)` for words that it does not know.
///
/// Each word has its name in `snake_case` and, after it, further spellings that vendors use, folded.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $type:ident { $($(#[$word_doc:meta])* $word:ident = $name:literal $(| $alias:literal)*,)+ }) => {
        $(#[$doc])*
        ///
        /// In JSON it is one string: the name in `snake_case`, or the vendor's own word.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$word_doc])* $word,)+
            /// A word that this vocabulary does not have, as the vendor wrote it.
            Other(String),
        }

        impl $type {
            /// The words of this vocabulary.
            pub const KNOWN: &[Self] = &[$(Self::$word,)+];

            /// The name in `snake_case`, or the vendor's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $name,)+
                    Self::Other(word) => word,
                }
            }

            /// Reads a word in any vendor's spelling; case and separators do not matter.
            pub fn read(word: &str) -> Self {
                // Most words come in their plain form, hundreds of thousands of times.
                match word {
                    $($name => return Self::$word,)+
                    _ => {}
                }
                let Some(folded) = $crate::vocab::words::fold(word) else { return Self::Other(word.to_owned()) };
                match folded.as_str() {
                    $($name $(| $alias)* => Self::$word,)+
                    _ => Self::KNOWN
                        .iter()
                        .find(|known| $crate::vocab::words::fold(known.as_str()) == Some(folded))
                        .cloned()
                        .unwrap_or_else(|| Self::Other(word.to_owned())),
                }
            }

            /// Whether the word is one of the vocabulary's own.
            pub const fn is_known(&self) -> bool {
                !matches!(self, Self::Other(_))
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <::std::borrow::Cow<'de, str> as ::serde::Deserialize>::deserialize(deserializer)?;
                Ok(match &*word {
                    $($name => Self::$word,)+
                    _ => Self::Other(word.into_owned()),
                })
            }
        }
    };
}

pub(crate) use vocabulary;

#[cfg(test)]
mod tests {
    use crate::{DemographicField, Role};

    #[test]
    fn every_word_is_read_in_capitals_and_a_longer_one_is_kept() {
        for known in DemographicField::KNOWN {
            let spaced = known.as_str().to_uppercase().replace('_', " ");
            assert_eq!(DemographicField::read(&spaced), *known, "{spaced}");
        }
        for length in [63, 64, 65, 1000] {
            let word = "Ä".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(Role::read(&word), Role::Other(word.clone()), "{length}");
        }
        // What separates words does not make one longer.
        assert_eq!(Role::read(&format!("{}STUDENT", "- ".repeat(100))), Role::Student);
    }
}
