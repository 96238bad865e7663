//! Regions: where a tenant is billed, as data.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Amount, Currency, Month, Percent, Price, PriceTable, Timestamp};

/// Where a tenant is billed: currency, tax, time zone, language and prices.
///
/// A region is data. Five are built in ([`Region::built_in`]); any other is written down like them:
///
/// ```
/// use billtest_models::Region;
///
/// let region: Region = serde_json::from_str(r#"{
///     "code": "uk-test", "currency": "EUR", "tax": 20, "time_zone": "Europe/London", "locale": "en_GB",
///     "prices": {"requests": {"unit": "requests", "unit_price": 0.002}}
/// }"#)?;
/// assert_eq!(region.time_zone.name(), "Europe/London");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// A short name: `kr`.
    pub code: String,
    /// What every amount is in.
    pub currency: Currency,
    /// The tax on what is charged, in percent.
    pub tax: Percent,
    /// Whose midnight begins a month; a name of the IANA time zone database.
    pub time_zone: Tz,
    /// The language of texts, such as `ko_KR`.
    pub locale: String,
    /// What each counter costs.
    #[serde(default)]
    pub prices: PriceTable,
}

/// One row of the built-in regions: code, currency, tax, zone, locale.
type Row = (&'static str, Currency, u32, Tz, &'static str);

const REGIONS: [Row; 5] = [
    ("kr", Currency::Krw, 10, Tz::Asia__Seoul, "ko_KR"),
    ("jp", Currency::Jpy, 10, Tz::Asia__Tokyo, "ja_JP"),
    ("us", Currency::Usd, 0, Tz::America__New_York, "en_US"),
    ("eu", Currency::Eur, 20, Tz::Europe__Berlin, "de_DE"),
    ("etc", Currency::Usd, 0, Tz::UTC, "en_US"),
];

/// Counter, unit, and its list price in KRW, JPY, USD and EUR, each in hundred-thousandths.
const PRICES: [(&str, &str, [i64; 4]); 9] = [
    ("compute.c2.c8m8", "HOURS", [39_700_000, 4_400_000, 30_000, 28_000]),
    ("compute.g2.t4.c8m64", "HOURS", [16_667_000, 1_850_000, 12_500, 11_500]),
    ("compute.instance.small", "HOURS", [13_000_000, 1_500_000, 10_000, 9_000]),
    ("compute.instance.medium", "HOURS", [32_500_000, 3_750_000, 25_000, 23_000]),
    ("compute.instance.large", "HOURS", [65_000_000, 7_500_000, 50_000, 46_000]),
    ("network.bandwidth", "GB", [1_300_000, 150_000, 1_000, 900]),
    ("network.floating_ip", "HOURS", [2_500_000, 280_000, 2_000, 1_800]),
    ("storage.block", "GB", [13_000, 1_500, 10, 9]),
    ("storage.volume.ssd", "GB", [10_000_000, 1_100_000, 8_000, 7_000]),
];

impl Region {
    /// The regions that need no configuration: `kr`, `jp`, `us`, `eu` and `etc`. Their price lists are made up for
    /// tests; the won prices are those of older BillingTest versions.
    #[must_use]
    pub fn built_in() -> Vec<Self> {
        REGIONS.into_iter().map(Self::from_row).collect()
    }

    /// A built-in region by its code; none of another name.
    #[must_use]
    pub fn named(code: &str) -> Option<Self> {
        REGIONS.into_iter().find(|row| row.0 == code).map(Self::from_row)
    }

    /// The list prices in a currency, as the built-in regions have them.
    #[must_use]
    pub fn list_prices(currency: Currency) -> PriceTable {
        let column = match currency {
            Currency::Krw => 0,
            Currency::Jpy => 1,
            Currency::Usd => 2,
            Currency::Eur => 3,
        };
        let prices = PRICES.iter().filter_map(|(counter, unit, amounts)| {
            let amount = Decimal::try_new(*amounts.get(column)?, 5).ok()?.normalize();
            Some(((*counter).to_owned(), Price::flat(*unit, Amount::new(amount).ok()?)))
        });
        prices.collect()
    }

    fn from_row((code, currency, tax, time_zone, locale): Row) -> Self {
        Self {
            code: code.to_owned(),
            currency,
            tax: Percent::from(tax),
            time_zone,
            locale: locale.to_owned(),
            prices: Self::list_prices(currency),
        }
    }

    /// When a month begins and ends here: from its first midnight, up to but without the next month's.
    ///
    /// ```
    /// use billtest_models::Region;
    ///
    /// let limits = Region::named("kr").unwrap().limits("2024-01".parse()?);
    /// assert_eq!(limits.start.to_string(), "2023-12-31T15:00:00+00:00");
    /// assert_eq!(limits.end.to_string(), "2024-01-31T15:00:00+00:00");
    /// # Ok::<(), billtest_models::MonthError>(())
    /// ```
    #[must_use]
    pub fn limits(&self, month: Month) -> Range<Timestamp> {
        self.first_moment(month.first_day())..self.first_moment(month.first_day_after())
    }

    /// The calendar day here at a point in time.
    #[must_use]
    pub fn day(&self, time: Timestamp) -> NaiveDate {
        self.time_zone.from_utc_datetime(&time.value().naive_utc()).date_naive()
    }

    /// The first moment of a day here.
    #[must_use]
    pub fn first_moment(&self, day: NaiveDate) -> Timestamp {
        let local = NaiveDateTime::new(day, NaiveTime::MIN);
        let utc = self.time_zone.from_local_datetime(&local).earliest().map_or_else(
            // Clocks jumped over midnight: the day begins with the jump, reckoned with the offset before it.
            || {
                let before = self.time_zone.offset_from_utc_datetime(&(local - TimeDelta::days(1))).fix();
                Utc.from_utc_datetime(&(local - before))
            },
            |time| time.to_utc(),
        );
        Timestamp::from(utc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(code: &str, month: &str) -> (String, String) {
        let limits = Region::named(code).unwrap().limits(month.parse().unwrap());
        (limits.start.to_string(), limits.end.to_string())
    }

    /// A user would find usage of the last evening on the wrong month's bill.
    #[test]
    fn a_month_begins_at_the_regions_midnight() {
        let pair = |start: &str, end: &str| (start.to_owned(), end.to_owned());
        assert_eq!(limits("etc", "2024-02"), pair("2024-02-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"));
        assert_eq!(limits("jp", "2024-12"), pair("2024-11-30T15:00:00+00:00", "2024-12-31T15:00:00+00:00"));
        // Summer time begins within these months.
        assert_eq!(limits("us", "2024-03"), pair("2024-03-01T05:00:00+00:00", "2024-04-01T04:00:00+00:00"));
        assert_eq!(limits("eu", "2024-03"), pair("2024-02-29T23:00:00+00:00", "2024-03-31T22:00:00+00:00"));
        assert_eq!(limits("etc", "9999-12").1, "+10000-01-01T00:00:00+00:00");
    }

    /// A user in a zone whose clocks jump over midnight would get no bill at all.
    #[test]
    fn a_day_without_a_midnight_begins_with_the_jump() {
        let mut region = Region::named("etc").unwrap();
        region.time_zone = Tz::Asia__Beirut;
        let day = NaiveDate::from_ymd_opt(2022, 3, 27).unwrap();
        assert_eq!(region.first_moment(day).to_string(), "2022-03-26T22:00:00+00:00");
        assert_eq!(region.day(region.first_moment(day)), day);
    }

    /// A user would be charged a price that the list does not show.
    #[test]
    fn built_in_regions_have_a_price_for_every_counter() {
        let regions = Region::built_in();
        assert_eq!(regions.len(), 5);
        for region in regions {
            assert_eq!(region.prices.len(), PRICES.len(), "{}", region.code);
            let text = serde_json::to_string(&region).unwrap();
            assert_eq!(serde_json::from_str::<Region>(&text).unwrap(), region);
        }
        let won = Region::named("kr").unwrap();
        assert_eq!(won.prices["compute.g2.t4.c8m64"], Price::flat("HOURS", "166.67".parse().unwrap()));
        assert_eq!(
            Region::named("us").unwrap().prices["storage.block"].pricing,
            crate::Pricing::Flat { unit_price: "0.0001".parse().unwrap() }
        );
        assert_eq!(Region::named("mars"), None);
    }
}
