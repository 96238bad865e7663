//! The worked examples that the engine does not reproduce, each with its reason: the example is about what is sent, its
//! result is a defect, or the rule is another one here.

const SENT: &str = "a request body, decided where it is sent: src/, the client's managers";
const READ: &str = "the reading of an answer, decided where it is read: src/, the client's managers";
const ATTEMPTS: &str = "how often a request is sent, decided where it is sent: src/, the client's managers";
const NO_ZONE: &str = "a defect: times without a zone broke the calculation; here every time has one";
const GAP: &str = "a defect: units without a price were free or mispriced; here such tiers are refused";
const OVERLAP: &str = "a defect: overlapping tiers were accepted; here each unit has exactly one price";
const EXPIRED: &str = "a defect: an expired credit came first; here it cannot be used";
const STATES: &str = "another rule: payments move by one table, in which this state leads elsewhere";
const FLAT_FEE: &str = "another rule: being late costs a rate a day, at most the amount, not 5 % once";

pub(crate) const EXCEPTIONS: &[(&str, &str)] = &[
    ("adjustment-033", SENT),
    ("adjustment-034", SENT),
    ("aggregation-001", "the text of a key of older reports; here the key of a group is a typed value"),
    ("batch-019", SENT),
    ("batch-021", SENT),
    ("billing-032", "a defect: an amount distributed among nobody was lost; here it is an error"),
    ("contract-025", ATTEMPTS),
    ("contract-026", READ),
    ("credit-011", SENT),
    ("credit-013", READ),
    ("metering-056", SENT),
    ("metering-057", SENT),
    ("metering-058", SENT),
    ("metering-059", SENT),
    ("payment-048", ATTEMPTS),
    ("payment-049", ATTEMPTS),
    (
        "x-adjustment-002",
        "a defect: an adjustment type that nobody calculates raised the bill; here it is refused",
    ),
    ("x-credit-001", "a defect: the balance was counted twice"),
    (
        "x-distribute-001",
        "a defect: the last share was below zero; here the largest remainders get the units left",
    ),
    ("x-dom_adjustment-007", "another rule: a rate surcharge may be up to 200 %"),
    (
        "x-dom_adjustment-009",
        "another rule: adjustments of a level are made by age, not by a priority number",
    ),
    ("x-dom_contract-011", GAP),
    ("x-dom_contract-012", GAP),
    ("x-dom_contract-015", OVERLAP),
    ("x-dom_contract-018", OVERLAP),
    ("x-dom_credit-010", EXPIRED),
    ("x-dom_credit-015", EXPIRED),
    ("x-dom_credit-018", "a defect: using less than nothing raised a balance; here it is refused"),
    ("x-dom_payment-002", STATES),
    ("x-dom_payment-003", STATES),
    ("x-dom_service-001", "a defect: a counter without a price was charged 1; here it is refused"),
    ("x-dom_service-005", FLAT_FEE),
    ("x-dom_service-006", FLAT_FEE),
    ("x-dom_service-007", "a defect: the minimum was charged for each counter; here once a month"),
    (
        "x-dom_service-008",
        "a defect: without usage no minimum was charged; here it is what a month comes to at least",
    ),
    ("x-dom_service-009", NO_ZONE),
    ("x-dom_service-010", NO_ZONE),
    ("x-dom_service-012", "another rule: rates are limited one by one, and together never exceed the amount"),
    (
        "x-dom_statement-001",
        "another rule: unpaid months are added last; a discount does not shrink an old debt",
    ),
    ("x-dom_statement-004", "a defect: a credit counted as used although nothing was left to pay"),
    ("x-dom_unpaid-003", FLAT_FEE),
    (
        "x-dom_usage-003",
        "another rule: CUMULATIVE is last less first, and a counter that ran backwards is refused",
    ),
    ("x-dom_usage-004", "a defect: each project was charged for all of them"),
    ("x-late_fee-004", "another rule: a late fee is at most the amount"),
];
