use proptest::prelude::*;

use super::*;

/// A user would keep a credit that was taken back, or lose the trace of what was used of it.
#[test]
fn a_grant_that_is_withdrawn_leaves_only_what_was_used_of_it() {
    let mut ledger = ledger(&[100, 100]);
    let january = "STMT-1".into();
    let draws = ledger.draw(won(130), &january, now(), now()).unwrap();
    ledger.commit(&january, draws).unwrap();
    assert_eq!(ledger.withdraw(&"CREDIT_0".into()), Ok(false), "it paid for a statement");
    assert_eq!((ledger.balance(), ledger.grants().len()), (Ok(won(0)), 2));
    let mut unused = self::ledger(&[100]);
    assert_eq!(unused.withdraw(&"CREDIT_0".into()), Ok(true));
    assert_eq!((unused.granted(), unused.grants().len()), (Ok(won(0)), 0));
    assert!(unused.withdraw(&"CREDIT_0".into()).is_err());
}

fn won(amount: u32) -> Money {
    Money::new(amount.into(), Currency::Krw).unwrap()
}

fn now() -> Timestamp {
    "2025-01-31T00:00:00Z".parse().unwrap()
}

fn ledger(amounts: &[u32]) -> CreditLedger {
    let mut ledger = CreditLedger::new(Currency::Krw);
    for (place, amount) in amounts.iter().enumerate() {
        let grant = Grant {
            id: format!("CREDIT_{place}").into(),
            credit_type: CreditType::Free,
            amount: won(*amount),
            granted_at: "2025-01-01T00:00:00Z".parse().unwrap(),
            expires_at: (place % 2 == 1).then(|| "2025-06-01T00:00:00Z".parse().unwrap()),
        };
        ledger.grant(grant).unwrap();
    }
    ledger
}

/// A user would pay the same credit twice when a month is calculated again.
#[test]
fn calculating_a_month_again_takes_nothing_more() {
    let mut ledger = ledger(&[100]);
    let january = "STMT-1".into();
    for _ in 0..3 {
        let draws = ledger.draw(won(60), &january, now(), now()).unwrap();
        assert_eq!(draws[0].balance, won(40));
        ledger.commit(&january, draws).unwrap();
        assert_eq!(ledger.entries().len(), 1);
    }
    let other = ledger.draw(won(60), &"STMT-2".into(), now(), now()).unwrap();
    assert_eq!(other[0].entry.amount, won(40));
    ledger.commit(&january, Vec::new()).unwrap();
    assert_eq!(ledger.balance().unwrap(), won(100), "what a statement does not need any more comes back");
}

/// A user would spend one credit on two months that are calculated at the same time.
#[test]
fn a_commit_that_overdraws_changes_nothing() {
    let mut ledger = ledger(&[100]);
    let (january, february) = ("STMT-1".into(), "STMT-2".into());
    let first = ledger.draw(won(60), &january, now(), now()).unwrap();
    let second = ledger.draw(won(60), &february, now(), now()).unwrap();
    ledger.commit(&january, first).unwrap();
    let before = ledger.clone();
    let error = ledger.commit(&february, second).unwrap_err();
    assert_eq!(error.to_string(), "credit CREDIT_0 has 40 KRW left, 60 KRW cannot be taken");
    assert_eq!(ledger, before);
}

/// A user would spend what was cancelled or had expired.
#[test]
fn cancelled_and_expired_grants_have_nothing_left() {
    let mut ledger = ledger(&[100, 50]);
    assert_eq!(ledger.cancel(&"CREDIT_0".into()).unwrap(), won(100));
    assert_eq!(ledger.cancel(&"CREDIT_0".into()).unwrap(), won(0));
    assert_eq!(ledger.expire("2025-05-31T23:59:59Z".parse().unwrap()).unwrap(), won(0));
    assert_eq!(ledger.expire("2025-06-01T00:00:00Z".parse().unwrap()).unwrap(), won(50));
    let june = "2025-06-01T00:00:00Z".parse().unwrap();
    assert!(ledger.draw(won(10), &"STMT-1".into(), june, june).unwrap().is_empty());
    assert_eq!(ledger.balance().unwrap(), won(0));
    assert!(matches!(ledger.cancel(&"CREDIT_9".into()), Err(CreditError::UnknownGrant(_))));
}

/// A user would pay more for January once January's credit has expired.
#[test]
fn what_was_written_off_still_pays_for_a_month_in_which_it_could_be_used() {
    let (january, july) = ("STMT-1".into(), "2025-07-01T00:00:00Z".parse().unwrap());
    let mut ledger = ledger(&[100, 50]);
    let before = ledger.draw(won(130), &january, now(), now()).unwrap();
    assert_eq!(ledger.expire(july).unwrap(), won(50));
    let after = ledger.draw(won(130), &january, now(), now()).unwrap();
    assert_eq!(after, before);
    ledger.commit(&january, after).unwrap();
    assert_eq!((ledger.taken(), ledger.balance()), (Ok(won(130)), Ok(won(20))));
    ledger.release(&january);
    assert_eq!(ledger.expire(july), Ok(won(50)), "what comes back has expired");
}

/// A user would add dollars to won, or raise a credit by granting it again.
#[test]
fn grants_are_checked() {
    let mut ledger = ledger(&[100]);
    let grant = ledger.grants()[0].clone();
    assert!(matches!(ledger.grant(grant.clone()), Err(CreditError::Duplicate(_))));
    let dollars = Money::new(1.into(), Currency::Usd).unwrap();
    let other = Grant { id: "CREDIT_A".into(), amount: dollars, ..grant.clone() };
    assert!(matches!(ledger.grant(other), Err(CreditError::Overflow(_))));
    let nothing = Grant { id: "CREDIT_A".into(), amount: won(0), ..grant.clone() };
    assert!(matches!(ledger.grant(nothing), Err(CreditError::NotPositive(_))));
    let stale = Grant { id: "CREDIT_A".into(), expires_at: Some(grant.granted_at), ..grant };
    assert!(matches!(ledger.grant(stale), Err(CreditError::NeverUsable(_))));
    assert_eq!(ledger.grants().len(), 1);
}

proptest! {
    /// A user would lose credit, or find some that nobody granted.
    #[test]
    fn what_comes_in_is_what_goes_out_and_what_is_left(
        amounts in proptest::collection::vec(1..1000_u32, 1..8),
        steps in proptest::collection::vec((0..4_u8, 0..2000_u32, 0..8_usize), 0..20),
    ) {
        let mut ledger = ledger(&amounts);
        let granted: u32 = amounts.iter().sum();
        for (kind, amount, which) in steps {
            let statement = format!("STMT-{}", which % 3).into();
            match kind {
                0 | 1 => {
                    let draws = ledger.draw(won(amount), &statement, now(), now()).unwrap();
                    let drawn = total(draws.iter().map(|draw| draw.entry.amount), Currency::Krw).unwrap();
                    prop_assert!(drawn.value() <= won(amount).value());
                    ledger.commit(&statement, draws).unwrap();
                }
                2 => drop(ledger.cancel(&format!("CREDIT_{}", which % amounts.len()).into())),
                _ => drop(ledger.expire("2025-07-01T00:00:00Z".parse().unwrap())),
            }
            prop_assert_eq!(ledger.granted().unwrap(), won(granted));
            let sum = ledger.taken().unwrap().plus(ledger.balance().unwrap()).unwrap();
            prop_assert_eq!(sum, won(granted));
            for grant in ledger.grants() {
                prop_assert!(!ledger.balance_of(&grant.id).unwrap().is_negative());
            }
        }
    }
}

/// A user would lose a credit that expires in two days, because another one paid for a month that was over.
#[test]
fn what_expires_soon_is_used_first_also_for_a_month_that_is_over() {
    let mut ledger = CreditLedger::new(Currency::Krw);
    for (id, kind, expiry) in [
        ("later", CreditType::Promotional, "2026-01-01T00:00:00Z"),
        ("soon", CreditType::Free, "2025-03-12T00:00:00Z"),
    ] {
        let grant = Grant {
            id: id.into(),
            credit_type: kind,
            amount: won(50),
            granted_at: "2025-01-01T00:00:00Z".parse().unwrap(),
            expires_at: Some(expiry.parse().unwrap()),
        };
        ledger.grant(grant).unwrap();
    }
    let end = "2025-01-31T23:59:59Z".parse().unwrap();
    let first = |now: &str| {
        let draws = ledger.draw(won(10), &"STMT-1".into(), end, now.parse().unwrap()).unwrap();
        draws[0].entry.grant.to_string()
    };
    assert_eq!(first("2025-03-01T00:00:00Z"), "later", "nothing is about to expire");
    assert_eq!(first("2025-03-10T00:00:00Z"), "soon");
    assert_eq!(
        first("2025-03-20T00:00:00Z"),
        "soon",
        "it was there in that month, and pays for nothing else"
    );
}
