//! Decimal numbers that survive JSON.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Digits that every IEEE 754 double carries without loss (`f64::DIGITS`, which is `DBL_DIG` of C).
const EXACT_DIGITS: u32 = f64::DIGITS;

/// Why a number cannot be an [`Amount`] or a [`Quantity`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// The text is not a decimal number, or is not finite.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// The number has more digits than a JSON reader keeps.
    #[error("{0} has more than {EXACT_DIGITS} significant digits, which JSON numbers do not carry exactly")]
    TooPrecise(String),
}

/// Refuses a decimal that a double would change.
fn exact(value: Decimal) -> Result<Decimal, AmountError> {
    let digits = value.normalize().mantissa().unsigned_abs();
    if digits.checked_ilog10().unwrap_or(0) < EXACT_DIGITS {
        Ok(value)
    } else {
        Err(AmountError::TooPrecise(value.to_string()))
    }
}

fn parse(text: &str) -> Result<Decimal, AmountError> {
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| AmountError::NotANumber(text.to_owned()))
        .and_then(exact)
}

/// Reads the JSON number through its shortest text, so that `100.10` becomes the decimal 100.1 and not
/// 100.09999999999999431566.
struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON number")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Decimal, E> {
        exact(value.into()).map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Decimal, E> {
        exact(value.into()).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Decimal, E> {
        // `{:?}` keeps the `.0` of an integral double, so that 1500.0 is written back as 1500.0.
        parse(&format!("{value:?}")).map_err(E::custom)
    }
}

/// A decimal with no fraction digits is written as a JSON integer, every other one as a fraction.
fn write<S: Serializer>(value: Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    if value.scale() == 0
        && let Ok(integer) = i64::try_from(value)
    {
        return serializer.serialize_i64(integer);
    }
    if let Some(double) = short_double(value) {
        return serializer.serialize_f64(double);
    }
    let text = value.to_string();
    match text.parse::<f64>() {
        Ok(double) => serializer.serialize_f64(double),
        Err(_) => Err(serde::ser::Error::custom(AmountError::NotANumber(text))),
    }
}

/// The nearest double of a short decimal, without its text: where numerator and denominator are doubles exactly, their
/// quotient is rounded once, as the text would be.
#[expect(clippy::cast_precision_loss, reason = "none is lost up to 53 bits")]
fn short_double(value: Decimal) -> Option<f64> {
    /// Powers of ten up to here are doubles exactly.
    const LARGEST_SCALE: u32 = 22;
    let mantissa = i64::try_from(value.mantissa()).ok()?;
    // A zero may have a sign, which the mantissa has not.
    let is_exact = mantissa != 0 && mantissa.unsigned_abs() < 1 << f64::MANTISSA_DIGITS;
    (is_exact && value.scale() <= LARGEST_SCALE).then(|| mantissa as f64 / 10_u128.pow(value.scale()) as f64)
}

macro_rules! wire_number {
    ($(#[$doc:meta])* $name:ident, $description:literal, $minimum:expr, $maximum:expr, $example:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(Decimal);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// Takes a decimal of at most 15 significant digits.
            ///
            /// # Errors
            /// [`AmountError::TooPrecise`] if a JSON number could not carry it.
            pub fn new(value: Decimal) -> Result<Self, AmountError> {
                exact(value).map(Self)
            }

            /// The exact decimal.
            #[must_use]
            pub fn value(self) -> Decimal {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = AmountError;

            fn from_str(text: &str) -> Result<Self, AmountError> {
                parse(text).map(Self)
            }
        }

        impl From<u32> for $name {
            fn from(value: u32) -> Self {
                Self(value.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                write(self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(NumberVisitor).map(Self)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::Number)
                    .description(Some($description))
                    .minimum($minimum)
                    .maximum(Some($maximum))
                    .examples([serde_json::json!($example)])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}

wire_number!(
    /// An amount of money whose currency stands beside it.
    ///
    /// ```
    /// use billtest_models::Amount;
    ///
    /// let amount: Amount = serde_json::from_str("100.10").unwrap();
    /// assert_eq!(amount, "100.1".parse().unwrap());
    /// assert!(serde_json::from_str::<Amount>("12345678901234567.89").is_err());
    /// ```
    Amount,
    "An amount of money in the currency beside it, of at most 15 significant digits.",
    None::<f64>,
    999_999_999_999_999_f64,
    100.5
);

wire_number!(
    /// A quantity: units metered or sold. Never negative on the wire.
    Quantity,
    "A number of units, of at most 15 significant digits.",
    Some(0.0),
    999_999_999_999_999_f64,
    85.5
);

wire_number!(
    /// A rate in percent: 10 is a tenth.
    Percent,
    "A rate in percent.",
    Some(0.0),
    200_f64,
    10.0
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A user would lose money: a cent that appears or vanishes between two services.
    #[test]
    fn wire_form_keeps_every_digit_and_the_kind_of_number() {
        for (text, written) in [
            ("1500.0", "1500.0"),
            ("1500", "1500"),
            ("100.10", "100.1"),
            ("0.29", "0.29"),
            ("-0.01", "-0.01"),
        ] {
            let amount: Amount = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&amount).unwrap(), written);
        }
    }

    #[test]
    fn sixteen_digits_are_refused_and_fifteen_kept() {
        assert!("999999999999999".parse::<Amount>().is_ok());
        assert!("9999999999999.99".parse::<Amount>().is_ok());
        assert!("1000000000000000".parse::<Amount>().is_err());
        let error = "1234567890123456".parse::<Amount>().unwrap_err();
        assert_eq!(error, AmountError::TooPrecise("1234567890123456".into()));
        assert!(serde_json::from_str::<Amount>("12345678901234567.89").is_err());
        assert!(serde_json::from_str::<Amount>("1e400").is_err());
        assert!(serde_json::from_str::<Amount>("\"100\"").is_err(), "text is not a number");
    }

    proptest! {
        /// An amount would be written as its neighbour.
        #[test]
        fn a_short_double_is_that_of_the_text(mantissa in any::<i64>(), shift in 0_u32..63, scale in 0_u32..=28) {
            let value = Decimal::from_i128_with_scale(i128::from(mantissa >> shift), scale);
            if let Some(double) = short_double(value) {
                prop_assert_eq!(double.to_bits(), value.to_string().parse::<f64>().unwrap().to_bits());
            }
        }

        /// Every amount of up to 15 digits goes through JSON and comes back the same.
        #[test]
        fn json_carries_what_is_accepted(mantissa in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..=6) {
            let amount = Amount::new(Decimal::new(mantissa, scale)).unwrap();
            let json = serde_json::to_string(&amount).unwrap();
            prop_assert_eq!(serde_json::from_str::<Amount>(&json).unwrap(), amount);
        }
    }
}
