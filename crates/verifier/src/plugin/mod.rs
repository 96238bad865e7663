//! Pact plugins: what a V4 pact needs beside the matching that every verifier has.
//!
//! A plugin owns content types, and says of a body or a message of such a type what differs. Without it, the
//! comparison would be one of bytes, and a run would prove something else than was agreed. So they are all there
//! before anything is sent, or nothing is sent. The crate's feature `plugins` brings the runtime for them; without it
//! a pact that needs one is refused.

#[cfg(not(feature = "plugins"))]
mod absent;
#[cfg(feature = "plugins")]
mod driver;

#[cfg(not(feature = "plugins"))]
pub use absent::Plugins;
#[cfg(not(feature = "plugins"))]
pub(crate) use absent::require;
#[cfg(feature = "plugins")]
pub use driver::Plugins;
#[cfg(feature = "plugins")]
pub(crate) use driver::require;

/// Why a plugin that a pact needs is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// This program has no runtime for plugins.
    #[error(
        "{pact}: needs plugin {name} {version}; this billtest was built without plugins\n  build it with \
         --features plugins, or leave the pact out"
    )]
    NotBuiltIn {
        /// The pact.
        pact: String,
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
    },
    /// It is not installed.
    #[error(
        "{pact}: needs plugin {name} {version}, which is not installed: {reason}\n  install it into ~/.pact/plugins, \
         or name the directory that it is in by PACT_PLUGIN_DIR; nothing is downloaded"
    )]
    Missing {
        /// The pact.
        pact: String,
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
        /// What was found, or not.
        reason: String,
    },
    /// It is installed and does not run.
    #[error(
        "{pact}: needs plugin {name} {version}, which does not start: {reason}\n  see its log in the `logs` beside \
         it, and install it anew if it is broken"
    )]
    NotStarted {
        /// The pact.
        pact: String,
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
        /// What happened.
        reason: String,
    },
    /// The plugin runtime would report to its makers which plugins are used.
    #[error(
        "{pact}: needs plugin {name} {version}, and the Pact plugin runtime would report that to its makers\n  set \
         PACT_DO_NOT_TRACK=true"
    )]
    Tracked {
        /// The pact.
        pact: String,
        /// The plugin.
        name: String,
        /// Its version.
        version: String,
    },
}
