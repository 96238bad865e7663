use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use billtest_models::Region;

use crate::config::{ConfigError, Layers, resolved};

/// What a program is configured with that is none of our commands: the same file, variables and layers.
#[derive(Clone)]
pub struct Configuration {
    /// The environment that was chosen, such as `mock` or `alpha`.
    pub environment: Option<String>,
    /// The region that was chosen, with its data.
    pub region: Option<Region>,
    /// Addresses of the running provider.
    pub provider_urls: Vec<String>,
    /// Headers for every request. They may be secret.
    pub headers: Vec<(String, String)>,
    /// How long one request may take, if somebody says it; `config show` tells what clients have else.
    pub request_timeout: Option<Duration>,
    /// File with authorities to trust beside the system's, in PEM.
    pub ca_cert: Option<PathBuf>,
    /// Files with our certificate for the provider and its key, in PEM.
    pub client_cert: Option<(PathBuf, PathBuf)>,
    /// Whether any certificate is taken.
    pub disable_ssl_verification: bool,
    /// Whose data it is.
    pub tenant: Option<String>,
    /// The billing group.
    pub billing_group: Option<String>,
    /// The projects.
    pub projects: Vec<String>,
    /// The keys of the applications.
    pub app_keys: Vec<String>,
    /// The campaigns.
    pub campaigns: Vec<String>,
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Configuration")
            .field("environment", &self.environment)
            .field("region", &self.region.as_ref().map(|region| &region.code))
            .field("provider_urls", &self.provider_urls)
            .field("headers", &names)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a configuration: a line for each problem, with its place.
#[derive(Debug)]
pub struct ConfigurationError(ConfigError);

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ConfigurationError {}

impl Configuration {
    /// Reads `billtest.toml` (or the file that `BILLTEST_CONFIG` names) and the variables, for an environment and a region;
    /// for those that file or variables choose if none is named.
    ///
    /// # Errors
    /// All that is wrong, at once: an unknown environment, region or key with the nearest known one, values of another type,
    /// variables that are not set.
    pub fn load(environment: Option<&str>, region: Option<&str>) -> Result<Self, ConfigurationError> {
        let layers = resolved(environment, region).map_err(ConfigurationError)?;
        Self::of(&layers).map_err(ConfigurationError)
    }

    fn of(layers: &Layers) -> Result<Self, ConfigError> {
        let one = |key: &str| layers.values(key).into_iter().next();
        Ok(Self {
            environment: layers.environment.as_ref().map(|(name, _)| name.clone()),
            region: layers.billing_region()?,
            provider_urls: layers.values("provider-url"),
            headers: layers.headers(),
            // What holds for a verification if nobody says anything is short for a calculation.
            request_timeout: layers
                .origin("request-timeout")
                .and_then(|_| one("request-timeout"))
                .and_then(|milliseconds| milliseconds.parse().ok())
                .map(Duration::from_millis),
            ca_cert: one("ca-cert").map(PathBuf::from),
            client_cert: one("client-cert").zip(one("client-key")).map(|(a, b)| (a.into(), b.into())),
            disable_ssl_verification: one("disable-ssl-verification").is_some_and(|yes| yes == "true"),
            tenant: one("tenant"),
            billing_group: one("billing-group"),
            projects: layers.values("projects"),
            app_keys: layers.values("app-keys"),
            campaigns: layers.values("campaigns"),
        })
    }
}
