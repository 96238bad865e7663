//! Pacts that come from a broker or another address, and results that go back.

use billtest_broker::Selectors;
use billtest_broker::client::{
    BrokerClient, BrokerError, BrokerPact, Credentials, FetchedPacts, ForVerification, Moment, Secret, Trust,
};
use billtest_contract::pact::PactFile;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::access::{self, said};
use crate::args::{PACTS, VerifyArgs};
use crate::exit::CliError;
use crate::printer::{FAINT, Printer, STRONG};
use crate::report::exchange;

#[derive(Debug, Args)]
pub(crate) struct BrokerArgs {
    /// Address of a Pact Broker: verify the pacts that it has for --provider-name
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Broker",
        env = "PACT_BROKER_BASE_URL",
        hide_env_values = true
    )]
    pub(crate) broker_url: Option<String>,
    /// What says so, if it is no option.
    #[arg(skip)]
    pub(crate) url_from: Option<String>,
    /// Name of the provider, as the pacts have it
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Broker",
        env = "PACT_PROVIDER_NAME",
        hide_env_values = true
    )]
    pub(crate) provider_name: Option<String>,
    /// Which consumer versions, as {"mainBranch": true}, or a list of such; may be repeated
    #[arg(
        long = "consumer-version-selectors",
        value_name = "JSON",
        help_heading = "Broker",
        requires = "broker_url"
    )]
    pub(crate) selectors: Vec<Selectors>,
    /// A pact that this provider never kept may fail without failing the run
    #[arg(long, help_heading = "Broker", requires = "broker_url")]
    pub(crate) enable_pending: bool,
    /// Also the pacts of other branches that came after this day (YYYY-MM-DD); they are pending
    #[arg(long, value_name = "DATE", help_heading = "Broker", requires = "broker_url", value_parser = date)]
    pub(crate) include_wip_pacts_since: Option<String>,
    /// The one pact to verify, as a webhook of the broker passes it
    #[arg(
        long,
        value_name = "URL",
        help_heading = "Broker",
        env = "PACT_WEBHOOK_CALLBACK_URL",
        hide_env_values = true
    )]
    pub(crate) webhook_callback_url: Option<String>,
    /// User name for the broker; without --broker-url for the addresses of pacts
    #[arg(
        long,
        value_name = "NAME",
        help_heading = "Broker",
        env = "PACT_BROKER_USERNAME",
        hide_env_values = true
    )]
    pub(crate) user: Option<String>,
    /// Password of that user
    #[arg(
        long,
        value_name = "PASSWORD",
        help_heading = "Broker",
        env = "PACT_BROKER_PASSWORD",
        hide_env_values = true
    )]
    pub(crate) password: Option<Secret>,
    /// Bearer token in place of user name and password
    #[arg(
        long,
        value_name = "TOKEN",
        help_heading = "Broker",
        env = "PACT_BROKER_TOKEN",
        hide_env_values = true
    )]
    pub(crate) token: Option<Secret>,

    /// Publish the results to the broker, if every interaction of every pact was judged
    #[arg(long, help_heading = "Publish", requires = "provider_version")]
    pub(crate) publish: bool,
    /// Version of the provider that is verified, such as the commit
    #[arg(long, value_name = "VERSION", help_heading = "Publish", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) provider_version: Option<String>,
    /// Branch of the provider; also what the broker judges pending pacts by
    #[arg(long, value_name = "BRANCH", help_heading = "Publish", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) provider_branch: Option<String>,
    /// Tag of the provider version; may be repeated
    #[arg(
        long = "provider-tag",
        value_name = "TAG",
        help_heading = "Publish",
        alias = "provider-tags",
        value_delimiter = ',',
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) provider_tags: Vec<String>,
    /// Address of the build that verifies
    #[arg(long, value_name = "URL", help_heading = "Publish", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) build_url: Option<String>,
}

/// A day, or a moment of one.
fn date(text: &str) -> Result<String, String> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    let moment = chrono::DateTime::parse_from_rfc3339(text).is_ok();
    if day || moment { Ok(text.to_owned()) } else { Err("a date is written YYYY-MM-DD".into()) }
}

/// Whether a source is an address and not a path.
pub(crate) fn is_address(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

impl BrokerArgs {
    /// Whether any pact comes from an address, so that the default directory is not meant.
    pub(crate) fn replaces_default(&self) -> bool {
        said(self.webhook_callback_url.as_ref()).is_some() || self.is_asked()
    }

    fn is_asked(&self) -> bool {
        said(self.broker_url.as_ref()).is_some()
            && said(self.provider_name.as_ref()).is_some()
            && said(self.webhook_callback_url.as_ref()).is_none()
    }

    /// Where pacts were looked for, in words.
    pub(crate) fn place(&self, sources: &[String]) -> String {
        let shown =
            |source: &String| if is_address(source) { without_credentials(source) } else { source.clone() };
        let mut places: Vec<String> = sources.iter().map(shown).collect();
        if self.is_asked() {
            let (broker, provider) = (said(self.broker_url.as_ref()), said(self.provider_name.as_ref()));
            let broker = broker.map(without_credentials).unwrap_or_default();
            let chosen = if self.selectors.is_empty() { "" } else { " that the selectors choose" };
            places.push(format!("the broker at {broker} for {}{chosen}", provider.unwrap_or_default()));
        } else if places.is_empty() {
            places.push(PACTS.to_owned());
        }
        places.join(", ")
    }

    fn credentials(&self) -> Result<Credentials, CliError> {
        access::credentials(self.token.as_ref(), self.user.as_ref(), self.password.as_ref())
    }

    /// What contradicts itself is told before anything is asked or sent.
    fn check(&self, sources: &[String], printer: &mut Printer) -> Result<(), CliError> {
        let usage = |text: &str| Err(CliError::Usage(text.to_owned()));
        let from_address = self.replaces_default() || sources.iter().any(|source| is_address(source));
        if let (Some(_), None) = (said(self.broker_url.as_ref()), said(self.provider_name.as_ref()))
            && said(self.webhook_callback_url.as_ref()).is_none()
        {
            let chosen =
                !self.selectors.is_empty() || self.enable_pending || self.include_wip_pacts_since.is_some();
            let without = self.url_from.as_ref().filter(|_| !chosen && (from_address || !self.publish));
            let Some(from) = without else {
                return usage(
                    "the broker has pacts for many providers\n  say for which to ask with --provider-name \
                     (PACT_PROVIDER_NAME)",
                );
            };
            if sources.is_empty() {
                printer.warning(format_args!(
                    "{from} names a broker, and the broker is not asked for pacts, because --provider-name is not given"
                ));
            }
        }
        if self.publish && !from_address {
            return usage(
                "--publish needs pacts of a broker, and there are only files\n  name the broker with --broker-url and \
                 --provider-name, or the address of a pact",
            );
        }
        if said(self.webhook_callback_url.as_ref()).is_some() && !sources.is_empty() {
            return usage(
                "--webhook-callback-url names the one pact to verify, and there are others\n  give either that or paths",
            );
        }
        if self.include_wip_pacts_since.is_some()
            && self.provider_branch.is_none()
            && self.provider_tags.is_empty()
        {
            return usage(
                "--include-wip-pacts-since has no effect without the provider's branch\n  give it with \
                 --provider-branch",
            );
        }
        Ok(())
    }

    fn question(&self) -> ForVerification {
        ForVerification {
            provider: said(self.provider_name.as_ref()).unwrap_or_default().to_owned(),
            selectors: self.selectors.iter().flat_map(|selectors| selectors.0.clone()).collect(),
            provider_branch: self.provider_branch.clone(),
            provider_tags: self.provider_tags.clone(),
            include_pending: self.enable_pending,
            wip_since: self.include_wip_pacts_since.clone(),
        }
    }
}

/// An address as it may be shown. What is none was refused before.
fn without_credentials(address: &str) -> String {
    match BrokerClient::new(address, Credentials::None) {
        Ok(client) => client.address().trim_end_matches('/').to_owned(),
        Err(_) => "(invalid)".to_owned(),
    }
}

/// What came from a broker and other addresses.
#[derive(Debug, Default)]
pub(crate) struct Fetched {
    pub(super) clients: Vec<BrokerClient>,
    /// Each with the client that it came by.
    pub(super) pacts: Vec<(usize, BrokerPact)>,
    /// What came and cannot be read, in words.
    pub(crate) problems: Vec<String>,
}

impl Fetched {
    /// The pacts in the form in which they are verified.
    pub(crate) fn files(&self) -> impl Iterator<Item = PactFile> {
        self.pacts.iter().map(|(_, pact)| pact.file.clone())
    }

    fn take(&mut self, client: usize, fetched: FetchedPacts, printer: &mut Printer) {
        for error in fetched.unreadable {
            printer.error(&error);
            self.problems.push(error.to_string());
        }
        for pact in fetched.pacts {
            // Named twice, it is still one pact, and its interactions are verified once.
            let is_shown = !pact.file.source.contains(exchange::HIDDEN);
            if is_shown && self.pacts.iter().any(|(_, known)| known.file.source == pact.file.source) {
                continue;
            }
            announce(&pact, printer);
            self.pacts.push((client, pact));
        }
    }

    async fn take_at(&mut self, client: usize, address: &str, printer: &mut Printer) -> Result<(), CliError> {
        let fetched = match self.clients[client].pact_at(address).await {
            Ok(pact) => FetchedPacts { pacts: vec![pact], unreadable: Vec::new() },
            Err(BrokerError::Pact(error)) => FetchedPacts { pacts: Vec::new(), unreadable: vec![error] },
            Err(error) => return Err(error.into()),
        };
        self.take(client, fetched, printer);
        Ok(())
    }
}

/// Fetches every pact that does not come from a file.
pub(crate) async fn fetch(args: &VerifyArgs, printer: &mut Printer) -> Result<Fetched, CliError> {
    let broker = &args.broker;
    broker.check(&args.sources, printer)?;
    let credentials = broker.credentials()?;
    let trust = Trust { authorities: args.run.authorities()?, any: args.run.disable_ssl_verification };
    let connect = |address: &str, credentials| {
        BrokerClient::new(address, credentials).map(|client| client.with_trust(trust.clone()))
    };
    let mut fetched = Fetched::default();
    let address = said(broker.broker_url.as_ref());
    if let Some(address) = address {
        fetched.clients.push(connect(address, credentials.clone())?);
    }
    if broker.is_asked() {
        match fetched.clients[0].pacts_for_verification(&broker.question()).await {
            Ok(pacts) => fetched.take(0, pacts, printer),
            // The first build of a new provider comes before any consumer knows it.
            Err(error @ BrokerError::UnknownProvider { .. }) if args.select.ignore_no_pacts => {
                printer.warning(error)
            }
            Err(error) => return Err(error.into()),
        }
    }
    let pacts = args.sources.iter().map(String::as_str).filter(|source| is_address(source));
    for source in pacts.chain(said(broker.webhook_callback_url.as_ref())) {
        let of_broker = fetched.clients.first().filter(|_| address.is_some());
        let client = if of_broker.is_some_and(|client| client.is_at(source)) {
            0
        } else {
            // Credentials that are the broker's are nobody else's.
            let credentials = if address.is_some() { Credentials::None } else { credentials.clone() };
            fetched.clients.push(connect(source, credentials)?);
            fetched.clients.len() - 1
        };
        fetched.take_at(client, source, printer).await?;
    }
    if fetched.pacts.iter().any(|(_, pact)| pact.is_publishable()) {
        printer.line("");
    }
    Ok(fetched)
}

fn announce(pact: &BrokerPact, printer: &mut Printer) {
    let mark = match (pact.wip, pact.pending) {
        (true, _) => ", work in progress",
        (false, true) => ", pending",
        (false, false) => "",
    };
    if pact.is_publishable() || !mark.is_empty() {
        printer.line(format_args!("{STRONG}{}{STRONG:#}{mark}", plain(&pact.name)));
    }
    tell(pact, Moment::Before, printer);
}

/// What the broker wants to be told, without what would steer the terminal.
pub(super) fn tell(pact: &BrokerPact, moment: Moment, printer: &mut Printer) {
    for text in pact.notices_at(moment) {
        for line in text.lines() {
            printer.line(format_args!("  {FAINT}{}{FAINT:#}", plain(line)));
        }
    }
}

pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::printer::Color;

    fn parse(arguments: &[&str]) -> Result<VerifyArgs, clap::Error> {
        VerifyArgs::try_parse_from(["billtest-verify", "--mock"].iter().chain(arguments))
    }

    fn refusal(arguments: &[&str]) -> String {
        let args = match parse(arguments) {
            Ok(args) => args,
            Err(error) => return error.to_string(),
        };
        let broker = &args.broker;
        let checked = broker.check(&args.sources, &mut Printer::new(Color::Never));
        checked.and_then(|()| broker.credentials()).unwrap_err().to_string()
    }

    const BROKER: [&str; 4] = ["--broker-url", "http://b", "--provider-name", "Bar"];

    /// A user would believe that something was asked for, published or kept secret that was not.
    #[test]
    fn what_cannot_be_meant_is_refused_with_what_is_missing() {
        for (arguments, said) in [
            (&["--publish"][..], "--provider-version <VERSION>"),
            (&["--publish", "--provider-version", "1"], "--publish needs pacts of a broker"),
            (&["--broker-url", "http://b"], "--provider-name"),
            (&["--enable-pending"], "--broker-url <URL>"),
            (&["--webhook-callback-url", "http://b/p", "p.json"], "give either that or paths"),
            (&["--user", "u", "--token", "t0ken"], "either --token"),
            (&["--password", "s3cret"], "give --user"),
        ] {
            let text = refusal(arguments);
            assert!(text.contains(said) && !text.contains("t0ken") && !text.contains("s3cret"), "{text}");
        }
        for (more, said) in [
            (["--consumer-version-selectors", r#"{"mainbranch": true}"#], "did you mean `mainBranch`?"),
            (["--include-wip-pacts-since", "yesterday"], "a date is written YYYY-MM-DD"),
            (["--include-wip-pacts-since", "2026-01-01"], "give it with --provider-branch"),
            (["--provider-branch", ""], "a value is required"),
        ] {
            let text = refusal(&[&BROKER[..], &more].concat());
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn a_variable_that_is_set_and_empty_says_nothing() {
        let args = parse(&["--broker-url", "", "--user", "", "--password", "", "--token", "t"]).unwrap();
        assert!(!args.broker.replaces_default());
        assert_eq!(args.broker.credentials().unwrap(), Credentials::Bearer("t".into()));
    }

    #[test]
    fn the_arguments_never_show_their_secrets() {
        let args = parse(&["--token", "t0ken", "--password", "s3cret"]).unwrap();
        let shown = format!("{args:?}");
        assert!(!shown.contains("t0ken") && !shown.contains("s3cret"), "{shown}");
    }
}
