//! Money as people read it.

use billtest_models::Money;

/// Writes money with its symbol before it: `₩1,234,567`, `-$1,234.50`.
///
/// ```
/// use billtest_engine::money_text;
/// use billtest_models::{Currency, Money};
///
/// let price = Money::new("1234.5".parse()?, Currency::Usd)?;
/// assert_eq!(money_text::with_symbol(price), "$1,234.50");
/// assert_eq!(money_text::with_code(price), "1,234.50 USD");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn with_symbol(money: Money) -> String {
    let (sign, digits) = grouped(money);
    format!("{sign}{}{digits}", money.currency().symbol())
}

/// Writes money with its currency's code after it: `1,234.50 USD`.
#[must_use]
pub fn with_code(money: Money) -> String {
    let (sign, digits) = grouped(money);
    format!("{sign}{digits} {}", money.currency())
}

/// The sign, and the digits in groups of three.
fn grouped(money: Money) -> (&'static str, String) {
    let text = money.value().abs().to_string();
    let (whole, fraction) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut digits = String::with_capacity(text.len() + text.len() / 3);
    for (place, digit) in whole.char_indices() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            digits.push(',');
        }
        digits.push(digit);
    }
    if let Some(fraction) = fraction {
        digits.push('.');
        digits.push_str(fraction);
    }
    (if money.is_negative() { "-" } else { "" }, digits)
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;

    use super::*;

    /// A user would read a thousand for a million.
    #[test]
    fn digits_are_grouped_by_threes() {
        for (amount, text) in [
            ("0", "₩0"),
            ("999", "₩999"),
            ("1000", "₩1,000"),
            ("-123456", "-₩123,456"),
            ("1234567", "₩1,234,567"),
        ] {
            let money = Money::new(amount.parse().unwrap(), Currency::Krw).unwrap();
            assert_eq!(with_symbol(money), text);
        }
    }
}
