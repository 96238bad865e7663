//! Where webhooks may go. A broker stands where much can be reached that others cannot reach.

use std::net::IpAddr;

use url::{Host, Url};

use crate::server::refusal::Fields;
use crate::server::settings::WebhookRules;

const METHODS: [&str; 7] = ["POST", "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"];
const WHITELIST: &str = "Name the host with --webhook-host to allow it.";

/// A header whose value is not shown.
pub(super) fn is_secret(header: &str) -> bool {
    const PARTS: [&str; 9] =
        ["auth", "cookie", "credential", "key", "password", "passwd", "secret", "session", "token"];
    let header = header.to_ascii_lowercase();
    PARTS.iter().any(|part| header.contains(part))
}

/// Whether a host may be called in any way.
pub(super) fn is_listed(host: &str, rules: &WebhookRules) -> bool {
    rules.hosts.iter().any(|rule| covers(rule, host))
}

fn covers(rule: &str, host: &str) -> bool {
    if let Some(end) = rule.strip_prefix('*') {
        return host.len() > end.len() && host.to_ascii_lowercase().ends_with(&end.to_ascii_lowercase());
    }
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    match (address, rule.split_once('/')) {
        (Some(address), Some((network, bits))) => is_within(address, network, bits).unwrap_or(false),
        (Some(address), None) => rule.parse() == Ok(address),
        (None, _) => rule.eq_ignore_ascii_case(host),
    }
}

fn is_within(address: IpAddr, network: &str, bits: &str) -> Option<bool> {
    let bits: u32 = bits.parse().ok()?;
    let shifted = |all: u128, width: u32| all.checked_shr(width.checked_sub(bits)?).or(Some(0));
    match (address, network.parse().ok()?) {
        (IpAddr::V4(one), IpAddr::V4(other)) => {
            Some(shifted(one.to_bits().into(), 32)? == shifted(other.to_bits().into(), 32)?)
        }
        (IpAddr::V6(one), IpAddr::V6(other)) => {
            Some(shifted(one.to_bits(), 128)? == shifted(other.to_bits(), 128)?)
        }
        _ => Some(false),
    }
}

/// The host of a URL as rules name it.
pub(super) fn host_of(url: &Url) -> Option<String> {
    url.host().map(|host| match host {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    })
}

/// Tells what is wrong with where a webhook goes.
pub(super) fn check(method: &str, url: &str, rules: &WebhookRules, fields: &mut Fields) {
    let origin = url.split(['/', '?', '#']).take(3).collect::<String>();
    if origin.contains("${") {
        fields.add("request.url", "cannot have a template parameter in the host");
        return;
    }
    // Parameters stand where a value will stand.
    let parsed = Url::parse(&url.replace("${", "x").replace('}', "x"));
    let Some((parsed, host)) = parsed.ok().and_then(|url| host_of(&url).map(|host| (url, host))) else {
        fields.add("request.url", "is not a valid URL eg. http://example.org");
        return;
    };
    if !matches!(parsed.scheme(), "http" | "https") {
        fields.add("request.url", "scheme must be http or https");
    }
    if !METHODS.iter().any(|known| known.eq_ignore_ascii_case(method)) {
        fields.add("request.method", "is not a recognised HTTP method");
    }
    if is_listed(&host, rules) {
        return;
    }
    if parsed.scheme() == "http" {
        fields.add("request.url", format!("scheme must be https. {WHITELIST}"));
    }
    if !method.eq_ignore_ascii_case("POST") {
        fields.add("request.method", format!("must be POST. {WHITELIST}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(hosts: &[&str]) -> WebhookRules {
        WebhookRules {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            ..WebhookRules::default()
        }
    }

    /// Whoever may publish could reach what stands behind the broker.
    #[test]
    fn only_listed_hosts_are_called_freely() {
        let rules = rules(&["ci.example.test", "*.intern.test", "10.0.0.0/8", "::1"]);
        for host in ["ci.example.test", "CI.example.test", "a.intern.test", "10.1.2.3", "::1", "[::1]"] {
            assert!(is_listed(host, &rules), "{host}");
        }
        for host in
            ["example.test", "xci.example.test", "intern.test", "11.0.0.1", "ci.example.test.evil.test"]
        {
            assert!(!is_listed(host, &rules), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong = |method: &str, url: &str| {
            let mut fields = Fields::default();
            check(method, url, &rules(&["hook.test"]), &mut fields);
            fields != Fields::default()
        };
        assert!(!wrong("POST", "https://anywhere.test/x?c=${pactbroker.consumerName}"));
        assert!(!wrong("GET", "http://hook.test/x"));
        for (method, url) in [
            ("POST", "http://anywhere.test/"),
            ("GET", "https://anywhere.test/"),
            ("POST", "https://${pactbroker.consumerName}.test/"),
            ("POST", "file:///etc/passwd"),
            ("POST", "nonsense"),
            ("BREW", "https://hook.test/"),
        ] {
            assert!(wrong(method, url), "{method} {url}");
        }
    }
}
