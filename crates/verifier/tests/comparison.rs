//! A comparison that would take for ever.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use billtest_contract::pact::PactFile;
use billtest_contract::state::{Isolation, StateCatalogue};
use billtest_verifier::{
    ClientOptions, Executor, Failure, Filter, Interrupt, Outcome, Plan, PlanOptions, ProviderAddress,
    http_client,
};

/// One answer would hold up the run for minutes, and nobody would know why.
#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_is_given_up_when_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = ProviderAddress::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let levels = 20_000;
        let body = format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        let head = format!("content-type: application/xml\r\ncontent-length: {}", body.len());
        write!(stream, "HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").unwrap();
    });
    let pact = br#"{
        "consumer": {"name": "shop"}, "provider": {"name": "BillingAPI"},
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "deep", "request": {"method": "GET", "path": "/"},
            "response": {
                "status": 200,
                "body": {"content": "<a></a>", "contentType": "application/xml", "encoded": false}
            }
        }],
        "metadata": {"pactSpecification": {"version": "4.0"}}
    }"#;
    let pacts = [PactFile::parse("p.json", pact).unwrap()];
    let (states, filter) = (StateCatalogue::default(), Filter::default());
    let options =
        PlanOptions { states: &states, isolation: Isolation::Exclusive, filter: &filter, message_path: "/" };
    let plan = Plan::new(&pacts, &options);
    let client = http_client(&ClientOptions { encrypted: false, ..ClientOptions::default() }).unwrap();
    let executor =
        Executor::new(client, vec![provider], Vec::new()).with_comparison_timeout(Duration::from_millis(50));
    let (_tell, never) = Interrupt::channel();
    let planned = Arc::clone(plan.interactions().next().unwrap());
    let result = executor.verify(&planned, "", never).await;
    let Outcome::Failed(Failure::NotCompared(reason)) = result.outcome else {
        panic!("{:?}", result.outcome)
    };
    assert_eq!(reason, "comparing it took longer than 0.05 s, and was given up");
}
