use pact_models::plugins::PluginData;

use super::PluginError;
use crate::Plan;

/// The plugins of a run; without the feature `plugins` there are none.
#[derive(Debug)]
pub struct Plugins(());

impl Plugins {
    /// Makes sure that no pact of the plan needs a plugin.
    ///
    /// # Errors
    /// [`PluginError::NotBuiltIn`].
    pub async fn load(plan: &Plan) -> Result<Self, PluginError> {
        match plan.plugins().next() {
            None => Ok(Self(())),
            Some((pact, plugin)) => Err(PluginError::NotBuiltIn {
                pact: pact.source.clone(),
                name: plugin.name.clone(),
                version: plugin.version.clone(),
            }),
        }
    }
}

/// Why what these plugins own cannot be compared.
pub(crate) fn require(plugins: &[PluginData]) -> Result<(), String> {
    plugins.first().map_or(Ok(()), |plugin| {
        Err(format!(
            "its pact needs plugin {} {}; this billtest was built without plugins",
            plugin.name, plugin.version
        ))
    })
}
