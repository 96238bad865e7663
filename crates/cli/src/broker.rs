//! A Pact Broker: what is asked of one, what is told it, and one of our own.

mod access;
mod ask;
mod detect;
mod environments;
mod fetch;
mod pacticipants;
mod publish;
mod record;
mod results;
mod selection;
#[cfg(feature = "server")]
mod serve;
mod table;
mod verification;
mod versions;
mod webhooks;

use clap::Subcommand;

use crate::exit::{CliError, Exit};
use crate::printer::Printer;

pub(crate) use results::publish;
pub(crate) use verification::{BrokerArgs, fetch, is_address};

/// What `billtest broker` does. The names are those of the clients that users have; where commands of ours are
/// grouped, the ungrouped names are there as well, and hidden.
#[derive(Debug, Subcommand)]
pub(crate) enum BrokerCommand {
    /// Run a Pact Broker until it is interrupted
    #[cfg(feature = "server")]
    Serve(serve::ServeArgs),
    /// Copy the database file of a broker, which may go on meanwhile
    #[cfg(feature = "server")]
    Backup(serve::BackupArgs),
    /// Publish pacts of a consumer's version
    Publish(publish::PublishArgs),
    /// Write the pacts of a provider into a directory
    #[command(visible_alias = "get-pacts")]
    Fetch(fetch::FetchArgs),
    /// List the latest pact of each consumer and provider
    ListLatestPactVersions(versions::LatestArgs),
    /// Ask whether versions get on with what is deployed; exit code 1 if not, or if it is not known
    CanIDeploy(ask::DeployArgs),
    /// Ask whether a version gets on with the main branches; exit code 1 if not, or if it is not known
    CanIMerge(ask::MergeArgs),
    /// Record that a version was deployed to an environment
    RecordDeployment(record::DeploymentArgs),
    /// Record that a pacticipant is deployed in an environment no more
    RecordUndeployment(record::UndeploymentArgs),
    /// Record that a version was released in an environment
    RecordRelease(record::ReleaseArgs),
    /// Record that a released version is supported in an environment no more
    RecordSupportEnded(record::ReleaseArgs),
    /// Create an environment
    CreateEnvironment(environments::CreateArgs),
    /// Change an environment
    UpdateEnvironment(environments::UpdateArgs),
    /// List the environments
    ListEnvironments(environments::ListArgs),
    /// Show an environment
    DescribeEnvironment(environments::OneArgs),
    /// Delete an environment
    DeleteEnvironment(environments::OneArgs),
    /// Tag a version
    CreateVersionTag(versions::TagArgs),
    /// Take a tag from a version
    DeleteVersionTag(versions::UntagArgs),
    /// Make a version, or put it on a branch and tag it
    CreateOrUpdateVersion(versions::PutArgs),
    /// Show a version
    DescribeVersion(versions::DescribeArgs),
    /// Pacticipants: list, create-or-update, describe, delete
    #[command(subcommand)]
    Pacticipants(pacticipants::PacticipantsCommand),
    /// Branches of a pacticipant: list, delete
    #[command(subcommand)]
    Branches(pacticipants::BranchesCommand),
    /// Webhooks: create, create-or-update, list, test, delete
    #[command(subcommand)]
    Webhooks(webhooks::WebhooksCommand),
    /// Make an id for `webhooks create-or-update`
    GenerateUuid,

    #[command(hide = true)]
    Version,
    #[command(hide = true)]
    ListPacticipants(pacticipants::ListArgs),
    #[command(hide = true)]
    CreateOrUpdatePacticipant(pacticipants::PutArgs),
    #[command(hide = true)]
    DescribePacticipant(pacticipants::OneArgs),
    #[command(hide = true)]
    DeleteBranch(pacticipants::BranchArgs),
    #[command(hide = true)]
    CreateWebhook(webhooks::CreateArgs),
    #[command(hide = true)]
    CreateOrUpdateWebhook(webhooks::PutArgs),
    #[command(hide = true)]
    TestWebhook(webhooks::OneArgs),
    #[command(hide = true)]
    DeleteWebhook(webhooks::OneArgs),
}

pub(crate) async fn exec_broker(command: &BrokerCommand, printer: &mut Printer) -> Result<Exit, CliError> {
    use pacticipants::{BranchesCommand, PacticipantsCommand};
    use webhooks::WebhooksCommand;

    match command {
        #[cfg(feature = "server")]
        BrokerCommand::Serve(args) => serve::exec_serve(args, printer).await,
        #[cfg(feature = "server")]
        BrokerCommand::Backup(args) => serve::exec_backup(args, printer).await,
        BrokerCommand::Publish(args) => publish::exec_publish(args, printer).await,
        BrokerCommand::Fetch(args) => fetch::exec_fetch(args, printer).await,
        BrokerCommand::ListLatestPactVersions(args) => versions::exec_latest(args, printer).await,
        BrokerCommand::CanIDeploy(args) => ask::exec_deploy(args, printer).await,
        BrokerCommand::CanIMerge(args) => ask::exec_merge(args, printer).await,
        BrokerCommand::RecordDeployment(args) => record::exec_deployment(args, printer).await,
        BrokerCommand::RecordUndeployment(args) => record::exec_undeployment(args, printer).await,
        BrokerCommand::RecordRelease(args) => record::exec_release(args, printer).await,
        BrokerCommand::RecordSupportEnded(args) => record::exec_support_ended(args, printer).await,
        BrokerCommand::CreateEnvironment(args) => environments::exec_create(args, printer).await,
        BrokerCommand::UpdateEnvironment(args) => environments::exec_update(args, printer).await,
        BrokerCommand::ListEnvironments(args) => environments::exec_list(args, printer).await,
        BrokerCommand::DescribeEnvironment(args) => environments::exec_describe(args, printer).await,
        BrokerCommand::DeleteEnvironment(args) => environments::exec_delete(args, printer).await,
        BrokerCommand::CreateVersionTag(args) => versions::exec_tag(args, printer).await,
        BrokerCommand::DeleteVersionTag(args) => versions::exec_untag(args, printer).await,
        BrokerCommand::CreateOrUpdateVersion(args) => versions::exec_put(args, printer).await,
        BrokerCommand::GenerateUuid => {
            printer.line(uuid::Uuid::new_v4());
            Ok(Exit::Verified)
        }
        BrokerCommand::Version => {
            printer.line(env!("CARGO_PKG_VERSION"));
            Ok(Exit::Verified)
        }
        BrokerCommand::DescribeVersion(args) => versions::exec_describe(args, printer).await,
        BrokerCommand::Pacticipants(PacticipantsCommand::List(args))
        | BrokerCommand::ListPacticipants(args) => pacticipants::exec_list(args, printer).await,
        BrokerCommand::Pacticipants(PacticipantsCommand::CreateOrUpdate(args))
        | BrokerCommand::CreateOrUpdatePacticipant(args) => pacticipants::exec_put(args, printer).await,
        BrokerCommand::Pacticipants(PacticipantsCommand::Describe(args))
        | BrokerCommand::DescribePacticipant(args) => pacticipants::exec_describe(args, printer).await,
        BrokerCommand::Pacticipants(PacticipantsCommand::Delete(args)) => {
            pacticipants::exec_delete(args, printer).await
        }
        BrokerCommand::Branches(BranchesCommand::List(args)) => {
            pacticipants::exec_list_branches(args, printer).await
        }
        BrokerCommand::Branches(BranchesCommand::Delete(args)) | BrokerCommand::DeleteBranch(args) => {
            pacticipants::exec_delete_branch(args, printer).await
        }
        BrokerCommand::Webhooks(WebhooksCommand::Create(args)) | BrokerCommand::CreateWebhook(args) => {
            webhooks::exec_create(args, printer).await
        }
        BrokerCommand::Webhooks(WebhooksCommand::CreateOrUpdate(args))
        | BrokerCommand::CreateOrUpdateWebhook(args) => webhooks::exec_put(args, printer).await,
        BrokerCommand::Webhooks(WebhooksCommand::List(args)) => webhooks::exec_list(args, printer).await,
        BrokerCommand::Webhooks(WebhooksCommand::Test(args)) | BrokerCommand::TestWebhook(args) => {
            webhooks::exec_test(args, printer).await
        }
        BrokerCommand::Webhooks(WebhooksCommand::Delete(args)) | BrokerCommand::DeleteWebhook(args) => {
            webhooks::exec_delete(args, printer).await
        }
    }
}
