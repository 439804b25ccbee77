//! Lists of schools, and the lists of a school.

use axum::{http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{
    WondeStage,
    query::Query,
    serve::{Asker, Host, refusal, refuse},
    world::{PERMISSIONS, School, World, put, stamp},
};
use crate::sandbox::{
    answer::{Looks, json as answer, spoilt, text},
    fault::{At, Kind, SandboxFault, dice, has, struck},
};

/// No page has more rows, whatever is asked for.
const LARGEST_PAGE: usize = 200;

pub(super) async fn get(
    host: &Host,
    asker: &Asker,
    segments: &[&str],
    query: &Query,
    path: &str,
) -> Response {
    match segments {
        ["schools"] => schools(host, asker, query, path, School::is_approved).await,
        ["schools", "all"] => schools(host, asker, query, path, |_| true).await,
        ["schools", "pending"] => {
            schools(host, asker, query, path, |school| school.stage == WondeStage::Pending).await
        }
        ["schools", "audited"] => {
            schools(host, asker, query, path, |school| school.is_approved() && school.audited).await
        }
        ["schools", "offline"] => {
            schools(host, asker, query, path, |school| school.is_approved() && !school.online).await
        }
        ["schools", "declined"] => {
            schools(host, asker, query, path, |school| school.stage == WondeStage::Declined).await
        }
        ["schools", "revoked"] => {
            schools(host, asker, query, path, |school| school.stage == WondeStage::Revoked).await
        }
        ["schools", id] => one_school(host, asker, id),
        ["meta", "schools", id] => meta(host, asker, id),
        ["meta", "schools", id, "permissions"] => permissions(host, asker, id),
        ["schools", id, "counts"] => counts(host, asker, id, query),
        ["schools", id, collection] => rows(host, asker, id, collection, query, path).await,
        _ => refuse(StatusCode::NOT_FOUND),
    }
}

fn may_ask(asker: &Asker, id: &str) -> bool {
    match asker {
        Asker::Account => true,
        Asker::School(own) => own == id,
    }
}

fn school_row(host: &Host, world: &World, school: &School) -> Value {
    let facts = &school.facts;
    let origin = host.shared.origin(host.shared.region_of(facts.country));
    let (zone, code) =
        if facts.country == "AUS" { ("Australia/Melbourne", None) } else { ("Europe/London", Some("801")) };
    let number = world.schools.iter().position(|other| other.facts.id == facts.id).unwrap_or_default();
    json!({
        "id": facts.id, "name": facts.name, "establishment_number": code.map(|_| (4000 + number).to_string()),
        "urn": code.map(|_| 100_000 + number), "phase_of_education": "PRIMARY", "la_code": code, "timezone": zone,
        "mis": school.mis,
        "address": { "address_line_1": "1 Sample Street", "address_line_2": null, "address_town": "Sampleton",
            "address_postcode": format!("EX{} 1AA", number + 1),
            "address_country": { "code": facts.country, "name": facts.country } },
        "extended": { "allows_writeback": false, "has_timetables": false, "has_lesson_attendance": false },
        "region": { "code": facts.country, "domain": origin.trim_start_matches("http://"),
            "school_url": format!("{origin}/v1.0/schools/{}", facts.id),
            "identifiers": { "la_code": code, "establishment_number": code.map(|_| (4000 + number).to_string()), "urn": code.map(|_| 100_000 + number) } },
    })
}

async fn schools(
    host: &Host,
    asker: &Asker,
    query: &Query,
    path: &str,
    wanted: impl Fn(&School) -> bool,
) -> Response {
    let rows: Vec<Value> = {
        let world = host.shared.world();
        let here =
            |school: &&School| host.region == 0 || host.shared.region_of(school.facts.country) == host.region;
        let fits = |row: &Value| {
            let has = |name: &str, value: &Value| {
                query.get(name).is_none_or(|text| {
                    value.as_str().map_or_else(|| value.to_string(), str::to_owned) == text
                })
            };
            let postcode =
                row.pointer("/address/address_postcode").and_then(Value::as_str).unwrap_or_default();
            let prefix = query.get("postcode").unwrap_or_default();
            let plain = |text: &str| text.replace(' ', "").to_lowercase();
            plain(postcode).starts_with(&plain(prefix))
                && ["urn", "la_code", "establishment_number"]
                    .iter()
                    .all(|name| has(name, row.get(*name).unwrap_or(&Value::Null)))
        };
        let schools = world.schools.iter().filter(|school| may_ask(asker, &school.facts.id));
        schools
            .filter(here)
            .filter(|school| wanted(school))
            .map(|school| school_row(host, &world, school))
            .filter(fits)
            .collect()
    };
    page(host, "schools", rows, query, path).await
}

/// A school of this host; that of another is a success with nothing in it, but at the account's own host.
fn one_school(host: &Host, asker: &Asker, id: &str) -> Response {
    let world = host.shared.world();
    let Some(school) = world.school(id) else { return refuse(StatusCode::NOT_FOUND) };
    if host.region != 0 && host.shared.region_of(school.facts.country) != host.region {
        return answer(StatusCode::OK, &json!({ "data": [] }));
    }
    if !may_ask(asker, id) || !school.is_approved() {
        return refuse(StatusCode::FORBIDDEN);
    }
    answer(StatusCode::OK, &json!({ "data": school_row(host, &world, school) }))
}

fn meta(host: &Host, asker: &Asker, id: &str) -> Response {
    let world = host.shared.world();
    match world.school(id).filter(|_| may_ask(asker, id)) {
        Some(school) => answer(
            StatusCode::OK,
            &json!({ "data": { "online": school.online, "approved": school.is_approved(), "audited": school.audited,
                "custom_attendance_codes": false } }),
        ),
        None => refuse(StatusCode::NOT_FOUND),
    }
}

fn permissions(host: &Host, asker: &Asker, id: &str) -> Response {
    let world = host.shared.world();
    let Some(school) = world.school(id).filter(|_| may_ask(asker, id)) else {
        return refuse(StatusCode::NOT_FOUND);
    };
    if host.shared.options.permissions_hidden {
        return refuse(StatusCode::FORBIDDEN);
    }
    let rows: Vec<Value> = (PERMISSIONS.iter())
        .map(|identity| {
            json!({ "identity": identity, "name": identity, "description": null, "parent": null, "group": null,
                "active_from": null, "optional": true, "approved": school.shares(identity), "audited": true })
        })
        .collect();
    answer(StatusCode::OK, &json!({ "data": rows }))
}

/// Whether a school's rows may be read; the answer if not.
fn closed(host: &Host, asker: &Asker, school: &School) -> Option<Response> {
    if host.shared.region_of(school.facts.country) != host.region {
        return Some(answer(StatusCode::OK, &json!({ "data": [] })));
    }
    if !may_ask(asker, &school.facts.id) || !school.is_approved() || !school.audited {
        return Some(refuse(StatusCode::FORBIDDEN));
    }
    None
}

fn counts(host: &Host, asker: &Asker, id: &str, query: &Query) -> Response {
    let mut world = host.shared.world();
    let faults = struck(&mut world.faults, "counts", At::First, 0);
    let Some(school) = world.school(id) else { return refuse(StatusCode::NOT_FOUND) };
    if let Some(closed) = closed(host, asker, school) {
        return closed;
    }
    if has(&faults, Kind::NoTotal) {
        return refuse(StatusCode::NOT_FOUND);
    }
    let more = usize::from(has(&faults, Kind::WrongTotal));
    let mut data = serde_json::Map::new();
    for name in &query.includes {
        if let Some(rows) = school.rows.lists.get(name.as_str()) {
            data.insert(name.clone(), json!({ "data": { "count": rows.len() + more } }));
        }
    }
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// The permission that an include, or a list by itself, needs.
fn needed(collection: &str, include: Option<&str>) -> String {
    let Some(include) = include else { return format!("{collection}.read") };
    match (collection, include) {
        (_, "contacts") => "contacts.read".to_owned(),
        (_, "contacts.contact_details") => "contacts.contact_details.read".to_owned(),
        (_, "year" | "house" | "registration" | "campus" | "groups") => "groups.read".to_owned(),
        (_, "classes" | "students" | "employees") => format!("{include}.read"),
        (_, "subject") => "subjects.read".to_owned(),
        _ => format!("{collection}.{include}.read"),
    }
}

const INCLUDES: [&str; 15] = [
    "education_details",
    "contact_details",
    "extended_details",
    "employment_details",
    "year",
    "registration",
    "house",
    "campus",
    "contacts",
    "classes",
    "groups",
    "students",
    "employees",
    "subject",
    "relationship",
];

async fn rows(host: &Host, asker: &Asker, id: &str, collection: &str, query: &Query, path: &str) -> Response {
    let rows = {
        let world = host.shared.world();
        let Some(school) = world.school(id) else { return refuse(StatusCode::NOT_FOUND) };
        if let Some(closed) = closed(host, asker, school) {
            return closed;
        }
        match selected(&world, school, collection, query) {
            Ok(rows) => rows,
            Err(response) => return *response,
        }
    };
    page(host, collection, rows, query, path).await
}

fn selected(
    world: &World,
    school: &School,
    collection: &str,
    query: &Query,
) -> Result<Vec<Value>, Box<Response>> {
    if collection == "deletions" {
        let wanted =
            school.deletions.iter().filter(|gone| query.since.is_none_or(|since| gone.time() >= since));
        return Ok(wanted.map(super::world::Deletion::row).collect());
    }
    let Some((name, list)) = school.rows.lists.get_key_value(collection) else {
        return Err(Box::new(refuse(StatusCode::NOT_FOUND)));
    };
    let lacking: Vec<String> = std::iter::once(None)
        .chain(query.includes.iter().map(|include| Some(include.as_str())))
        .map(|include| needed(name, include))
        .filter(|identity| !school.shares(identity))
        .collect();
    if !lacking.is_empty() {
        let body = json!({ "error": "invalid_permissions", "invalid_permissions": lacking });
        return Err(Box::new(answer(StatusCode::FORBIDDEN, &body)));
    }
    let mut rows = Vec::new();
    for row in list {
        let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
        let changed = world.changed(school, name, id);
        let of_type =
            query.get("type").is_none_or(|wanted| row.get("type").and_then(Value::as_str) == Some(wanted));
        if !of_type || query.since.is_some_and(|since| changed < since) {
            continue;
        }
        let mut row = shown(row, name, query, school);
        put(&mut row, "created_at", stamp(changed));
        put(&mut row, "updated_at", stamp(changed));
        if world.broken.contains(&(collection.to_owned(), id.to_owned())) {
            row = json!([["CanaryValue"]]);
        }
        rows.push(row);
    }
    Ok(rows)
}

/// A row with what was included and shared.
fn shown(row: &Value, collection: &str, query: &Query, school: &School) -> Value {
    let mut row = row.clone();
    let Some(fields) = row.as_object_mut() else { return row };
    fields.retain(|key, _| {
        // The subject is a bare id unless it is included, and then an object here too.
        !INCLUDES.contains(&key.as_str())
            || query.includes.contains(key)
            || (collection == "classes" && key == "subject")
    });
    if let Some(contacts) =
        fields.get_mut("contacts").and_then(|contacts| contacts.get_mut("data")?.as_array_mut())
        && !query.includes.contains("contacts.contact_details")
    {
        for contact in contacts.iter_mut().filter_map(Value::as_object_mut) {
            contact.remove("contact_details");
        }
    }
    if collection == "classes" && query.includes.contains("subject") {
        let id = fields.get("subject").and_then(Value::as_str).unwrap_or_default().to_owned();
        let subjects = school.rows.lists.get("subjects").map(Vec::as_slice).unwrap_or_default();
        let found = subjects.iter().find(|subject| subject.get("id").and_then(Value::as_str) == Some(&id));
        fields.insert("subject".to_owned(), json!({ "data": found }));
    }
    if !school.shares("students.upn.read")
        && let Some(details) = fields.get_mut("education_details")
    {
        details.get_mut("data").into_iter().for_each(|data| put(data, "upn", Value::Null));
    }
    row
}

async fn page(host: &Host, collection: &str, rows: Vec<Value>, query: &Query, path: &str) -> Response {
    let size =
        query.per_page.unwrap_or(50).clamp(1, host.shared.options.clamp.unwrap_or(LARGEST_PAGE).max(1));
    let offset = query.offset(size);
    let at = if offset == 0 {
        At::First
    } else if offset + size >= rows.len() {
        At::Last
    } else {
        At::Middle
    };
    let faults = {
        let mut world = host.shared.world();
        struck(&mut world.faults, collection, at, dice(host.shared.requests()))
    };
    let body = made(host, &rows, query, path, size, &faults);
    let looks = Looks { key: "data", body: &body, refusal };
    match spoilt(&faults, &looks, &host.shared.tokens).await {
        Some(response) => response,
        None => text(StatusCode::OK, body),
    }
}

fn made(
    host: &Host,
    rows: &[Value],
    query: &Query,
    path: &str,
    size: usize,
    faults: &[SandboxFault],
) -> String {
    let asked = query.offset(size);
    let (mut offset, mut taken) = (asked, size);
    if has(faults, Kind::RepeatedPage) {
        offset = 0;
    }
    if has(faults, Kind::ShiftedRows) {
        offset += 1;
    }
    if has(faults, Kind::Clamp) {
        taken = (size / 2).max(1);
    }
    let mut shown: Vec<Value> = rows.iter().skip(offset).take(taken).cloned().collect();
    let mut after = offset + shown.len();
    if has(faults, Kind::EmptyPage) {
        // The rows come on the next page.
        shown.clear();
        after = offset;
    }
    let mut is_more = after < rows.len();
    if has(faults, Kind::EndlessPages) {
        shown = (0..size)
            .map(|row| json!({ "id": format!("endless-{:012}", asked + row), "name": "x" }))
            .collect();
        (after, is_more) = (asked + size, true);
    }
    if has(faults, Kind::RepeatedPage) {
        (after, is_more) = (asked, true);
    }
    let empties = usize::from(has(faults, Kind::EmptyPage));
    let mut next = is_more.then(|| format!("{}{path}?{}", host.origin, query.at(after, size)));
    if empties == 1 && is_more {
        next = next.map(|next| format!("{next}&again=1"));
    }
    if has(faults, Kind::ForeignNext) {
        next = Some(format!("https://elsewhere.example{path}?page=2"));
    }
    let more = if has(faults, Kind::NoTotal) && next.is_none() { true } else { next.is_some() };
    let mut body = json!({ "data": shown, "meta": { "includes": query.includes } });
    let is_paged = query.per_page.is_some() || rows.len() > 50 || next.is_some();
    let pagination = json!({ "next": next, "previous": null, "more": more, "per_page": size,
        "current_page": asked / size.max(1) + 1 });
    if let Some(meta) = body.get_mut("meta").filter(|_| is_paged) {
        put(meta, "pagination", pagination);
    }
    body.to_string()
}
