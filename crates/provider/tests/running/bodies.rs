use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use axum::body::Body;
use axum::http::Request;
use billtest_provider::Options;
use futures::stream;
use tower::ServiceExt as _;

use crate::api::{Api, router};

/// A client that sends all of a large body before it listens would find a broken pipe, and never learn what was wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_listens_afterwards_is_told_that_its_body_is_too_large() {
    let api = Api::start(Options::default()).await;
    let address = api.url.trim_start_matches("http://").to_owned();
    let answer = tokio::task::spawn_blocking(move || {
        let body = vec![b' '; 10 * 1024 * 1024];
        let mut stream = TcpStream::connect(address).unwrap();
        let head = format!(
            "POST /billing/meters HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(answer.contains("larger than 1048576 bytes"), "{answer}");
}

/// A client that is gone would hold what its request holds for ever.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request =
        Request::post("/billing/meters").header("content-type", "application/json").body(body).unwrap();
    let answer = router(Options::default()).oneshot(request).await.unwrap();
    assert_eq!(answer.status(), 400);
}
