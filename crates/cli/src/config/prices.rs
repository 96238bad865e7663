//! The prices of a region's counters, as a configuration file writes them: each part of a price has its place.

use std::str::FromStr;

use billtest_engine::price::{check_price, check_unit};
use billtest_engine::tiers::Tiers;
use billtest_models::{Amount, AmountError, Price, Pricing, Tier, TierBounds};
use serde_json::json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::Problem;
use super::file::{Entry, Piece, Reader, decimal};
use super::origin::{Layer, Origin};
use super::setting::{Kind, REGION_DATA, did_you_mean};

const PRICE: [&str; 4] = ["unit", "unit-price", "tiers", "bounds"];
const TIER: [&str; 3] = ["from", "to", "unit-price"];

/// A table of a price: the price itself, or one of its tiers.
struct Part<'v, 'i> {
    fields: &'v DeTable<'i>,
    /// As it is told: `prices.`, the counter, and what is within.
    name: String,
    at: Origin,
    /// The table of the file that it is in.
    table: &'v str,
}

impl<'v, 'i> Part<'v, 'i> {
    fn get(&self, key: &str) -> Option<&'v Spanned<DeValue<'i>>> {
        self.fields.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    /// Where a key is; without it, where its table begins.
    fn place(&self, key: &str, reader: &Reader<'_>) -> Origin {
        let named = self.fields.keys().find(|name| name.get_ref() == key);
        named.map_or_else(|| self.at.clone(), |name| reader.origin(name.span().start, self.table))
    }

    fn path(&self, key: &str) -> String {
        format!("{}.{key}", self.name)
    }
}

impl Reader<'_> {
    /// The prices of a table; what is wrong with one of them is told, all of it.
    pub(super) fn prices(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin,
        table: &str,
        layer: Layer,
    ) -> Vec<Entry> {
        let Some(setting) = REGION_DATA.iter().find(|setting| setting.kind == Kind::Prices) else {
            return Vec::new();
        };
        let DeValue::Table(prices) = value.get_ref() else {
            self.wrong(origin, setting.key, setting.kind.expected(), value.get_ref());
            return Vec::new();
        };
        let table = format!("{table}.{}", setting.key);
        let mut entries = Vec::new();
        for (counter, value) in prices {
            let origin = self.origin(counter.span().start, &table);
            let name = format!("{}.{}", setting.key, counter.get_ref());
            let DeValue::Table(fields) = value.get_ref() else {
                let expected = "a price such as { unit = \"HOURS\", unit-price = 0.4 }";
                self.wrong(&origin, &name, expected, value.get_ref());
                continue;
            };
            let part = Part { fields, name: name.clone(), at: origin.clone(), table: &table };
            let Some(price) = self.price(&part) else { continue };
            match serde_json::to_string(&price) {
                Ok(text) => {
                    entries.push(Entry { setting, name, pieces: vec![Piece::Text(text)], layer, origin });
                }
                Err(error) => self.refuse(&part, None, error.to_string()),
            }
        }
        entries
    }

    /// A price that is one; nothing if something is wrong with it, which is told.
    fn price(&mut self, part: &Part<'_, '_>) -> Option<Price> {
        let all_known = self.only(part, &PRICE);
        let unit = self.unit(part, all_known);
        let pricing = match (part.get("unit-price"), part.get("tiers")) {
            (Some(_), None) => {
                if part.get("bounds").is_some() {
                    self.refuse(part, Some("bounds"), "only `tiers` have bounds".into());
                }
                self.unit_price(part, all_known).map(|unit_price| Pricing::Flat { unit_price })
            }
            (None, Some(tiers)) => self.tiers(part, tiers),
            (Some(_), Some(_)) => {
                self.refuse(part, None, "a price has either `unit-price` or `tiers`".into());
                None
            }
            (None, None) => {
                if all_known {
                    self.refuse(part, None, "a price needs `unit-price` or `tiers`".into());
                }
                None
            }
        };
        Some(Price { unit: unit?, pricing: pricing? }).filter(|_| all_known)
    }

    fn tiers(&mut self, part: &Part<'_, '_>, value: &Spanned<DeValue<'_>>) -> Option<Pricing> {
        let bounds = self.bounds(part);
        let DeValue::Array(items) = value.get_ref() else {
            let (place, name) = (part.place("tiers", self), part.path("tiers"));
            self.wrong(&place, &name, "a list of tiers", value.get_ref());
            return None;
        };
        // Each is read, so that all that is wrong with any is told.
        let tiers: Vec<Option<Tier>> = items
            .iter()
            .enumerate()
            .map(|(number, item)| {
                let name = format!("{}.tiers[{number}]", part.name);
                let at = self.origin(item.span().start, part.table);
                let DeValue::Table(fields) = item.get_ref() else {
                    let expected = "a tier such as { from = 0, to = 100, unit-price = 0.4 }";
                    self.wrong(&at, &name, expected, item.get_ref());
                    return None;
                };
                self.tier(&Part { fields, name, at, table: part.table })
            })
            .collect();
        let (tiers, bounds) = (tiers.into_iter().collect::<Option<Vec<_>>>()?, bounds?);
        if let Err(error) = Tiers::new(&tiers, bounds) {
            self.refuse(part, Some("tiers"), error.to_string());
            return None;
        }
        Some(Pricing::Tiered { tiers, bounds })
    }

    fn tier(&mut self, part: &Part<'_, '_>) -> Option<Tier> {
        let all_known = self.only(part, &TIER);
        let from = self.number(part, "from", all_known);
        let to = part.get("to").map(|_| self.number(part, "to", false));
        let unit_price = self.unit_price(part, all_known);
        let to = match to {
            Some(to) => Some(to?),
            None => None,
        };
        Some(Tier { from: from?, to, unit_price: unit_price? }).filter(|_| all_known)
    }

    fn unit(&mut self, part: &Part<'_, '_>, needed: bool) -> Option<String> {
        let unit = self.text(part, "unit", needed)?;
        match check_unit(&unit) {
            Ok(()) => Some(unit),
            Err(error) => {
                self.refuse(part, Some("unit"), error.to_string());
                None
            }
        }
    }

    fn unit_price(&mut self, part: &Part<'_, '_>, needed: bool) -> Option<Amount> {
        let price: Amount = self.number(part, "unit-price", needed)?;
        match check_price(price.value()) {
            Ok(()) => Some(price),
            Err(error) => {
                self.refuse(part, Some("unit-price"), error.to_string());
                None
            }
        }
    }

    /// How the bounds of tiers are read; the default if nothing is said.
    fn bounds(&mut self, part: &Part<'_, '_>) -> Option<TierBounds> {
        if part.get("bounds").is_none() {
            return Some(TierBounds::default());
        }
        let text = self.text(part, "bounds", false)?;
        let known = [TierBounds::HalfOpen, TierBounds::InclusiveBounds].map(|bounds| (bounds, json!(bounds)));
        let found = known.iter().find(|(_, name)| *name == text);
        if found.is_none() {
            let names = known.iter().filter_map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
            self.refuse(part, Some("bounds"), format!("it is one of {names}"));
        }
        found.map(|(bounds, _)| *bounds)
    }

    fn text(&mut self, part: &Part<'_, '_>, key: &str, needed: bool) -> Option<String> {
        match self.value(part, key, needed)? {
            DeValue::String(text) => Some(text.to_string()),
            other => {
                self.wrong(&part.place(key, self), &part.path(key), "a text", other);
                None
            }
        }
    }

    fn number<T>(&mut self, part: &Part<'_, '_>, key: &str, needed: bool) -> Option<T>
    where
        T: FromStr<Err = AmountError>,
    {
        let value = self.value(part, key, needed)?;
        let Some(text) = decimal(value) else {
            self.wrong(&part.place(key, self), &part.path(key), "a number", value);
            return None;
        };
        match text.parse() {
            Ok(number) => Some(number),
            Err(error) => {
                self.refuse(part, Some(key), error.to_string());
                None
            }
        }
    }

    fn value<'v, 'i>(&mut self, part: &Part<'v, 'i>, key: &str, needed: bool) -> Option<&'v DeValue<'i>> {
        let value = part.get(key);
        if value.is_none() && needed {
            self.refuse(part, None, format!("it needs `{key}`"));
        }
        value.map(Spanned::get_ref)
    }

    /// Whether a table has only these keys; what is missing may stand there under another name, else.
    fn only(&mut self, part: &Part<'_, '_>, known: &[&str]) -> bool {
        let unknown: Vec<_> =
            part.fields.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).collect();
        for key in &unknown {
            let name = key.get_ref().as_ref();
            let nearest = did_you_mean(name, known.iter().copied());
            let hint = if nearest.is_empty() { format!("; known: {}", known.join(", ")) } else { nearest };
            self.tell(Problem::UnknownKey { at: part.place(name, self), key: part.path(name), hint });
        }
        unknown.is_empty()
    }

    /// Tells why a key of a part, or the part as a whole, cannot be taken.
    fn refuse(&mut self, part: &Part<'_, '_>, key: Option<&str>, reason: String) {
        let (at, key) = match key {
            Some(key) => (part.place(key, self), part.path(key)),
            None => (part.at.clone(), part.name.clone()),
        };
        self.tell(Problem::WrongValue { at, key, reason });
    }
}
