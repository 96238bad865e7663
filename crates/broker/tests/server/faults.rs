//! A database that goes away, and comes back.

use billtest_broker::server::{Broker, DatabaseAddress, Settings, back_up};

use super::running::{Data, Pact, Running};

async fn publish(broker: &Running, version: &str) -> u16 {
    broker.post("/contracts/publish", Pact { version, ..Pact::default() }.body()).await.status
}

/// A file that is removed can still be written to: everything acknowledged then would be lost with the process.
#[tokio::test]
async fn a_file_that_is_gone_is_told_and_used_again_when_it_is_back() {
    if Data::is_postgres() {
        println!("skipped: PostgreSQL has no file of ours");
        return;
    }
    let broker = Running::start().await;
    assert_eq!(publish(&broker, "1").await, 200);
    let file = broker.data.file();
    let away = file.with_extension("away");
    std::fs::rename(&file, &away).unwrap();
    let refused =
        broker.post("/contracts/publish", Pact { version: "2", ..Pact::default() }.body()).await.expect(503);
    assert!(refused.json()["error"]["message"].as_str().unwrap().contains("database"), "{}", refused.text);
    broker.get("/pacticipants").await.expect(503);
    assert_eq!(
        broker.get("/diagnostic/status/dependencies").await.expect(503).json()["database"]["ok"],
        false
    );
    broker.get("/").await.expect(200);
    assert!(!file.exists(), "an empty database would hide that the other is gone");
    std::fs::rename(&away, &file).unwrap();
    assert_eq!(publish(&broker, "2").await, 200);
    broker.get("/pacticipants/Foo/versions/1").await.expect(200);
}

/// A restored backup would be overwritten by a process that still has the old file.
#[tokio::test]
async fn a_backup_is_taken_while_the_broker_works_and_can_take_its_place() {
    if Data::is_postgres() {
        println!("skipped: PostgreSQL has backups of its own");
        return;
    }
    let broker = std::sync::Arc::new(Running::start().await);
    assert_eq!(publish(&broker, "1").await, 200);
    let writing = tokio::spawn({
        let broker = broker.clone();
        async move {
            for number in 2..40 {
                assert_eq!(publish(&broker, &number.to_string()).await, 200);
            }
        }
    });
    let file = broker.data.file();
    let copy = file.with_extension("copy");
    back_up(&DatabaseAddress::Sqlite(file.clone()), &copy).await.unwrap();
    writing.await.unwrap();
    let exists = back_up(&DatabaseAddress::Sqlite(file.clone()), &copy).await.unwrap_err().to_string();
    assert!(exists.contains("exists"), "{exists}");
    for extra in ["sqlite-wal", "sqlite-shm"] {
        let _ = std::fs::remove_file(file.with_extension(extra));
    }
    std::fs::rename(&copy, &file).unwrap();
    broker.get("/pacticipants/Foo/versions/1").await.expect(200);
    broker.get("/pacticipants/Foo/versions/39").await.expect(404);
    assert_eq!(publish(&broker, "39").await, 200);
}

/// Everything would be lost at every release of the server.
#[tokio::test]
async fn data_outlives_the_broker() {
    let broker = Running::start().await;
    let first = Pact::default();
    broker.publish(&first).await;
    broker.verify(&first, "10", true).await;
    let prod = broker.environment("prod").await;
    broker.deploy("Bar", "10", &prod, "").await;
    let data = broker.stop().await;
    let settings = data.settings();
    let broker = Running::on(data, settings).await;
    assert_eq!(broker.can_i_deploy("Foo", "1", "prod").await, true);
}

/// One long change would keep everybody from reading.
#[tokio::test(flavor = "multi_thread")]
async fn readers_are_answered_while_changes_wait() {
    let broker = std::sync::Arc::new(Running::start().await);
    assert_eq!(publish(&broker, "1").await, 200);
    let held = broker.data.hold().await;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..32 {
        let broker = broker.clone();
        writers.spawn(async move { publish(&broker, &format!("w{number}")).await });
    }
    // Nothing tells when the writers wait; that many reads outlast their start.
    for _ in 0..200 {
        broker.get("/pacts/provider/Bar/consumer/Foo/latest").await.expect(200);
    }
    assert!(writers.try_join_next().is_none(), "the change that goes on is not waited for");
    drop(held);
    assert!(writers.join_all().await.iter().all(|status| *status == 200));
}

/// Whoever takes a new version of the broker would have to begin with nothing.
#[tokio::test]
async fn a_database_of_an_earlier_schema_is_brought_up_to_date_and_a_later_one_is_left_alone() {
    if Data::is_postgres() {
        println!("skipped: PostgreSQL keeps its versions in a table of the library");
        return;
    }
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let data = broker.stop().await;
    let file = rusqlite::Connection::open(data.file()).unwrap();
    file.execute_batch("DROP TABLE pact_revision; PRAGMA user_version = 0").unwrap();
    let settings = data.settings();
    let broker = Running::on(data, settings).await;
    broker.get("/pacticipants/Foo/versions/1").await.expect(200);
    let mut body = Pact { content: "b", ..Pact::default() }.body();
    body["contracts"][0]["onConflict"] = serde_json::json!("merge");
    broker.post("/contracts/publish", body).await.expect(200);
    let data = broker.stop().await;
    file.execute_batch("PRAGMA user_version = 99").unwrap();
    let error = Broker::open(data.settings()).await.unwrap_err().to_string();
    assert!(error.contains("newer version"), "{error}");
}

/// A broker that was used for years would fail, because its lists are longer than a statement may be.
#[tokio::test]
async fn lists_may_be_longer_than_a_statement() {
    if Data::is_postgres() {
        println!("skipped: the rows are written into a file");
        return;
    }
    let broker = Running::start().await;
    broker.publish(&Pact::default()).await;
    let file = rusqlite::Connection::open(broker.data.file()).unwrap();
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO pacticipant \
               (name, display_name, created_at) SELECT 'app ' || i, '', 0 FROM n";
    file.execute_batch(sql).unwrap();
    let all = broker.get("/pacticipants").await.expect(200).json();
    assert_eq!(all["_embedded"]["pacticipants"].as_array().unwrap().len(), 40_002);
}

/// A user would see a panic, or an empty broker in the place of theirs.
#[tokio::test]
async fn what_is_no_database_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broker.sqlite");
    std::fs::write(
        &file,
        "This is a text, and it is longer than the head of a database file would have to be, by far.",
    )
    .unwrap();
    for (address, says) in [
        (DatabaseAddress::Sqlite(file.clone()), "broker.sqlite"),
        (
            DatabaseAddress::Sqlite(folder.path().join("no/such/folder.sqlite")),
            "name another with --database",
        ),
        (DatabaseAddress::Sqlite(folder.path().to_owned()), "cannot be opened"),
        (DatabaseAddress::Postgres("postgres://u:s3cret@127.0.0.1:1/x".into()), "postgres://u@127.0.0.1:1/x"),
    ] {
        let error = Broker::open(Settings::new(address)).await.unwrap_err().to_string();
        assert!(error.contains(says) && !error.contains("s3cret"), "{error}");
    }
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("This is a text"));
    for wrong in ["", "broker.sqlite", "sqlite:", "sqlite::memory:", "mysql://x"] {
        assert!(wrong.parse::<DatabaseAddress>().is_err(), "{wrong}");
    }
}
