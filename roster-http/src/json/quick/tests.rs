use proptest::prelude::*;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::*;

fn quick(text: &str) -> Result<Value, Odd> {
    let mut json = Quick::new(text);
    let value = Value::deserialize(&mut json)?;
    json.end()?;
    Ok(value)
}

#[test]
fn what_is_plain_is_read_here() {
    let text = r#" {"a": "x", "b": [1, -2, 3.5e2, true, false, null, {}, []], "ü\"\u00e9": "tab\there \\", "long text": "eight or more"} "#;
    assert_eq!(quick(text), Ok(serde_json::from_str::<Value>(text).unwrap()));
    assert_eq!(quick("\"\""), Ok(json!("")));
}

#[test]
fn what_is_wrong_is_not() {
    for text in [
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "[,1]",
        "[1 2]",
        "{\"a\" 1}",
        "{a:1}",
        "{1:1}",
        "01",
        "1-2",
        "nul",
        "truex",
        "\"a",
        "\"a\tb\"",
        "\"\\x\"",
        "\"\\ud800\"",
        "[1]]",
        "{} x",
        "[}",
        "{]",
        "1.",
        "+1",
        "\"\\\"",
    ] {
        assert_eq!(quick(text), Err(Odd), "{text}");
    }
}

/// Brackets in texts are none: as many of them as there are real ones do not hide those.
#[test]
fn depth_is_counted_as_it_is() {
    let nested = |levels: usize| format!("{}1{}", r#"{"}":"#.repeat(levels), "}".repeat(levels));
    assert!(quick(&nested(MOST_LEVELS)).is_ok());
    assert_eq!(quick(&nested(MOST_LEVELS + 1)), Err(Odd));
    let side_by_side = format!("[{}]", vec!["[[]]"; MOST_LEVELS].join(","));
    assert!(quick(&side_by_side).is_ok());
    let mut json = Quick::new(&side_by_side);
    assert!(IgnoredAny::deserialize(&mut json).is_ok() && json.end().is_ok());
}

/// Who asks on behind the end of a list gets nothing of what follows it.
#[test]
fn a_list_that_is_over_stays_over() {
    struct Stubborn;

    impl<'de> Visitor<'de> for Stubborn {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u64>, A::Error> {
            let mut items = Vec::new();
            for _ in 0..5 {
                items.extend(list.next_element::<u64>()?);
            }
            Ok(items)
        }
    }

    struct Two;

    impl<'de> Visitor<'de> for Two {
        type Value = (Vec<u64>, Option<u64>);

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list and a number")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            struct Seed;
            impl<'de> DeserializeSeed<'de> for Seed {
                type Value = Vec<u64>;
                fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<u64>, D::Error> {
                    deserializer.deserialize_seq(Stubborn)
                }
            }
            let first = list.next_element_seed(Seed)?.unwrap_or_default();
            let second = list.next_element()?;
            Ok((first, list.next_element::<IgnoredAny>()?.map_or(second, |_| None)))
        }
    }

    for (text, read) in [("[[], 7]", (vec![], Some(7))), ("[[1, 2], 7]", (vec![1, 2], Some(7)))] {
        assert_eq!(Quick::new(text).deserialize_any(Two), Ok(read), "{text}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has no others", |number| number.is_finite()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z0-9\\\\\"\t ]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z\\\\\"é]{0,12}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn all_that_is_written_is_read(value in any_json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        prop_assert_eq!(quick(&text), Ok(serde_json::from_str::<Value>(&text).unwrap()));
    }

    /// Whatever is done to it: what is read is what `serde_json` reads.
    #[test]
    fn nothing_is_read_that_is_not_there(value in any_json(), hurts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..4)) {
        const CHARS: &[char] = &['"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', 'u', 't', ' ', '\n', '\t', 'é'];
        let mut text: Vec<char> = value.to_string().chars().collect();
        for (at, what) in hurts {
            let at = at.index(text.len());
            text[at] = CHARS[what.index(CHARS.len())];
        }
        let text: String = text.into_iter().collect();
        if let Ok(read) = quick(&text) {
            prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(read), "{}", text);
        }
    }
}

/// It has to be JSON all the same.
#[test]
fn what_is_passed_over_need_not_be_understood() {
    let passes = |text: &str| {
        let mut json = Quick::new(text);
        IgnoredAny::deserialize(&mut json).and_then(|_| json.end())
    };
    for text in
        [r#"{"a": "\ud83c", "b": [1e999, -1e999, 18446744073709551617, "\\\"", "x"]}"#, " null ", "[[], {}]"]
    {
        assert_eq!(passes(text), Ok(()), "{text}");
        assert!(serde_json::from_str::<IgnoredAny>(text).is_ok(), "{text}");
    }
    for text in [
        "[1e]",
        "[01]",
        "[1-2]",
        "[-]",
        r#"["\x"]"#,
        r#"["\u12g4"]"#,
        "[\"\n\"]",
        "[\"\\n\t\"]",
        r#"["a]"#,
        "[1,]",
    ] {
        assert_eq!(passes(text), Err(Odd), "{text}");
        assert!(serde_json::from_str::<IgnoredAny>(text).is_err(), "{text}");
    }
}
