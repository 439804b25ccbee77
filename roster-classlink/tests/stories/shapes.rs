//! The shapes of requests and answers, on a server that nobody here wrote.

use futures::TryStreamExt;
use roster_classlink::{ClassLinkPartner, ClassLinkSource};
use roster_core::{Completeness, EntityKind, ErrorKind, PullRequest, Tenant, TenantDirectory};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

use crate::{Pulled, context};

fn row(tenant: u32, id: &str, bearer: Option<&str>) -> Value {
    json!({
        "id": 1176, "tenant_name": "Demo", "tenant_id": tenant, "application_id": 57, "bearer": bearer,
        "name": "Reading", "oneroster_application_id": id, "enabled": "true", "tenant_status": "Active",
    })
}

fn partner(server: &MockServer) -> ClassLinkPartner {
    ClassLinkPartner::builder().base_url(server.uri()).token("partner").partner().unwrap()
}

async fn listing(server: &MockServer, offset: &str, answer: Value) {
    Mock::given(method("GET"))
        .and(path("/applications"))
        .and(query_param("limit", "1000"))
        .and(query_param("offset", offset))
        .and(header("authorization", "Bearer partner"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1..)
        .mount(server)
        .await;
}

#[tokio::test]
async fn the_list_and_a_page_are_asked_for_as_documented() {
    let server = MockServer::start().await;
    let list = json!({ "status": 1, "applications": [row(2, "MoY%2FQWmG0%3D", Some("district"))] });
    listing(&server, "0", list).await;
    listing(&server, "1", json!({ "status": 7, "applications": [] })).await;
    let user = json!({
        "sourcedId": "7_1|x", "status": "active", "enabledUser": "true", "role": "student", "givenName": "Ada", "phone": "",
        "orgs": [{ "sourcedId": "s", "href": "https://elsewhere.example/orgs/s" }], "grades": "09", "password": "Canary",
    });
    Mock::given(method("GET"))
        .and(header("authorization", "Bearer district"))
        .and(query_param("limit", "5000"))
        .and(query_param("offset", "0"))
        .and(query_param("sort", "sourcedId"))
        .and(query_param("orderBy", "asc"))
        .respond_with(
            ResponseTemplate::new(200)
                .insert_header("x-total-count", "1")
                .insert_header("x-count", "1")
                .insert_header("x-perm-rev", "abc")
                .set_body_json(json!({ "users": [user] })),
        )
        .expect(1)
        .mount(&server)
        .await;
    let source = partner(&server).source("2", None);
    let pulled = Pulled::of(&source, PullRequest::full().only([EntityKind::Person])).await;
    assert_eq!(pulled.ends[&EntityKind::Person], Completeness::Complete, "{:?}", pulled.error);
    assert_eq!(pulled.records.len(), 1);
    let asked: Vec<Request> = server.received_requests().await.unwrap();
    let data = asked.last().unwrap().url.path();
    assert_eq!(data, "/MoY%2FQWmG0%3D/ims/oneroster/v1p1/users");
}

#[tokio::test]
async fn a_list_that_repeats_itself_is_an_error() {
    let server = MockServer::start().await;
    let list = json!({ "status": 1, "applications": [row(2, "a", Some("b"))] });
    let always = ResponseTemplate::new(200).set_body_json(list);
    Mock::given(path("/applications")).respond_with(always).mount(&server).await;
    let error = partner(&server).tenants(&context()).try_collect::<Vec<Tenant>>().await.unwrap_err();
    assert!(
        error.kind() == ErrorKind::Provider && error.message().contains("/applications page 2"),
        "{error}"
    );
    for (body, kind) in [(json!({ "status": 0 }), ErrorKind::Provider), (json!("x"), ErrorKind::Provider)] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(path("/applications")).respond_with(answer).mount(&server).await;
        let error = partner(&server).tenants(&context()).try_collect::<Vec<Tenant>>().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn a_district_with_several_applications_wants_a_choice() {
    let server = MockServer::start().await;
    let mut second = row(2, "second", Some("b"));
    second["application_id"] = 58.into();
    listing(
        &server,
        "0",
        json!({ "status": 1, "applications": [row(2, "first", Some("a")), second, row(3, "c", None)] }),
    )
    .await;
    listing(&server, "3", json!({ "status": 1, "applications": [] })).await;
    let partner = partner(&server);
    let tenants: Vec<Tenant> = partner.tenants(&context()).try_collect().await.unwrap();
    let ids: Vec<_> = tenants.iter().map(|tenant| tenant.id.as_str()).collect();
    assert_eq!(ids, ["2/57", "2/58", "3"]);
    let error = partner.open("2", &context()).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.message().ends_with("57, 58"), "{error}");
    assert!(partner.open("2/58", &context()).await.is_ok());
}

#[tokio::test]
async fn a_server_that_the_list_does_not_describe_is_told() {
    let server = MockServer::start().await;
    listing(&server, "0", json!({ "applications": [row(2, "a%3D", None)] })).await;
    listing(&server, "1", json!({ "applications": [] })).await;
    Mock::given(path("/applications/a%3D/server"))
        .and(header("authorization", "Bearer partner"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "status": 1, "server": null })))
        .expect(1)
        .mount(&server)
        .await;
    let builder =
        ClassLinkSource::builder().base_url(server.uri()).token("partner").tenant("2").access("direct");
    let error = Pulled::of(&builder.build().unwrap(), PullRequest::full()).await.error.unwrap();
    assert!(error.kind() == ErrorKind::Config && error.message().contains("no server"), "{error}");
}
