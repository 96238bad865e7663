use std::env;

use pact_matching::matchingrules::configure_core_catalogue;
use pact_models::plugins::PluginData;
use pact_plugin_driver::plugin_manager::{
    load_plugin, load_plugin_manifest, lookup_plugin, shutdown_plugins,
};
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
            // Some plugins write a build number behind the version, which is not a part of what is needed.
            let needed = version.split('.').take(3).collect::<Vec<_>>().join(".");
            // Loading one that is not installed would look for it on the internet and install it.
            let installed = match load_plugin_manifest(&dependency(&name, Some(needed))) {
                Ok(manifest) => manifest.as_dependency(),
                Err(error) => {
                    let reason = error.to_string();
                    return Err(PluginError::Missing { pact, name, version, reason });
                }
            };
            // By the version that it has: asked for by another, it would be started once more for each pact.
            if let Err(error) = load_plugin(&installed).await {
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

/// Why what these plugins own cannot be compared: whoever runs a plan has to load its plugins first.
pub(crate) fn require(plugins: &[PluginData]) -> Result<(), String> {
    let missing = plugins.iter().find(|plugin| lookup_plugin(&dependency(&plugin.name, None)).is_none());
    missing.map_or(Ok(()), |plugin| {
        Err(format!("its pact needs plugin {} {}, which is not loaded", plugin.name, plugin.version))
    })
}

fn dependency(name: &str, version: Option<String>) -> PluginDependency {
    PluginDependency { name: name.to_owned(), version, dependency_type: PluginDependencyType::Plugin }
}
