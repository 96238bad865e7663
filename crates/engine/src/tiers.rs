//! Tiers: the first units cost one price, those after them another.

use billtest_models::{Tier, TierBounds};
use rust_decimal::Decimal;

use crate::checked::{Overflow, add, divide, multiply, subtract};
use crate::volume::Volume;

const WHAT: &str = "the cost of a tier";

/// Why tiers are no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TierError {
    /// There is none.
    #[error("there is no tier; give at least one, from 0 and without an end")]
    None,
    /// The lowest tier does not begin at the first unit.
    #[error("the lowest tier begins at {0}; the units below would have no price, let it begin at 0")]
    GapBelow(Decimal),
    /// A tier does not begin where the one before it ends.
    #[error(
        "a tier ends at {end} and the next one begins at {begin}; they must meet, without gap or overlap"
    )]
    DoNotMeet {
        /// Where the lower one ends.
        end: Decimal,
        /// Where the upper one begins.
        begin: Decimal,
    },
    /// A tier ends where it begins, or before.
    #[error("a tier from {from} to {to} holds nothing; let it end above its beginning")]
    Empty {
        /// Where it begins.
        from: Decimal,
        /// Where it ends.
        to: Decimal,
    },
    /// A tier that is not the highest has no end.
    #[error("the tier from {0} has no end, and another one follows; only the highest tier has none")]
    OpenBelow(Decimal),
    /// The highest tier has an end.
    #[error("the highest tier ends at {0}; the units above would have no price, leave its end out")]
    EndsAbove(Decimal),
    /// A bound is out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Tiers that have a price for every quantity, exactly one.
///
/// The cost is continuous and never falls as the quantity grows:
///
/// ```
/// use billtest_engine::tiers::Tiers;
/// use billtest_models::{Tier, TierBounds};
///
/// let tier = |from: u32, to: Option<u32>, price: u32| Tier {
///     from: from.into(), to: to.map(Into::into), unit_price: price.into(),
/// };
/// let tiers = [tier(0, Some(10), 10), tier(10, Some(20), 8), tier(20, None, 6)];
/// let half_open = Tiers::new(&tiers, TierBounds::HalfOpen)?;
/// assert_eq!(half_open.cost(15.into())?, 140.into()); // 10 x 10 + 5 x 8
/// let inclusive = Tiers::new(&tiers, TierBounds::InclusiveBounds)?;
/// assert_eq!(inclusive.cost(15.into())?, 142.into()); // 11 x 10 + 4 x 8
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    /// From the lowest: how many units it holds, and the price of one.
    steps: Vec<(Decimal, Decimal)>,
    /// The price of every unit above.
    above: Decimal,
}

impl Tiers {
    /// Takes tiers in any order.
    ///
    /// Half-open, each must begin where the one below ends, the lowest at 0, and only the highest has no end. With
    /// inclusive bounds a tier holds `to - from + 1` units, and the next begins at `to` or at `to + 1`, the lowest at 0
    /// or 1.
    ///
    /// # Errors
    /// Every [`TierError`]; no quantity is left without a price or with two.
    pub fn new(tiers: &[Tier], bounds: TierBounds) -> Result<Self, TierError> {
        let mut sorted: Vec<&Tier> = tiers.iter().collect();
        sorted.sort_by_key(|tier| tier.from);
        let inclusive = bounds == TierBounds::InclusiveBounds;
        let meets = |end: Decimal, begin: Decimal| begin == end || (inclusive && begin - end == Decimal::ONE);
        let (last, bounded) = sorted.split_last().ok_or(TierError::None)?;
        let mut end = Decimal::ZERO;
        let mut steps = Vec::with_capacity(bounded.len());
        for (place, tier) in sorted.iter().enumerate() {
            let from = tier.from.value();
            if !meets(end, from) {
                return Err(if place == 0 {
                    TierError::GapBelow(from)
                } else {
                    TierError::DoNotMeet { end, begin: from }
                });
            }
            match (tier.to, place == bounded.len()) {
                (None, true) => {}
                (Some(to), true) => return Err(TierError::EndsAbove(to.value())),
                (None, false) => return Err(TierError::OpenBelow(from)),
                (Some(to), false) => {
                    end = to.value();
                    let units = subtract(end, from, WHAT)?;
                    let units = if inclusive { add(units, Decimal::ONE, WHAT)? } else { units };
                    if units <= Decimal::ZERO {
                        return Err(TierError::Empty { from, to: end });
                    }
                    steps.push((units, tier.unit_price.value()));
                }
            }
        }
        Ok(Self { steps, above: last.unit_price.value() })
    }

    /// What a quantity costs, not rounded.
    ///
    /// # Errors
    /// [`Overflow::Decimal`].
    pub fn cost(&self, quantity: Decimal) -> Result<Decimal, Overflow> {
        self.cost_of(Volume::new(quantity, (1, 1))?)
    }

    pub(crate) fn cost_of(&self, volume: Volume) -> Result<Decimal, Overflow> {
        divide(self.cost_of_parts(volume)?, volume.per_unit(), WHAT)
    }

    /// What is used between two volumes costs. It is divided once: a difference of quotients could miss a half, and be
    /// rounded to the wrong side.
    pub(crate) fn cost_between(&self, before: Volume, after: Volume) -> Result<Decimal, Overflow> {
        let (before, after) = before.align(after)?;
        let parts = subtract(self.cost_of_parts(after)?, self.cost_of_parts(before)?, WHAT)?;
        divide(parts, after.per_unit(), WHAT)
    }

    /// What a volume costs, times the parts of a unit.
    fn cost_of_parts(&self, volume: Volume) -> Result<Decimal, Overflow> {
        let mut rest = volume.parts();
        let mut cost = Decimal::ZERO;
        for (units, price) in &self.steps {
            let room = multiply(*units, volume.per_unit(), WHAT)?;
            let here = rest.min(room);
            cost = add(cost, multiply(here, *price, WHAT)?, WHAT)?;
            rest = subtract(rest, here, WHAT)?;
        }
        add(cost, multiply(rest, self.above, WHAT)?, WHAT)
    }

    /// The price of a unit in each tier.
    pub(crate) fn prices(&self) -> impl Iterator<Item = Decimal> {
        self.steps.iter().map(|(_, price)| *price).chain([self.above])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tier(from: u32, to: Option<u32>, price: u32) -> Tier {
        Tier { from: from.into(), to: to.map(Into::into), unit_price: price.into() }
    }

    fn half_open(tiers: &[Tier]) -> Result<Tiers, TierError> {
        Tiers::new(tiers, TierBounds::HalfOpen)
    }

    /// A user would use units for nothing, or pay for them twice.
    #[test]
    fn tiers_with_gaps_or_overlaps_are_refused() {
        assert_eq!(half_open(&[]), Err(TierError::None));
        assert_eq!(half_open(&[tier(5, None, 1)]), Err(TierError::GapBelow(5.into())));
        assert_eq!(half_open(&[tier(0, Some(10), 1)]), Err(TierError::EndsAbove(10.into())));
        assert_eq!(half_open(&[tier(0, None, 1), tier(10, None, 2)]), Err(TierError::OpenBelow(0.into())));
        let meet = |end: u32, begin: u32| Err(TierError::DoNotMeet { end: end.into(), begin: begin.into() });
        assert_eq!(half_open(&[tier(0, Some(10), 1), tier(5, None, 2)]), meet(10, 5));
        assert_eq!(half_open(&[tier(0, Some(10), 1), tier(11, None, 2)]), meet(10, 11));
        assert!(matches!(half_open(&[tier(0, Some(0), 1), tier(0, None, 2)]), Err(TierError::Empty { .. })));
        assert!(half_open(&[tier(10, None, 2), tier(0, Some(10), 1)]).is_ok(), "the order is free");
    }

    /// A user who relies on the counting of older versions would get another bill.
    #[test]
    fn inclusive_bounds_count_both_ends() {
        let shared = [tier(0, Some(10), 10), tier(10, Some(20), 8), tier(20, None, 6)];
        let apart = [tier(1, Some(10), 10), tier(11, Some(20), 8), tier(21, None, 6)];
        for (tiers, quantity, cost) in
            [(&shared, 25, 216), (&shared, 11, 110), (&apart, 25, 210), (&apart, 10, 100)]
        {
            let tiers = Tiers::new(tiers, TierBounds::InclusiveBounds).unwrap();
            assert_eq!(tiers.cost(quantity.into()).unwrap(), Decimal::from(cost));
        }
        assert!(half_open(&apart).is_err());
    }

    /// A user would lose the difference if a cost that is too large wrapped around.
    #[test]
    fn a_cost_that_is_too_large_is_an_error() {
        let tiers = half_open(&[tier(0, None, 1_000_000)]).unwrap();
        assert_eq!(tiers.cost(Decimal::MAX), Err(Overflow::Decimal(WHAT)));
    }

    fn any_tiers() -> impl Strategy<Value = (Vec<Tier>, TierBounds)> {
        (proptest::collection::vec((1..50_u32, 0..100_u32), 1..6), any::<bool>()).prop_map(
            |(steps, inclusive)| {
                let mut from = 0;
                let count = steps.len();
                let tiers = steps.into_iter().enumerate().map(|(place, (width, price))| {
                    let to = (place + 1 < count).then_some(from + width);
                    let tier = tier(from, to, price);
                    from += width;
                    tier
                });
                let bounds = if inclusive { TierBounds::InclusiveBounds } else { TierBounds::HalfOpen };
                (tiers.collect(), bounds)
            },
        )
    }

    proptest! {
        /// A user would pay less for more, or find a jump in the cost at the edge of a tier.
        #[test]
        fn the_cost_is_monotone_and_continuous(
            (tiers, bounds) in any_tiers(), quantity in 0..30_000_i64, step in 0..500_i64,
        ) {
            let dearest = tiers.iter().map(|tier| tier.unit_price.value()).max().unwrap();
            let tiers = Tiers::new(&tiers, bounds).unwrap();
            let (less, more) = (Decimal::new(quantity, 2), Decimal::new(quantity + step, 2));
            let difference = tiers.cost(more).unwrap() - tiers.cost(less).unwrap();
            prop_assert!(difference >= Decimal::ZERO);
            prop_assert!(difference <= dearest * (more - less), "no jump");
            prop_assert!(tiers.cost(Decimal::ZERO).unwrap().is_zero());
        }

        /// A user would pay another price for the same hours when they are metered in minutes.
        #[test]
        fn a_fraction_costs_what_its_decimal_costs((tiers, bounds) in any_tiers(), minutes in 0..20_000_i64) {
            let tiers = Tiers::new(&tiers, bounds).unwrap();
            let hours = Volume::new(minutes.into(), (1, 60)).unwrap();
            let difference = tiers.cost_of(hours).unwrap() - tiers.cost(hours.value().unwrap()).unwrap();
            prop_assert!(difference.abs() < Decimal::new(1, 15));
        }
    }
}
