//! Contracts, deployments and lists: what is sent once, what is read to its end.

use billtest_broker::client::{
    Arrival, BrokerError, Contract, Contracts, Credentials, EnvironmentChange, RemarkKind,
};
use serde_json::{Value, json};

use crate::client;
use crate::fake::{FakeBroker, Fault, Setup};

fn broker(faults: Vec<Fault>) -> FakeBroker {
    FakeBroker::start(Setup { faults, ..Setup::default() })
}

fn answer(on: &'static str, json: &Value) -> Fault {
    Fault { on, times: 1, what: format!("200 {json}") }
}

fn contracts() -> Contracts {
    Contracts {
        consumer: "Foo".into(),
        version: "1".into(),
        pacts: vec![Contract { provider: "Bar".into(), content: b"{}".to_vec() }],
        ..Contracts::default()
    }
}

/// A user would not see the branch that is to be deleted.
#[tokio::test]
async fn a_list_of_several_pages_is_read_to_its_end() {
    let page = |number: u64, names: &[&str]| {
        let branches: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        json!({"page": {"number": number, "size": 2, "totalPages": 3}, "_embedded": {"branches": branches}})
    };
    let pacticipant = json!({"_links": {"pb:branches": {"href": "/pacticipants/Foo/branches"}}});
    let broker = broker(vec![
        answer("branches?pageNumber=2&pageSize=2", &page(2, &["c", "d"])),
        answer("branches?pageNumber=3&pageSize=2", &page(3, &["e"])),
        answer("GET /pacticipants/Foo/branches", &page(1, &["a", "b"])),
        answer("GET /pacticipants/Foo", &pacticipant),
    ]);
    let all = client(&broker, Credentials::None).branches("Foo").await.unwrap();
    let names: Vec<&str> = all["_embedded"]["branches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_conflict_tells_the_reason_and_what_differs() {
    let words = json!({
        "notices": [{"type": "error", "text": "Cannot change"}, {"type": "info", "text": "- old\n+ new"}],
        "errors": {"contracts": ["Cannot change"]},
    });
    let broker = broker(vec![Fault { on: "POST /contracts", times: 9, what: format!("409 {words}") }]);
    let error = client(&broker, Credentials::None).publish_contracts(&contracts()).await.unwrap_err();
    let BrokerError::Conflict { remarks, json, .. } = &error else { unreachable!("{error}") };
    let remarks: Vec<_> = remarks.iter().map(|remark| (remark.kind, remark.text.as_str())).collect();
    assert_eq!(remarks, [(RemarkKind::Error, "Cannot change"), (RemarkKind::Info, "- old\n+ new")]);
    assert_eq!((error.status(), &**json), (Some(409), &words));
    assert!(error.to_string().contains("nothing of it is published"), "{error}");
}

/// Another instance than the one that was taken away would be recorded as gone.
#[tokio::test]
async fn only_the_deployment_that_is_meant_is_ended() {
    let record = |id: u32, instance: Option<&str>| {
        let mut record = json!({
            "_embedded": {"pacticipant": {"name": "Foo"}},
            "_links": {"self": {"href": format!("/deployed-versions/{id}")}},
        });
        if let Some(instance) = instance {
            record["applicationInstance"] = json!(instance);
        }
        record
    };
    let present = json!({"href": "/environments/u/deployed-versions/currently-deployed"});
    let environment = json!({"name": "prod", "_links": {"pb:currently-deployed-deployed-versions": present}});
    let mut other = record(4, None);
    other["_embedded"]["pacticipant"]["name"] = json!("Bar");
    let all = [record(1, None), record(2, Some("blue")), record(3, Some("green")), other];
    for (instance, expected) in
        [(None, "PATCH /deployed-versions/1"), (Some("green"), "PATCH /deployed-versions/3")]
    {
        let broker = broker(vec![
            answer("currently-deployed?pacticipant=Foo", &json!({"_embedded": {"deployedVersions": all}})),
            answer("GET /environments", &json!({"_embedded": {"environments": [environment]}})),
            answer("PATCH", &json!({"currentlyDeployed": false})),
        ]);
        client(&broker, Credentials::None).end_deployment("Foo", "prod", instance).await.unwrap();
        let patches: Vec<_> =
            broker.requests().into_iter().filter(|request| request.line.starts_with("PATCH")).collect();
        assert_eq!(patches.len(), 1);
        assert_eq!(patches[0].line, expected);
        assert_eq!(patches[0].body, json!({"currentlyDeployed": false}));
    }
}

#[tokio::test]
async fn a_deployment_is_recorded_where_the_version_says() {
    let version = json!({"_links": {"pb:record-deployment": [
        {"name": "test", "href": "/record/test"}, {"name": "prod", "href": "/record/prod"},
    ]}});
    let broker = broker(vec![
        answer("GET /pacticipants/Foo/versions/1%2F2", &version),
        // Lost on the way back: the version is there all the same, and recording it again changes nothing.
        Fault { on: "POST /record/prod", times: 1, what: "502 {}".into() },
        answer("POST /record/prod", &json!({"uuid": "u"})),
    ]);
    let client = client(&broker, Credentials::None);
    let arrival = Arrival::Deployed { instance: Some("blue".into()) };
    client.record_arrival("Foo", "1/2", "prod", &arrival).await.unwrap();
    let request = broker.requests().pop().unwrap();
    assert_eq!(request.line, "POST /record/prod");
    assert_eq!(request.body, json!({"applicationInstance": "blue", "target": "blue"}));
}

/// A change of one thing would take away the others.
#[tokio::test]
async fn an_environment_keeps_what_is_not_changed() {
    let before = json!({"uuid": "u", "name": "test", "displayName": "Test", "production": true});
    let broker = broker(vec![
        answer("GET /environments/u", &before),
        answer("PUT /environments/u", &json!({"name": "uat"})),
    ]);
    let change = EnvironmentChange { name: Some("uat".into()), ..EnvironmentChange::default() };
    client(&broker, Credentials::None).update_environment("u", &change).await.unwrap();
    let sent = broker.requests().pop().unwrap().body;
    assert_eq!(sent, json!({"name": "uat", "displayName": "Test", "production": true}));
}
