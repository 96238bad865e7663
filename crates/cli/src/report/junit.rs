//! Results for CI servers: JUnit XML, a suite a pact.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::Account;
use super::account::PactAccount;
use super::explain::{Explanation, Status};

/// Where what belongs to no interaction is shown.
const PROBLEMS: &str = "billtest-verify";

pub(crate) fn render(account: &Account<'_>) -> io::Result<String> {
    let mut report = Report::new("billtest-verify");
    report.set_time(account.elapsed);
    report.add_test_suites(account.pacts().iter().map(suite));
    if !account.problems.is_empty() {
        report.add_test_suite(problems(account.problems));
    }
    report.to_string().map_err(io::Error::other)
}

fn suite(pact: &PactAccount<'_, '_>) -> TestSuite {
    let mut suite = TestSuite::new(format!("{} -> {}", pact.consumer, pact.provider));
    suite.add_property(Property::new("pact", pact.source));
    let total: Duration = pact.explanations.iter().map(|explanation| explanation.timings.total()).sum();
    suite.set_time(total);
    suite.add_test_cases(pact.explanations.iter().map(|explanation| case(explanation)));
    suite
}

fn case(explanation: &Explanation<'_>) -> TestCase {
    let planned = explanation.planned;
    let name = format!("{}{}", explanation.description(), explanation.given());
    let mut case = TestCase::new(name, status(explanation));
    case.set_classname(format!("{}.{}", planned.consumer, planned.provider));
    case.set_time(explanation.timings.total());
    case.add_property(Property::new("id", explanation.id()));
    case
}

fn status(explanation: &Explanation<'_>) -> TestCaseStatus {
    let mut status = match explanation.status {
        Status::Verified => return TestCaseStatus::success(),
        Status::Pending | Status::Interrupted | Status::Skipped => TestCaseStatus::skipped(),
        Status::Mismatched => TestCaseStatus::non_success(NonSuccessKind::Failure),
        // Nothing was compared: that is no verdict on the provider's response.
        Status::StateFailed | Status::Unanswered | Status::Invalid => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    let headline = explanation.headline();
    match explanation.status {
        Status::Pending => status.set_message(format!("pending, its failure does not count: {headline}")),
        _ => status.set_message(headline),
    };
    status.set_type(explanation.status.key());
    if explanation.status.is_explained() {
        status.set_description(explanation.text());
    }
    status
}

fn problems(problems: &[String]) -> TestSuite {
    let mut suite = TestSuite::new(PROBLEMS);
    for problem in problems {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        let first = problem.lines().next().unwrap_or_default();
        status.set_message(first).set_type("problem").set_description(problem.as_str());
        // The name of a file, where the problem begins with one, tells cases apart.
        let name = first.split(": ").next().unwrap_or_default();
        let mut case = TestCase::new(name, status);
        case.set_classname(PROBLEMS);
        suite.add_test_case(case);
    }
    suite
}
