//! Links: found by their relation, filled in, and resolved against the document that they stand in.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use url::Url;

use super::BrokerError;

/// Everything in a name but the unreserved characters of RFC 3986 is percent-encoded: a name never changes the path.
pub(super) const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A JSON document and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) url: Url,
    pub(super) json: Value,
}

impl Document {
    /// The link with this relation, with these names filled in.
    pub(super) fn link(&self, relation: &str, names: &[(&str, &str)]) -> Result<Url, BrokerError> {
        self.find_link(&[relation], names)
    }

    /// The first of these relations that is there.
    pub(super) fn find_link(&self, relations: &[&str], names: &[(&str, &str)]) -> Result<Url, BrokerError> {
        let found = relations.iter().find_map(|relation| Some((*relation, href(&self.json, relation)?)));
        let Some((relation, href)) = found else {
            return Err(BrokerError::NoLink {
                url: shown(&self.url),
                relation: relations.first().copied().unwrap_or_default().to_owned(),
            });
        };
        self.resolve(relation, href, names)
    }

    /// A link that may be missing.
    pub(super) fn link_if_any(&self, relation: &str) -> Result<Option<Url>, BrokerError> {
        href(&self.json, relation).map(|href| self.resolve(relation, href, &[])).transpose()
    }

    /// The addresses of all links with this relation.
    pub(super) fn hrefs(&self, relation: &str) -> Vec<&str> {
        links(&self.json, relation).iter().filter_map(href_of).collect()
    }

    /// The names and addresses of all links with this relation.
    pub(super) fn named_links(&self, relation: &str) -> Vec<(String, String)> {
        let named = |link: &Value| Some((link.get("name")?.as_str()?.to_owned(), href_of(link)?.to_owned()));
        links(&self.json, relation).iter().filter_map(named).collect()
    }

    /// An address from this document, which may be relative to it.
    pub(super) fn resolve(
        &self,
        relation: &str,
        href: &str,
        names: &[(&str, &str)],
    ) -> Result<Url, BrokerError> {
        let invalid = |reason: String| BrokerError::InvalidLink {
            url: shown(&self.url),
            relation: relation.to_owned(),
            reason,
        };
        let href = if names.is_empty() { href.to_owned() } else { expand(href, names, &invalid)? };
        let mut url = self.url.join(&href).map_err(|error| invalid(format!("`{href}`: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid(format!("`{href}` is neither http:// nor https://")));
        }
        // Credentials in a link would be shown wherever the link is.
        drop_credentials(&mut url);
        url.set_fragment(None);
        Ok(url)
    }
}

/// The links with this relation, in whatever spelling: one, or a list.
fn links<'a>(json: &'a Value, relation: &str) -> &'a [Value] {
    let links = json.get("_links").and_then(Value::as_object);
    let link = links.and_then(|links| {
        links.get(relation).or_else(|| {
            links.iter().find(|(name, _)| name.eq_ignore_ascii_case(relation)).map(|(_, link)| link)
        })
    });
    match link {
        None => &[],
        Some(Value::Array(list)) => list,
        Some(link) => std::slice::from_ref(link),
    }
}

fn href_of(link: &Value) -> Option<&str> {
    link.get("href")?.as_str().filter(|href| !href.is_empty())
}

/// The address of a link. A relation may have several; the first is the document's own.
fn href<'a>(json: &'a Value, relation: &str) -> Option<&'a str> {
    href_of(links(json, relation).first()?)
}

/// Fills in `{name}`. The Pact Broker marks some templates as none, so the braces alone decide.
fn expand(
    template: &str,
    names: &[(&str, &str)],
    invalid: &dyn Fn(String) -> BrokerError,
) -> Result<String, BrokerError> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((variable, after)) = after.split_once('}') else {
            return Err(invalid(format!("`{template}` has a brace that does not close")));
        };
        let Some((_, value)) = names.iter().find(|(name, _)| *name == variable) else {
            return Err(invalid(format!("`{template}` asks for `{variable}`, which nobody knows")));
        };
        filled.push_str(before);
        filled.extend(segment(value)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

fn segment(name: &str) -> Result<percent_encoding::PercentEncode<'_>, BrokerError> {
    // As a part of a path these three mean a direction, in every spelling; no name can be sent so.
    if matches!(name, "" | "." | "..") {
        return Err(BrokerError::InvalidName(name.to_owned()));
    }
    Ok(utf8_percent_encode(name, SEGMENT))
}

pub(super) fn drop_credentials(url: &mut Url) {
    // Only addresses without a host cannot be changed, and those have none.
    let _ = url.set_username("");
    let _ = url.set_password(None);
}

/// Parts of the names of query parameters that carry secrets.
const SECRET: [&str; 9] =
    ["auth", "token", "secret", "password", "api-key", "api_key", "apikey", "signature", "credential"];

/// An address as it may be shown: without credentials, those in its query included.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    drop_credentials(&mut url);
    let is_secret = |name: &str| {
        let name = name.to_ascii_lowercase();
        matches!(name.as_str(), "sig" | "key" | "code") || SECRET.iter().any(|part| name.contains(part))
    };
    let Some(query) = url.query() else { return url.to_string() };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    url.set_query(Some(&pairs.join("&")));
    url.to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(base: &str, href: &str) -> Document {
        let json = json!({"_links": {"pb:x": {"href": href}}});
        Document { url: Url::parse(base).unwrap(), json }
    }

    fn followed(base: &str, href: &str, names: &[(&str, &str)]) -> Result<String, BrokerError> {
        document(base, href).link("pb:x", names).map(|url| url.to_string())
    }

    #[test]
    fn links_are_absolute_or_relative_to_their_document() {
        for (base, href, expected) in [
            ("http://h/b/", "http://other:1/x", "http://other:1/x"),
            ("http://h/b/", "/x", "http://h/x"),
            ("http://h/b/", "x/y", "http://h/b/x/y"),
            ("http://h/b/", "//h2/x", "http://h2/x"),
            ("https://h/b/", "http://u:p@h/x#part", "http://h/x"),
        ] {
            assert_eq!(followed(base, href, &[]).unwrap(), expected, "{href}");
        }
    }

    #[test]
    fn a_link_that_leads_nowhere_says_which_and_where() {
        for (href, reason) in [
            ("mailto:a@b", "neither http:// nor https://"),
            ("http://", "empty host"),
            ("/{provider", "brace that does not close"),
            ("/{tag}", "asks for `tag`"),
        ] {
            let error = followed("http://h/", href, &[("provider", "p")]).unwrap_err().to_string();
            assert!(error.contains("http://h/: the link `pb:x`") && error.contains(reason), "{error}");
        }
        let error = document("http://h/", "/").link("pb:y", &[]).unwrap_err().to_string();
        assert!(error.contains("has no link `pb:y`"), "{error}");
        assert!(matches!(followed("http://h/", "/{p}", &[("p", "..")]), Err(BrokerError::InvalidName(_))));
    }

    #[test]
    fn the_first_of_several_links_and_any_spelling_of_the_relation_are_found() {
        let json = json!({"_links": {"PB:X": [{"href": "/1"}, {"href": "/2"}]}});
        let document = Document { url: Url::parse("http://h/").unwrap(), json };
        assert_eq!(document.link("pb:x", &[]).unwrap().path(), "/1");
    }

    proptest! {
        /// A result would be published for another provider, branch or version than the one that was verified.
        #[test]
        fn a_name_stays_in_its_segment_and_comes_back_as_it_was(name in "\\PC+", other in "[{}/%?#.a]{1,6}") {
            prop_assume!(!matches!(name.as_str(), "." | "..") && !matches!(other.as_str(), "." | ".."));
            let url = followed("http://h/b/", "/b/p/{provider}/t/{tag}/end", &[("provider", &name), ("tag", &other)]);
            let url = Url::parse(&url.unwrap()).unwrap();
            prop_assert_eq!(url.query(), None);
            let segments: Vec<String> = url.path_segments().unwrap()
                .map(|part| percent_encoding::percent_decode_str(part).decode_utf8().unwrap().into_owned())
                .collect();
            prop_assert_eq!(segments, ["b", "p", name.as_str(), "t", other.as_str(), "end"]);
        }
    }
}
