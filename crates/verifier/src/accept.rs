//! Recognising at a glance that a JSON body is as agreed.
//!
//! Most responses are as agreed, and for those nobody reads an explanation. `pact_matching` compares by walking
//! expected and actual bodies with a path in hand, looks every rule up again at every value and compiles every
//! regular expression again at every use. Here the rules are laid onto the expected body once, when the run is
//! planned, and a response is walked beside the result.
//!
//! The answer is "as agreed" or "not known". Everything that is not known, an unusual rule as well as a real
//! difference, goes to `pact_matching`, which alone says what is wrong. So this module must never be more generous
//! than `pact_matching` 2.1 is; where that is generous in an odd way, it may be stricter. A property test holds the
//! two side by side.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use onig::{MatchParam, Regex, SearchOptions};
use pact_models::matchingrules::{MatchingRule, MatchingRuleCategory, RuleLogic};
use pact_models::path_exp::PathToken;
use pact_models::time_utils::validate_datetime;
use serde_json::{Map, Value};

/// How long regular expressions may take before it is left to the comparison, which can be given up.
const PATIENCE: Duration = Duration::from_millis(50);

/// An expected JSON body with its rules.
#[derive(Debug)]
pub(crate) struct Expected {
    root: Node,
}

#[derive(Debug)]
enum Node {
    Scalar {
        expected: Value,
        tests: Tests,
    },
    /// Every member must be there; others may be.
    Object {
        members: Vec<(String, Node)>,
        sizes: Sizes,
    },
    /// Whatever the members are called, each is as the expected one of its name, or as the first.
    Map {
        members: Vec<(String, Node)>,
    },
    /// As many items, each as its counterpart.
    List {
        items: Vec<Node>,
    },
    /// Any number of items within the sizes, each as its counterpart or else as the first.
    Each {
        items: Vec<Node>,
        sizes: Sizes,
    },
}

/// How many members or items there may be.
#[derive(Debug, Default)]
struct Sizes {
    min: Option<usize>,
    max: Option<usize>,
}

impl Sizes {
    fn allow(&self, count: usize) -> bool {
        self.min.is_none_or(|min| count >= min) && self.max.is_none_or(|max| count <= max)
    }
}

/// The rules of one value: all of them, or any.
#[derive(Debug)]
struct Tests {
    tests: Vec<Test>,
    any: bool,
}

#[derive(Debug)]
enum Test {
    Equal,
    SameType,
    Regex(Regex),
    Number,
    Integer,
    Decimal,
    Boolean,
    Null,
    Includes(String),
    Time(String),
}

impl Expected {
    /// Lays the rules onto an expected body; nothing if some rule is not one of those known here.
    pub(crate) fn new(expected: &Value, rules: Option<&MatchingRuleCategory>) -> Option<Self> {
        let none = MatchingRuleCategory::empty("body");
        let rules = rules.unwrap_or(&none);
        // A rule for one certain item of a list would have to be told from the rules of the others.
        let certain_item = |token: &PathToken| match token {
            PathToken::Index(_) => true,
            PathToken::Field(name) => name.parse::<usize>().is_ok(),
            _ => false,
        };
        if rules.rules.keys().any(|path| path.tokens().iter().any(certain_item)) {
            return None;
        }
        let mut path = vec!["$".to_owned()];
        Some(Self { root: compile(expected, rules, &mut path)? })
    }

    /// Whether the body is certainly as agreed. Expressions that take long are not waited for: then nothing is certain.
    pub(crate) fn accepts(&self, actual: &Value) -> bool {
        self.root.accepts(actual, Instant::now() + PATIENCE)
    }
}

/// Whether two rules are equally close to a value, as `$.*` and `$[*]` are to `$[0]`: `pact_matching` then takes either,
/// by the order in which it happens to hold them.
fn is_ambiguous(rules: &MatchingRuleCategory, steps: &[&str]) -> bool {
    let weights = rules.rules.keys().map(|path| path.path_weight(steps)).filter(|(weight, _)| *weight > 0);
    let (mut best, mut count) = (0, 0);
    for (weight, length) in weights {
        match (weight * length).cmp(&best) {
            Ordering::Greater => (best, count) = (weight * length, 1),
            Ordering::Equal => count += 1,
            Ordering::Less => {}
        }
    }
    count > 1
}

fn compile(expected: &Value, rules: &MatchingRuleCategory, path: &mut Vec<String>) -> Option<Node> {
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    if is_ambiguous(rules, &steps) {
        return None;
    }
    let selected = rules.select_best_matcher(&steps);
    let mut inner = |step: String, value: &Value| {
        path.push(step);
        let node = compile(value, rules, path);
        path.pop();
        node
    };
    match expected {
        Value::Object(members) => {
            let mut sizes = Sizes::default();
            let mut is_map = false;
            for rule in &selected.rules {
                match rule {
                    MatchingRule::Values if !selected.cascaded && selected.rules.len() == 1 => is_map = true,
                    rule => collection_rule(rule, selected.cascaded, &mut sizes)?,
                }
            }
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), inner(name.clone(), value)?)))
                .collect::<Option<Vec<_>>>()?;
            Some(if is_map { Node::Map { members } } else { Node::Object { members, sizes } })
        }
        Value::Array(items) => {
            let mut sizes = Sizes::default();
            for rule in &selected.rules {
                collection_rule(rule, selected.cascaded, &mut sizes)?;
            }
            let has_rules = !selected.rules.is_empty();
            if has_rules && matches!(selected.rule_logic, RuleLogic::Or) && selected.rules.len() > 1 {
                return None;
            }
            // No rule names a certain item, so that the rules of one are the rules of all.
            let items = items.iter().map(|item| inner("0".into(), item)).collect::<Option<Vec<_>>>()?;
            if has_rules && items.is_empty() {
                // Pact looks at nothing then, not even at the sizes.
                sizes = Sizes::default();
            }
            Some(if has_rules { Node::Each { items, sizes } } else { Node::List { items } })
        }
        scalar => {
            let tests = selected.rules.iter().map(test).collect::<Option<Vec<_>>>()?;
            let tests = if tests.is_empty() { vec![Test::Equal] } else { tests };
            let any = matches!(selected.rule_logic, RuleLogic::Or);
            Some(Node::Scalar { expected: scalar.clone(), tests: Tests { tests, any } })
        }
    }
}

/// Takes the sizes of a rule of a list or an object; nothing if the rule means more than a size here.
fn collection_rule(rule: &MatchingRule, cascaded: bool, sizes: &mut Sizes) -> Option<()> {
    let (min, max) = match rule {
        MatchingRule::Type => (None, None),
        MatchingRule::MinType(min) => (Some(*min), None),
        MatchingRule::MaxType(max) => (None, Some(*max)),
        MatchingRule::MinMaxType(min, max) => (Some(*min), Some(*max)),
        _ => return None,
    };
    if !cascaded {
        sizes.min = sizes.min.max(min);
        sizes.max = match (sizes.max, max) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    Some(())
}

fn test(rule: &MatchingRule) -> Option<Test> {
    Some(match rule {
        MatchingRule::Equality => Test::Equal,
        MatchingRule::Type
        | MatchingRule::MinType(_)
        | MatchingRule::MaxType(_)
        | MatchingRule::MinMaxType(..) => Test::SameType,
        MatchingRule::Regex(pattern) => Test::Regex(Regex::new(pattern).ok()?),
        MatchingRule::Number => Test::Number,
        MatchingRule::Integer => Test::Integer,
        MatchingRule::Decimal => Test::Decimal,
        MatchingRule::Boolean => Test::Boolean,
        MatchingRule::Null => Test::Null,
        MatchingRule::Include(text) => Test::Includes(text.clone()),
        MatchingRule::Date(format) => Test::Time(or(format, "yyyy-MM-dd")),
        MatchingRule::Time(format) => Test::Time(or(format, "HH:mm:ss")),
        MatchingRule::Timestamp(format) => Test::Time(or(format, "yyyy-MM-dd'T'HH:mm:ssXXX")),
        _ => return None,
    })
}

fn or(format: &str, default: &str) -> String {
    if format.is_empty() { default.to_owned() } else { format.to_owned() }
}

impl Node {
    fn accepts(&self, actual: &Value, until: Instant) -> bool {
        match (self, actual) {
            (Self::Scalar { expected, tests }, actual) => tests.accept(expected, actual, until),
            (Self::Object { members, sizes }, Value::Object(actual)) => {
                sizes.allow(actual.len())
                    && members
                        .iter()
                        .all(|(name, node)| actual.get(name).is_some_and(|value| node.accepts(value, until)))
            }
            (Self::Map { members }, Value::Object(actual)) => map_accepts(members, actual, until),
            (Self::List { items }, Value::Array(actual)) => {
                items.len() == actual.len()
                    && items.iter().zip(actual).all(|(node, value)| node.accepts(value, until))
            }
            (Self::Each { items, sizes }, Value::Array(actual)) => {
                let Some(first) = items.first() else { return true };
                sizes.allow(actual.len())
                    && actual
                        .iter()
                        .enumerate()
                        .all(|(index, value)| items.get(index).unwrap_or(first).accepts(value, until))
            }
            _ => false,
        }
    }
}

fn map_accepts(members: &[(String, Node)], actual: &Map<String, Value>, until: Instant) -> bool {
    let Some((_, first)) = members.first() else { return true };
    actual.iter().all(|(name, value)| {
        let own = members.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        own.unwrap_or(first).accepts(value, until)
    })
}

impl Tests {
    fn accept(&self, expected: &Value, actual: &Value, until: Instant) -> bool {
        let mut results = self.tests.iter().map(|test| test.accepts(expected, actual, until));
        if self.any { results.any(|accepted| accepted) } else { results.all(|accepted| accepted) }
    }
}

impl Test {
    fn accepts(&self, expected: &Value, actual: &Value, until: Instant) -> bool {
        match self {
            Self::Equal => expected == actual,
            Self::SameType => std::mem::discriminant(expected) == std::mem::discriminant(actual),
            Self::Regex(regex) => match actual {
                Value::String(text) => whole(regex, text, until),
                other => whole(regex, &other.to_string(), until),
            },
            Self::Number => actual.is_number(),
            Self::Integer => actual.is_i64() || actual.is_u64(),
            Self::Decimal => actual.is_f64(),
            Self::Boolean => match actual {
                Value::Bool(_) => true,
                Value::String(text) => text == "true" || text == "false",
                _ => false,
            },
            Self::Null => actual.is_null(),
            Self::Includes(part) => match actual {
                Value::String(text) => text.contains(part),
                other => other.to_string().contains(part),
            },
            Self::Time(format) => actual.as_str().is_some_and(|text| validate_datetime(text, format).is_ok()),
        }
    }
}

/// `Regex::is_match`, without its panic: an expression that takes too many steps is not certain to match.
fn whole(regex: &Regex, text: &str, until: Instant) -> bool {
    if Instant::now() > until {
        return false;
    }
    let options = SearchOptions::SEARCH_OPTION_WHOLE_STRING;
    let end = regex.match_with_param(text, 0, options, None, MatchParam::default());
    end.is_ok_and(|end| end == Some(text.len()))
}

#[cfg(test)]
mod tests;
