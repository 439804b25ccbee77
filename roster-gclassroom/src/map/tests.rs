use roster_core::Role;

use super::*;
use crate::wire;

fn spot() -> Spot {
    Spot::new(EntityKind::Enrollment, "/v1/courses/{courseId}/students", 2)
}

fn read(body: &str) -> Result<Page<Option<String>>, Shape> {
    page(body.as_bytes(), "students", &spot(), |row: &wire::Member<'_>, _| {
        Row::Read(row.user_id.get().map(str::to_owned))
    })
}

#[test]
fn an_empty_list_is_left_out_and_an_error_is_none() {
    for empty in ["{}", r#"{"kind":"k","etag":"e"}"#, r#"{"students":[]}"#] {
        let page = read(empty).unwrap();
        assert!(page.rows.is_empty() && page.next.is_none(), "{empty}");
    }
    let more = read(r#"{"nextPageToken":"x"}"#).unwrap();
    assert_eq!((more.rows.len(), more.next.as_deref()), (0, Some("x")));
    for (wrong, shape) in [
        (r#"{"error":{"code":500}}"#, Shape::NoKey),
        (r#"{"teachers":[]}"#, Shape::NoKey),
        (r#"{"students":null}"#, Shape::NotAList),
        (r#"{"students":[],"nextPageToken":"a","nextPageToken":"b"}"#, Shape::NotAList),
        ("null", Shape::NoKey),
        ("<html>", Shape::NotJson(1, 1)),
        (r#"{"students":[{"userId":"1"}"#, Shape::Cut),
    ] {
        assert_eq!(read(wrong).err(), Some(shape), "{wrong}");
    }
}

#[test]
fn a_member_is_who_the_row_names() {
    let map = |body: &str| {
        let page = page(body.as_bytes(), "students", &spot(), |row: &wire::Member<'_>, spot| {
            member(row, &"c".into(), &Role::Student, None, spot)
        });
        page.unwrap().rows.into_iter().next().unwrap()
    };
    let Row::Read(member) =
        map(r#"{"students":[{"userId":"7","profile":{"id":"8","name":{"givenName":"A"}}}]}"#)
    else {
        panic!()
    };
    assert_eq!((member.seat.id.as_str(), member.person.id.as_str()), ("c:7:student", "7"));
    assert!(member.unseen.contains(roster_core::PersonField::Email));
    assert!(!member.unseen.contains(roster_core::PersonField::Given));
    // A row that can't be read does not protect the person of that id.
    for nameless in [r#"{"students":[5]}"#, r#"{"students":[{"id":"7"}]}"#] {
        let Row::Unreadable(problem) = map(nameless) else { panic!() };
        assert_eq!((problem.kind, problem.id), (Some(EntityKind::Enrollment), None));
    }
}
