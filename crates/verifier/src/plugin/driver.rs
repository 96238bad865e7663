use std::env;

use pact_matching::matchingrules::configure_core_catalogue;
use pact_plugin_driver::plugin_manager::{load_plugin, load_plugin_manifest, shutdown_plugins};
use pact_plugin_driver::plugin_models::{PluginDependency, PluginDependencyType};

use super::PluginError;
use crate::Plan;

/// The plugins of a run. They are shut down when this goes.
///
/// The runtime keeps them once for the whole process: there can be one run with plugins at a time.
#[derive(Debug)]
pub struct Plugins {
    any: bool,
}

impl Plugins {
    /// Starts every plugin that the pacts of the plan need.
    ///
    /// # Errors
    /// A [`PluginError`] if one is not there; then those that were started are shut down.
    pub async fn load(plan: &Plan) -> Result<Self, PluginError> {
        let mut plugins = Self { any: false };
        for (pact, plugin) in plan.plugins() {
            let (pact, name, version) = (pact.source.clone(), plugin.name.clone(), plugin.version.clone());
            // Nothing but this variable keeps the runtime from it.
            if env::var("PACT_DO_NOT_TRACK").as_deref() != Ok("true") {
                return Err(PluginError::Tracked { pact, name, version });
            }
            if !plugins.any {
                configure_core_catalogue();
                plugins.any = true;
            }
            let wanted = PluginDependency {
                name: name.clone(),
                // Some plugins write a build number behind the version, which is not a part of what is needed.
                version: Some(version.split('.').take(3).collect::<Vec<_>>().join(".")),
                dependency_type: PluginDependencyType::Plugin,
            };
            // Loading one that is not installed would look for it on the internet and install it.
            if let Err(error) = load_plugin_manifest(&wanted) {
                let reason = error.to_string();
                return Err(PluginError::Missing { pact, name, version, reason });
            }
            if let Err(error) = load_plugin(&wanted).await {
                let reason = format!("{error:#}");
                return Err(PluginError::NotStarted { pact, name, version, reason });
            }
        }
        Ok(plugins)
    }
}

impl Drop for Plugins {
    fn drop(&mut self) {
        if self.any {
            shutdown_plugins();
        }
    }
}
