//! Query strings, as Rack writes them: `q[][pacticipant]=Foo&q[][version]=1&limit=10`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Broker;
use super::refusal::Refusal;

/// The parameters of a request, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl FromRequestParts<Broker> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Broker) -> Result<Self, Refusal> {
        let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let query = Self(pairs.into_owned().collect());
        if query.0.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Refusal::Malformed("The query has a null character."));
        }
        Ok(query)
    }
}

impl Query {
    /// The last value of this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The same, if it is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    /// The same without the selectors of a form that nobody filled in.
    pub(super) fn without_empty_selectors(&self) -> Self {
        let mut kept = Vec::new();
        let mut named = true;
        for (name, value) in &self.0 {
            if name == "q[][pacticipant]" {
                named = !value.is_empty();
            }
            if (named || !name.starts_with("q[]")) && !value.is_empty() {
                kept.push((name.clone(), value.clone()));
            }
        }
        Self(kept)
    }

    /// All values of `name[]`.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let name = format!("{name}[]");
        self.0.iter().filter(|(own, _)| *own == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The objects of `name[][member]`; a member that is there already begins the next object.
    pub(super) fn objects(&self, name: &str) -> Vec<Vec<(&str, &str)>> {
        let prefix = format!("{name}[][");
        let mut objects: Vec<Vec<(&str, &str)>> = Vec::new();
        for (own, value) in &self.0 {
            let Some(member) = own.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(']')) else {
                continue;
            };
            match objects.last_mut() {
                Some(object) if !object.iter().any(|(known, _)| *known == member) => {
                    object.push((member, value));
                }
                _ => objects.push(vec![(member, value)]),
            }
        }
        objects
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two selectors read as one would ask another question than the user's.
    #[test]
    fn a_repeated_member_begins_the_next_object() {
        let text = "q[][pacticipant]=Foo&q[][version]=1&q[][pacticipant]=B%26r&latestby=cvp&x[]=1&x[]=2";
        let query = Query(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect());
        assert_eq!(
            query.objects("q"),
            [vec![("pacticipant", "Foo"), ("version", "1")], vec![("pacticipant", "B&r")]]
        );
        assert_eq!((query.get("latestby"), query.list("x")), (Some("cvp"), vec!["1", "2"]));
    }
}
