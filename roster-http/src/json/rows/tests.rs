use super::{
    super::{Many, Text},
    *,
};

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    tags: Many<Text<'a>>,
}

fn rows(body: &str) -> Result<Vec<String>, Shape> {
    read_rows(body.as_bytes(), "rows", |row: Result<Row<'_>, _>| match row {
        Ok(row) => {
            let tags: Vec<_> = row.tags.0.iter().map(|tag| tag.get().unwrap_or("-")).collect();
            format!("{} {}", row.id.get().unwrap_or("-"), tags.join(","))
        }
        Err(_) => "unreadable".to_owned(),
    })
}

#[test]
fn types_are_taken_as_they_come() {
    let body = r#"{"total": 4, "rows": [
        {"id": "a", "tags": ["x", "y"], "more": {"z": [1, null]}},
        {"id": 7, "tags": "x\u0041"},
        {"id": true, "tags": null},
        {"id": " ", "tags": [null, 1.5, {}]}
    ]}"#;
    assert_eq!(rows(body).unwrap(), ["a x,y", "7 xA", "true ", "- -,1.5,-"]);
    assert_eq!(rows(r#"[{"id": "a"}]"#).unwrap(), ["a "]);
    assert_eq!(rows(r#"{"rows": {"id": "a"}}"#).unwrap(), ["a "]);
    assert_eq!(rows(r#"{"rows": []}"#).unwrap(), Vec::<String>::new());
}

/// What 64 bits can't hold keeps its digits; read by `serde_json` alone it is none, and never another.
#[test]
fn no_two_numbers_become_one() {
    let big =
        ["18446744073709551615", "18446744073709551616", "18446744073709551617", "-9223372036854775809"];
    let body = format!(
        r#"{{"rows": [{{"id": {}}}, {{"id": {}, "tags": {}}}, {{"tags": [{}]}}]}}"#,
        big[0], big[1], big[2], big[3]
    );
    let read = format!("{} ,{} {},- {}", big[0], big[1], big[2], big[3]);
    assert_eq!(rows(&body).unwrap().join(","), read);
    let with_odd = body.replace("[{", "[5, {");
    assert_eq!(rows(&with_odd).unwrap().join(","), format!("unreadable,{read}"));
    for rounded in [big[1], big[3], "1e300", "9007199254740993.0"] {
        let text: Text<'_> = serde_json::from_str(rounded).unwrap();
        assert!(text.is_odd() && text.get().is_none(), "{rounded}");
    }
    for exact in [big[0], "-9223372036854775808", "2.5", "-0.125"] {
        assert_eq!(serde_json::from_str::<Text<'_>>(exact).unwrap().get(), Some(exact));
    }
    for wrong in ["018446744073709551616", "--9223372036854775809", "1844674407370955161-6"] {
        assert!(
            matches!(rows(&format!(r#"{{"rows": [{{"id": {wrong}}}]}}"#)), Err(Shape::NotJson(..))),
            "{wrong}"
        );
    }
}

/// What only `serde_json` takes costs no other row its digits, nor those of its own row where it is passed over.
#[test]
fn digits_are_kept_beside_what_is_not_plain() {
    let big = ["18446744073709551616", "-9223372036854775809"];
    for odd in [r#""more": 1e999"#, r#""more": {"x": "\ud83c"}"#, r#""more": [-1e400, "\udc00\ud800"]"#] {
        let body = format!(r#"{{"rows": [{{"id": {}, {odd}}}, {{"id": {}}}]}}"#, big[0], big[1]);
        assert_eq!(rows(&body).unwrap(), [format!("{} ", big[0]), format!("{} ", big[1])], "{odd}");
    }
    // A key that is no text is for `serde_json` alone, and so is its row.
    let odd = r#""more": {"\ud83c": 1}"#;
    let body = format!(
        r#"{{"rows": [{{"id": 7, {odd}}}, {{"id": {0}, "tags": {1}}}, {{"id": {0}, {odd}}}]}}"#,
        big[0], big[1]
    );
    assert_eq!(rows(&body).unwrap(), ["7 ".to_owned(), format!("{} {}", big[0], big[1]), "- ".to_owned()]);
    for number in [":1234567890123456789", "[-1234567890123456789", ",\n12345678901234567890"] {
        assert!(has_long_number(number), "{number}");
    }
    // Not each page of ids that are texts is read row by row.
    for none in [":123456789012345678", r#": "1234567890123456789""#, ":123456789012345678x9"] {
        assert!(!has_long_number(none), "{none}");
    }
}

/// Read as `serde_json` would, its items were the values of a row, one after the other.
#[test]
fn a_list_is_no_row() {
    for odd in ["", r#", "more": {"\ud83c": 1}"#] {
        let body = format!(r#"{{"rows": [["a"], {{"id": "b"{odd}}}]}}"#);
        assert_eq!(rows(&body).unwrap(), ["unreadable", "b "]);
    }
    assert_eq!(rows(r#"{"rows": [[{"id": "a"}]]}"#).unwrap(), ["unreadable"]);
}

#[test]
fn one_row_is_taken_as_it_came_too() {
    let raw = |body: &'static str| read_raw_rows(body.as_bytes(), "rows", RawValue::get);
    let one = r#"{"id": 18446744073709551617}"#;
    assert_eq!(raw(r#"{"total": [1], "Rows": {"id": 18446744073709551617}, "x": {}}"#).unwrap(), [one]);
    for twice in [r#"{"rows": {}, "rows": {}}"#, r#"{"rows": {}, "rows": []}"#, r#"{"rows": [], "Rows": {}}"#]
    {
        assert_eq!(raw(twice), Err(Shape::NotAList), "{twice}");
    }
    assert_eq!(raw(r#"{"rows": {"id": 1}} x"#), Err(Shape::NotJson(1, 21)));
    assert_eq!(raw(r#"{"rows": {"id": 1}"#), Err(Shape::Cut));
    // Odd, and so read as it came.
    assert_eq!(rows(r#"{"rows": {"id": "\ud83c"}}"#).unwrap(), ["unreadable"]);
}

/// A title cut in the middle of a character, as servers cut that count in UTF-16, and a number beyond all bounds.
#[test]
fn what_is_no_text_and_no_number_costs_its_own_row_alone() {
    for odd in [r#"{"id": "\ud83c"}"#, r#"{"id": "\udfa8x", "tags": []}"#, r#"{"id": 1e999}"#] {
        let body = format!(r#"{{"rows": [{{"id": "a"}}, {odd}, {{"id": "b"}}]}}"#);
        assert_eq!(rows(&body).unwrap(), ["a ", "unreadable", "b "], "{odd}");
    }
    for wrong in [r#"{"id": "\u12g4"}"#, r#"{"id": "\x"}"#, "{\"id\": \"\n\"}", r#"{"id": 1e}"#] {
        let body = format!(r#"{{"rows": [{{"id": "a"}}, {wrong}]}}"#);
        assert!(matches!(rows(&body), Err(Shape::NotJson(..))), "{wrong}");
    }
}

#[test]
fn one_odd_row_is_one_odd_row() {
    assert_eq!(
        rows(r#"{"rows": [{"id": "a"}, 5, null, {"id": "b"}]}"#).unwrap(),
        ["a ", "unreadable", "unreadable", "b "]
    );
}

#[test]
fn an_answer_without_its_key_is_never_nobody() {
    for (body, shape) in [
        ("{}", Shape::NoKey),
        (r#"{"errors": []}"#, Shape::NoKey),
        ("null", Shape::NoKey),
        ("\"Canary\"", Shape::NoKey),
        (r#"{"rows": null}"#, Shape::NotAList),
        (r#"{"rows": "none"}"#, Shape::NotAList),
        // None of both can be left out.
        (r#"{"rows": [], "rows": [{"id": "a"}]}"#, Shape::NotAList),
        (r#"{"Rows": [], "total": 1, "rows": [{"id": "a"}]}"#, Shape::NotAList),
        (r#"{"rows": [5], "Rows": [{"id": "a"}]}"#, Shape::NotAList),
        ("", Shape::Cut),
        (r#"{"rows": [{"id": "a"}"#, Shape::Cut),
        ("<html>", Shape::NotJson(1, 1)),
        (r#"{"rows": []} x"#, Shape::NotJson(1, 14)),
    ] {
        assert_eq!(rows(body), Err(shape), "{body}");
    }
    assert_eq!(
        read_rows::<IgnoredAny, _>(b"{\"rows\":[\"\xff\"]}", "rows", |_| ()).unwrap_err(),
        Shape::NotText
    );
}

#[test]
fn depth_has_a_limit_wherever_it_is() {
    let deep = "[".repeat(10_000);
    for body in [deep.clone(), format!(r#"{{"x": {deep}"#), format!(r#"{{"rows": [{{"more": {deep}"#)] {
        assert_eq!(rows(&body), Err(Shape::TooDeep));
    }
    // Brackets in texts do not make up for real ones, whoever reads them.
    let deep = format!("{}1{}", r#"{"}":"#.repeat(1_000_000), "}".repeat(1_000_000));
    for body in [format!(r#"{{"x": {deep}, "rows": []}}"#), format!(r#"{{"rows": [{{"id": {deep}}}]}}"#)] {
        assert_eq!(rows(&body), Err(Shape::TooDeep));
        assert_eq!(read_raw_rows(body.as_bytes(), "rows", |_| ()), Err(Shape::TooDeep));
    }
}
