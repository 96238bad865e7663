use std::path::{Path, PathBuf};
use std::{fs, io};

use billtest_cli::{Configuration, ConfigurationError};

use super::{
    AdjustmentManager, BatchManager, CalculationManager, ContractManager, CreditManager, MeteringManager,
    PaymentManager, RefundManager, StatementManager,
};
use crate::models::{Month, Region};
use crate::{BillingClient, ClientError, ClientOptions};

/// Why there is no manager of what is configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// File or variables are wrong.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// Something that is needed is said nowhere.
    #[error("{environment} has no `{key}`; write it to billtest.toml, or set {variable}")]
    Missing {
        /// Which environment.
        environment: String,
        /// The key that is needed.
        key: &'static str,
        /// The variable that gives it, too.
        variable: String,
    },
    /// A file that is named cannot be read.
    #[error("`{key}` {}: cannot be read: {source}", .path.display())]
    Unreadable {
        /// The key that names it.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// What is said cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The other managers, for an account that `billtest.toml` and `BILLTEST_*` variables describe, by environment and region.
///
/// ```no_run
/// use billtest::ConfigurationManager;
///
/// # async fn pay() -> Result<(), Box<dyn std::error::Error>> {
/// let billing = ConfigurationManager::load(Some("alpha"), Some("kr"), "2025-01".parse()?)?;
/// billing.calculation().run().await?;
/// billing.payments().pay_all().await?;
/// billing.payments().verify().await?;
/// # Ok(())
/// # }
/// ```
///
/// Without a configured `request-timeout` its clients have the time of [`ClientOptions::default`], not the default of
/// `billtest-verify`; `billtest config show` tells both.
///
/// It needs the feature `cli`, which reads the configuration.
#[derive(Debug, Clone)]
pub struct ConfigurationManager {
    configuration: Configuration,
    client: BillingClient,
    tenant: String,
    month: Month,
}

impl ConfigurationManager {
    /// Reads the configuration of an environment and a region; of those that file or variables choose if none is named.
    ///
    /// # Errors
    /// [`SetupError`]: what is wrong with file and variables, all at once; no `provider-url` or no `tenant`.
    pub fn load(environment: Option<&str>, region: Option<&str>, month: Month) -> Result<Self, SetupError> {
        Self::of(Configuration::load(environment, region)?, month)
    }

    /// The same, of a configuration that is read already, or made.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn of(configuration: Configuration, month: Month) -> Result<Self, SetupError> {
        let missing = |key| missing(&configuration, key);
        let address = configuration.provider_urls.first().ok_or_else(|| missing("provider-url"))?;
        let tenant = configuration.tenant.clone().ok_or_else(|| missing("tenant"))?;
        let mut client =
            BillingClient::with_options(address, &options(&configuration)?)?.for_tenant(&tenant)?;
        for (name, value) in &configuration.headers {
            client = client.with_header(name, value)?;
        }
        Ok(Self { client, tenant, month, configuration })
    }

    /// The same for another month.
    #[must_use]
    pub fn in_month(self, month: Month) -> Self {
        Self { month, ..self }
    }

    /// What is configured: environment, projects, application keys, campaigns and the rest.
    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// A client of the provider, for the tenant.
    #[must_use]
    pub fn client(&self) -> BillingClient {
        self.client.clone()
    }

    /// Whose data it is.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Where the tenant is billed, if a region is chosen.
    #[must_use]
    pub fn region(&self) -> Option<&Region> {
        self.configuration.region.as_ref()
    }

    /// The month.
    #[must_use]
    pub fn month(&self) -> Month {
        self.month
    }

    /// Its readings.
    #[must_use]
    pub fn metering(&self) -> MeteringManager {
        MeteringManager::of(self.client(), self.month)
    }

    /// Its calculation.
    #[must_use]
    pub fn calculation(&self) -> CalculationManager {
        CalculationManager::of(self.client(), self.month)
    }

    /// Its statement.
    #[must_use]
    pub fn statements(&self) -> StatementManager {
        StatementManager::of(self.client(), self.month)
    }

    /// Its payment.
    #[must_use]
    pub fn payments(&self) -> PaymentManager {
        PaymentManager::of(self.client(), self.month)
    }

    /// Its adjustments.
    #[must_use]
    pub fn adjustments(&self) -> AdjustmentManager {
        AdjustmentManager::of(self.client(), self.month)
    }

    /// Its batch jobs.
    #[must_use]
    pub fn batch(&self) -> BatchManager {
        BatchManager::of(self.client(), self.month)
    }

    /// Its credits.
    #[must_use]
    pub fn credits(&self) -> CreditManager {
        CreditManager::of(self.client())
    }

    /// Its refunds.
    #[must_use]
    pub fn refunds(&self) -> RefundManager {
        RefundManager::of(self.client())
    }

    /// The contracts of its billing group.
    ///
    /// # Errors
    /// [`SetupError::Missing`] if no `billing-group` is configured.
    pub fn contracts(&self) -> Result<ContractManager, SetupError> {
        let group =
            self.configuration.billing_group.as_deref().ok_or_else(|| self.missing("billing-group"))?;
        Ok(ContractManager::of(self.client(), self.month, group))
    }

    fn missing(&self, key: &'static str) -> SetupError {
        missing(&self.configuration, key)
    }
}

/// What is configured of connections.
fn options(configuration: &Configuration) -> Result<ClientOptions, SetupError> {
    let read = |key, path: &Path| {
        fs::read(path).map_err(|source| SetupError::Unreadable { key, path: path.to_owned(), source })
    };
    let mut options = ClientOptions {
        disable_ssl_verification: configuration.disable_ssl_verification,
        ..ClientOptions::default()
    };
    if let Some(timeout) = configuration.request_timeout {
        options.timeout = timeout;
    }
    if let Some(path) = &configuration.ca_cert {
        options.authorities = read("ca-cert", path)?;
    }
    if let Some((certificate, key)) = &configuration.client_cert {
        options.identity = read("client-cert", certificate)?;
        options.identity.extend(read("client-key", key)?);
    }
    Ok(options)
}

fn missing(configuration: &Configuration, key: &'static str) -> SetupError {
    SetupError::Missing {
        environment: match &configuration.environment {
            Some(name) => format!("the environment `{name}`"),
            None => "the configuration".to_owned(),
        },
        key,
        variable: format!("BILLTEST_{}", key.replace('-', "_").to_uppercase()),
    }
}
