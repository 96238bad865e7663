//! What can be configured: a key each, which is the name of its option.

use std::str::FromStr as _;

use billtest_broker::client::{self, BrokerError};
use billtest_models::{Currency, Percent};
use billtest_verifier::{ProviderError, check_header};
use chrono_tz::Tz;

use crate::verify::endpoint_address;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Of a file or a directory.
    Path,
    Number,
    /// Yes or no.
    Flag,
    /// One text or several.
    Texts,
    /// Paths, patterns and addresses.
    Sources,
    /// A table of names and texts.
    Headers,
    /// JSON on the command line, and the same as a table in the file.
    Objects,
    /// What programs work with, and no option.
    Name,
    Names,
    /// Of a region, and no option.
    Currency,
    Tax,
    TimeZone,
    Locale,
    /// A table of counters and their prices.
    Prices,
}

impl Kind {
    /// What is expected, in words.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::Path | Self::Name | Self::Currency | Self::TimeZone | Self::Locale => "a text",
            Self::Number => "a whole number",
            Self::Flag => "true or false",
            Self::Texts | Self::Names | Self::Sources => "a text or a list of texts",
            Self::Headers => "a table of names and texts",
            Self::Objects => "a table or a list of tables",
            Self::Tax => "a number",
            Self::Prices => "a table of counters and prices such as { unit = \"HOURS\", unit-price = 0.4 }",
        }
    }

    /// Whether several values may be given.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Names | Self::Sources | Self::Objects)
    }
}

/// What a text must be, where the command line takes any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Any,
    /// The address of a provider. Clients of the library take more in it than a verification does.
    Provider,
    /// An address at a provider, perhaps with a query.
    Endpoint,
    /// The address of a broker.
    Broker,
    HeaderName,
}

impl Form {
    /// Why the command would not take this. The reason does not repeat an address: there may be secrets in it.
    fn check(self, text: &str) -> Result<(), String> {
        let provider = |error| match error {
            ProviderError::InvalidAddress { reason, .. } => reason,
            other => other.to_string(),
        };
        match self {
            Self::Any => Ok(()),
            Self::Provider => billtest_verifier::check_address(text).map_err(provider),
            Self::Endpoint => endpoint_address(text).map(drop).map_err(provider),
            Self::Broker => client::check_address(text).map_err(|error| match error {
                BrokerError::InvalidAddress { reason, .. } => reason,
                other => other.to_string(),
            }),
            Self::HeaderName => check_header(text, ""),
        }
    }
}

/// Something that can be configured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    form: Form,
    /// Whether its value is shown nowhere.
    pub(crate) secret: bool,
    /// Without this other one it says nothing, and is not used.
    pub(crate) needs: Option<&'static str>,
    /// Without this other one it is refused.
    pub(crate) with: Option<&'static str>,
    /// What clients of the library have where nothing is said, if it is not the default.
    pub(crate) of_clients: Option<&'static str>,
    /// The weaker one of these is not used.
    pub(crate) instead_of: &'static [&'static str],
}

impl Setting {
    const fn new(key: &'static str, kind: Kind) -> Self {
        Self {
            key,
            kind,
            form: Form::Any,
            secret: false,
            needs: None,
            with: None,
            of_clients: None,
            instead_of: &[],
        }
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    const fn form(mut self, form: Form) -> Self {
        self.form = form;
        self
    }

    const fn needs(mut self, other: &'static str) -> Self {
        self.needs = Some(other);
        self
    }

    const fn with(mut self, other: &'static str) -> Self {
        self.with = Some(other);
        self
    }

    const fn of_clients(mut self, value: &'static str) -> Self {
        self.of_clients = Some(value);
        self
    }

    const fn instead_of(mut self, others: &'static [&'static str]) -> Self {
        self.instead_of = others;
        self
    }

    /// Where the command line's definition has it: the long name of its option, or nothing for the paths.
    pub(crate) fn option(&self) -> Option<&'static str> {
        match self.kind {
            Kind::Headers => Some("header"),
            Kind::Sources
            | Kind::Name
            | Kind::Names
            | Kind::Currency
            | Kind::Tax
            | Kind::TimeZone
            | Kind::Locale
            | Kind::Prices => None,
            _ => Some(self.key),
        }
    }

    /// The variable that gives it; the data of regions have none.
    pub(crate) fn variable(&self) -> Option<String> {
        let has = SETTINGS.iter().any(|setting| setting.key == self.key);
        has.then(|| format!("BILLTEST_{}", self.key.replace('-', "_").to_ascii_uppercase()))
    }

    /// Why a value cannot be one, where no option says it.
    pub(crate) fn check_value(&self, value: &str) -> Result<(), String> {
        match self.kind {
            Kind::Currency => currency(value).map(drop),
            Kind::Name | Kind::Names => {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                if (1..=100).contains(&value.len()) && value.bytes().all(is_name) {
                    Ok(())
                } else {
                    Err("it must be 1 to 100 characters of A-Z a-z 0-9 _ -".into())
                }
            }
            Kind::Tax => tax(value).map(drop),
            Kind::TimeZone => time_zone(value).map(drop),
            Kind::Locale => {
                let parts: Vec<&str> = value.split(['_', '-']).collect();
                let letters =
                    |part: &&str| part.len() >= 2 && part.chars().all(|c| c.is_ascii_alphanumeric());
                if parts.len() <= 3 && parts.iter().all(letters) {
                    Ok(())
                } else {
                    Err("a locale is written like ko_KR".into())
                }
            }
            _ => self.form.check(value),
        }
    }
}

/// The currency of a region.
pub(crate) fn currency(text: &str) -> Result<Currency, String> {
    let known = [Currency::Krw, Currency::Jpy, Currency::Usd, Currency::Eur];
    let named = known.into_iter().find(|currency| currency.code() == text);
    named.ok_or_else(|| format!("it is one of {}", known.map(Currency::code).join(", ")))
}

/// The tax of a region.
pub(crate) fn tax(text: &str) -> Result<Percent, String> {
    let all = Percent::ZERO..=Percent::from(100);
    let percent: Option<Percent> = text.parse().ok();
    percent.filter(|percent| all.contains(percent)).ok_or_else(|| "a tax is 0 to 100 percent".into())
}

/// The time zone of a region.
pub(crate) fn time_zone(text: &str) -> Result<Tz, String> {
    Tz::from_str(text).map_err(|_| {
        let hint = did_you_mean(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        format!("it is no name of the IANA time zone database{hint}")
    })
}

/// What belongs after a name that is not known.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    billtest_contract::nearest(name, known)
        .map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"))
}

/// Everything that can be configured but the data of regions, in the order in which it is shown.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting::new("sources", Kind::Sources),
    Setting::new("provider-url", Kind::Texts).form(Form::Provider).instead_of(&["mock"]),
    Setting::new("mock", Kind::Flag).instead_of(&["provider-url"]),
    Setting::new("start-command", Kind::Text).needs("provider-url"),
    Setting::new("ready-url", Kind::Text).needs("start-command"),
    Setting::new("ready-timeout", Kind::Number),
    Setting::new("listen", Kind::Text),
    Setting::new("now", Kind::Text),
    Setting::new("seed", Kind::Number),
    Setting::new("rate-limit", Kind::Number),
    Setting::new("cors-origin", Kind::Texts),
    Setting::new("tenant-idle", Kind::Text),
    Setting::new("max-tenants", Kind::Number),
    Setting::new("tenant", Kind::Name),
    Setting::new("billing-group", Kind::Name),
    Setting::new("projects", Kind::Names),
    Setting::new("app-keys", Kind::Names),
    Setting::new("campaigns", Kind::Names),
    Setting::new("broker-url", Kind::Text).form(Form::Broker),
    Setting::new("provider-name", Kind::Text),
    Setting::new("consumer-version-selectors", Kind::Objects).needs("broker-url"),
    Setting::new("enable-pending", Kind::Flag).needs("broker-url"),
    Setting::new("include-wip-pacts-since", Kind::Text).needs("broker-url"),
    Setting::new("user", Kind::Text).instead_of(&["token"]),
    Setting::new("password", Kind::Text).secret().with("user").instead_of(&["token"]),
    Setting::new("token", Kind::Text).secret().instead_of(&["user", "password"]),
    Setting::new("provider-version", Kind::Text),
    Setting::new("provider-branch", Kind::Text),
    Setting::new("provider-tag", Kind::Texts),
    Setting::new("build-url", Kind::Text),
    Setting::new("states", Kind::Path),
    Setting::new("state-change-url", Kind::Text).form(Form::Endpoint),
    Setting::new("state-change-as-query", Kind::Flag).needs("state-change-url"),
    Setting::new("state-change-teardown", Kind::Flag).needs("state-change-url"),
    Setting::new("isolation", Kind::Text),
    Setting::new("tenant-header", Kind::Text).form(Form::HeaderName),
    Setting::new("before-all", Kind::Text),
    Setting::new("after-all", Kind::Text),
    Setting::new("hook-timeout", Kind::Number),
    Setting::new("ignore-no-pacts", Kind::Flag),
    Setting::new("jobs", Kind::Number),
    Setting::new("fail-fast", Kind::Flag),
    Setting::new("retries", Kind::Number),
    Setting::new("request-timeout", Kind::Number).of_clients("30000"),
    Setting::new("run-timeout", Kind::Number),
    Setting::new("message-path", Kind::Text),
    Setting::new("disable-ssl-verification", Kind::Flag),
    Setting::new("ca-cert", Kind::Path),
    Setting::new("client-cert", Kind::Path).with("client-key"),
    Setting::new("client-key", Kind::Path).with("client-cert"),
    Setting::new("headers", Kind::Headers).secret(),
    Setting::new("format", Kind::Text),
    Setting::new("json", Kind::Path),
    Setting::new("junit", Kind::Path),
    Setting::new("html", Kind::Path),
    Setting::new("markdown", Kind::Path),
];

/// What a region is. All but its prices must be said.
pub(crate) const REGION_DATA: &[Setting] = &[
    Setting::new("currency", Kind::Currency),
    Setting::new("tax", Kind::Tax),
    Setting::new("time-zone", Kind::TimeZone),
    Setting::new("locale", Kind::Locale),
    Setting::new("prices", Kind::Prices),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_of_regions_have_their_rules() {
        let check = |index: usize, value: &str| REGION_DATA[index].check_value(value);
        for (index, good, bad, said) in [
            (0, "KRW", "krw", "KRW, JPY, USD, EUR"),
            (1, "7.5", "101", "0 to 100"),
            (2, "Asia/Seoul", "Asia/Soul", "did you mean `Asia/Seoul`?"),
            (3, "ko_KR", "k", "ko_KR"),
        ] {
            assert_eq!(check(index, good), Ok(()));
            assert!(check(index, bad).unwrap_err().contains(said), "{bad}");
        }
        assert!(check(1, "NaN").is_err() && check(1, "-1").is_err());
    }
}
