//! What a payment provider charges for handling a payment.

use billtest_models::{Amount, Money, MoneyError, Percent};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::checked::{Overflow, percent_of_money};

/// How a payment is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentMethod {
    /// From a bank account.
    BankTransfer,
    /// By credit card.
    CreditCard,
    /// By debit card.
    DebitCard,
    /// To an account made for this payment; needs the code of its bank.
    VirtualAccount,
    /// Drawn by the operator.
    DirectDebit,
    /// Through PayPal.
    Paypal,
    /// In cash.
    Cash,
}

/// A fee: a part of the amount, and a fixed part in the amount's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeSchedule {
    /// The part of the amount, in percent.
    pub rate: Percent,
    /// The fixed part.
    pub fixed: Amount,
}

impl FeeSchedule {
    /// The usual fee of a method; the fixed parts are in won. None for a method that has no usual fee.
    #[must_use]
    pub fn usual(method: PaymentMethod) -> Option<Self> {
        let (per_mille, fixed): (u32, u32) = match method {
            PaymentMethod::BankTransfer => (1, 100),
            PaymentMethod::CreditCard => (29, 0),
            PaymentMethod::VirtualAccount => (5, 200),
            PaymentMethod::DirectDebit => (2, 50),
            PaymentMethod::DebitCard | PaymentMethod::Paypal | PaymentMethod::Cash => return None,
        };
        let rate = Percent::new(Decimal::new(per_mille.into(), 1)).ok()?;
        Some(Self { rate, fixed: fixed.into() })
    }
}

/// What handling one payment costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Fee {
    /// The part of the amount, rounded.
    pub percentage_fee: Money,
    /// The fixed part.
    pub fixed_fee: Money,
    /// Both parts.
    pub subtotal_fee: Money,
    /// The tax on both parts, rounded.
    pub tax: Money,
    /// Both parts and tax.
    pub total_fee: Money,
    /// What arrives; below zero for a payment smaller than its fee.
    pub net_amount: Money,
}

/// What handling a payment costs, in whole units of its currency.
///
/// ```
/// use billtest_engine::fee::{FeeSchedule, PaymentMethod, processing_fee};
/// use billtest_models::{Currency, Money};
///
/// let schedule = FeeSchedule::usual(PaymentMethod::BankTransfer).unwrap();
/// let fee = processing_fee(Money::new(12_345.into(), Currency::Krw)?, schedule, 10.into())?;
/// assert_eq!(fee.total_fee.to_string(), "123 KRW"); // 12 + 100, and 11 tax
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Overflow`], also for a fixed part with more decimals than the currency.
pub fn processing_fee(amount: Money, schedule: FeeSchedule, tax: Percent) -> Result<Fee, Overflow> {
    let percentage_fee = percent_of_money(schedule.rate, amount)?;
    let fixed_fee = Money::new(schedule.fixed, amount.currency())?;
    let subtotal_fee = percentage_fee.plus(fixed_fee)?;
    let tax = percent_of_money(tax, subtotal_fee)?;
    let total_fee = subtotal_fee.plus(tax)?;
    let net_amount = amount.minus(total_fee)?;
    Ok(Fee { percentage_fee, fixed_fee, subtotal_fee, tax, total_fee, net_amount })
}

/// Why a payment is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// Nothing or less is paid.
    #[error("payment of {0} must be positive")]
    NotPositive(Decimal),
    /// It is below the smallest payment.
    #[error("payment of {amount} is below the least of {least}")]
    TooLow {
        /// What is to be paid.
        amount: Decimal,
        /// The smallest payment.
        least: Decimal,
    },
    /// It is above the largest payment.
    #[error("payment of {amount} exceeds the most of {most}")]
    TooHigh {
        /// What is to be paid.
        amount: Decimal,
        /// The largest payment.
        most: Decimal,
    },
    /// A payment to a virtual account does not say at which bank.
    #[error("payment to a virtual account needs the code of its bank")]
    NoBank,
    /// The amount is no money.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Between what amounts a payment must be, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentLimits {
    /// The smallest payment.
    pub least: Decimal,
    /// The largest payment.
    pub most: Decimal,
}

impl PaymentLimits {
    /// Limits of a single payment: 0.01 to 1,000,000.
    pub const SINGLE: Self = Self {
        least: Decimal::from_parts(1, 0, 0, false, 2),
        most: Decimal::from_parts(1_000_000, 0, 0, false, 0),
    };
    /// Limits of a bill that is paid: 0.01 to 9,999,999.
    pub const BILL: Self = Self { most: Decimal::from_parts(9_999_999, 0, 0, false, 0), ..Self::SINGLE };

    /// Whether an amount is within them.
    ///
    /// # Errors
    /// [`PaymentError::NotPositive`], [`PaymentError::TooLow`], [`PaymentError::TooHigh`].
    pub fn check(&self, amount: Decimal) -> Result<(), PaymentError> {
        if amount <= Decimal::ZERO {
            Err(PaymentError::NotPositive(amount))
        } else if amount < self.least {
            Err(PaymentError::TooLow { amount, least: self.least })
        } else if amount > self.most {
            Err(PaymentError::TooHigh { amount, most: self.most })
        } else {
            Ok(())
        }
    }
}

/// Whether a payment can be made: more than zero, and with a bank where the method needs one.
///
/// # Errors
/// [`PaymentError::NotPositive`], [`PaymentError::NoBank`].
pub fn check_payment(amount: Money, method: PaymentMethod, bank: Option<&str>) -> Result<(), PaymentError> {
    if amount.is_negative() || amount.is_zero() {
        return Err(PaymentError::NotPositive(amount.value()));
    }
    if method == PaymentMethod::VirtualAccount && bank.is_none_or(|code| code.trim().is_empty()) {
        return Err(PaymentError::NoBank);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use billtest_models::Currency;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A user would be charged fractions of a won, or lose some of the payment between fee and rest.
        #[test]
        fn fee_and_rest_are_the_payment(amount in 1..10_i64.pow(10), method in 0..4_usize) {
            let method = [
                PaymentMethod::BankTransfer,
                PaymentMethod::CreditCard,
                PaymentMethod::VirtualAccount,
                PaymentMethod::DirectDebit,
            ][method];
            let amount = Money::rounded(amount.into(), Currency::Krw).unwrap();
            let fee = processing_fee(amount, FeeSchedule::usual(method).unwrap(), 10.into()).unwrap();
            prop_assert_eq!(fee.net_amount.plus(fee.total_fee).unwrap(), amount);
            prop_assert_eq!(fee.total_fee.value().normalize().scale(), 0);
        }
    }
}
