//! The embedded broker over real sockets and a real database: a file of SQLite for each test, or a schema of its own
//! on the PostgreSQL server that `BILLTEST_TEST_POSTGRES` names.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod access;
mod deployments;
mod faults;
mod hostile;
mod matrix;
mod pages;
mod publishing;
mod reading;
mod replay;
mod running;
mod selectors;
mod webhooks;
