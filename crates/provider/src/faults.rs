//! Faults that are ordered at a control route: the routes of the billing API then answer late, with an error, or not at all.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequestParts as _, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use billtest_models::{ErrorCode, FieldError};
use futures::stream;
use matchit::Router;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Provider;
use crate::connection::Peer;
use crate::refusal::Refusal;
use crate::tenant::{Tenant, identify};

/// How many faults there can be at once.
const MOST_FAULTS: usize = 1000;
/// What a rule without a path is about.
const ANY_PATH: &str = "/{*path}";

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FaultKind {
    /// The answer comes later.
    Latency,
    /// The answer is an error, and nothing is done.
    Error,
    /// The connection is reset, and nothing is done.
    Reset,
}

/// A fault as it is ordered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRule {
    /// Only requests of this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Z]+$")]
    method: Option<String>,
    /// Only requests of this path, written as in the OpenAPI document: `/billing/meters/{id}`, `/billing/{*rest}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// Only requests of this tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^[A-Za-z0-9_-]{1,100}$")]
    tenant: Option<String>,
    kind: FaultKind,
    /// How much later, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 60_000)]
    ms: Option<u32>,
    /// With which HTTP status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 400, maximum = 599)]
    status: Option<u16>,
    /// Only the first requests, so many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1)]
    times: Option<u32>,
    /// Only a part of the requests, drawn by lot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    probability: Option<f64>,
    /// Where the lots begin; the same ones come again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0)]
    seed: Option<u64>,
}

/// All faults, as they are ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultRules {
    #[schema(max_items = 1000)]
    pub(crate) faults: Vec<FaultRule>,
}

/// A fault as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct ShownFault {
    id: String,
    #[serde(flatten)]
    rule: FaultRule,
    /// How many requests it has hit.
    hits: u64,
}

#[derive(Debug, Clone, Copy)]
enum Effect {
    Late(Duration),
    Fail(u16),
    Reset,
}

/// Which of the requests that it is about a fault hits.
#[derive(Debug)]
enum Share {
    All,
    First(AtomicU32),
    Lot(f64, Mutex<fastrand::Rng>),
}

/// A fault at work.
#[derive(Debug)]
struct Fault {
    id: String,
    rule: FaultRule,
    method: Option<Method>,
    path: Router<()>,
    tenant: Option<Tenant>,
    effect: Effect,
    share: Share,
    hits: AtomicU64,
}

impl Fault {
    /// Reads a rule, or tells all that is wrong with it; `place` is where it stands in the request.
    fn new(rule: FaultRule, place: &str, number: u64, seed: Option<u64>) -> Result<Self, Vec<FieldError>> {
        let mut problems = Vec::new();
        let mut wrong = |field: &str, message: String| {
            problems.push(FieldError { field: format!("{place}{field}"), message });
        };
        let mut path = Router::new();
        if let Err(error) = path.insert(rule.path.as_deref().unwrap_or(ANY_PATH), ()) {
            wrong("path", format!("is no path such as /billing/meters/{{id}}: {error}"));
        } else if rule.path.as_deref().is_some_and(|path| !path.starts_with('/')) {
            wrong("path", "begins with `/`".to_owned());
        }
        let method = rule.method.as_deref().map(|name| Method::from_bytes(name.as_bytes())).transpose();
        let method = method.unwrap_or_else(|error| {
            wrong("method", error.to_string());
            None
        });
        let tenant = rule.tenant.as_deref().and_then(|name| Tenant::parse(name).ok());
        if rule.tenant.is_some() && tenant.is_none() {
            wrong("tenant", "is no tenant's name".to_owned());
        }
        let effect = rule.effect(&mut wrong);
        let rng = rule.seed.or(seed.map(|seed| seed.wrapping_add(number)));
        let share = match (rule.times, rule.probability) {
            (Some(_), Some(_)) => {
                wrong("probability", "cannot stand beside `times`".to_owned());
                Share::All
            }
            (Some(times), None) => Share::First(AtomicU32::new(times)),
            (None, Some(probability)) => {
                let rng = rng.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
                Share::Lot(probability, Mutex::new(rng))
            }
            (None, None) => Share::All,
        };
        if rule.seed.is_some() && rule.probability.is_none() {
            wrong("seed", "says nothing without `probability`".to_owned());
        }
        match effect {
            Some(effect) if problems.is_empty() => Ok(Self {
                id: format!("fault-{number}"),
                rule,
                method,
                path,
                tenant,
                effect,
                share,
                hits: AtomicU64::new(0),
            }),
            _ => Err(problems),
        }
    }

    fn is_about(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|own| own == method) && self.path.at(path).is_ok()
    }

    /// Whether it hits a request that it is about.
    fn hits(&self) -> bool {
        let hit = match &self.share {
            Share::All => true,
            Share::First(left) => {
                left.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
            }
            Share::Lot(probability, rng) => {
                rng.lock().unwrap_or_else(PoisonError::into_inner).f64() < *probability
            }
        };
        if hit {
            self.hits.fetch_add(1, Ordering::Relaxed);
        }
        hit
    }

    fn shown(&self) -> ShownFault {
        ShownFault { id: self.id.clone(), rule: self.rule.clone(), hits: self.hits.load(Ordering::Relaxed) }
    }
}

impl FaultRule {
    fn effect(&self, wrong: &mut impl FnMut(&str, String)) -> Option<Effect> {
        let kind = match self.kind {
            FaultKind::Latency => "latency",
            FaultKind::Error => "error",
            FaultKind::Reset => "reset",
        };
        if self.kind != FaultKind::Latency && self.ms.is_some() {
            wrong("ms", format!("is not of a fault of kind `{kind}`"));
        }
        if self.kind != FaultKind::Error && self.status.is_some() {
            wrong("status", format!("is not of a fault of kind `{kind}`"));
        }
        let mut required = |field| wrong(field, format!("is required of a fault of kind `{kind}`"));
        match (self.kind, self.ms, self.status) {
            (FaultKind::Latency, Some(ms), _) => Some(Effect::Late(Duration::from_millis(ms.into()))),
            (FaultKind::Error, _, Some(status)) => Some(Effect::Fail(status)),
            (FaultKind::Reset, ..) => Some(Effect::Reset),
            (FaultKind::Latency, None, _) => {
                required("ms");
                None
            }
            (FaultKind::Error, _, None) => {
                required("status");
                None
            }
        }
    }
}

/// All faults of a provider.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Whether there are any: requests ask that first.
    any: AtomicBool,
    rules: RwLock<Vec<Arc<Fault>>>,
    number: AtomicU64,
    seed: Option<u64>,
}

impl Faults {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self { seed, ..Self::default() }
    }

    pub(crate) fn shown(&self) -> Vec<ShownFault> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).iter().map(|fault| fault.shown()).collect()
    }

    /// Puts these faults in the place of all others; none if one of them is wrong.
    pub(crate) fn replace(&self, rules: Vec<FaultRule>) -> Result<Vec<ShownFault>, Refusal> {
        let faults = self.read(rules, |index| format!("faults[{index}]."))?;
        self.change(|all| *all = faults);
        Ok(self.shown())
    }

    /// Adds a fault behind those that are there.
    pub(crate) fn add(&self, rule: FaultRule) -> Result<ShownFault, Refusal> {
        let fault = self.read(vec![rule], |_| String::new())?.pop();
        let Some(fault) = fault else { return Err(Refusal::conflict("no fault was ordered")) };
        self.change(|all| {
            if all.len() >= MOST_FAULTS {
                return Err(Refusal::conflict(format!("there are at most {MOST_FAULTS} faults")));
            }
            all.push(Arc::clone(&fault));
            Ok(fault.shown())
        })
    }

    /// Takes one fault away; whether it was there.
    pub(crate) fn remove(&self, id: &str) -> bool {
        self.retain(|fault| fault.id != id)
    }

    /// Takes away those of one tenant alone.
    pub(crate) fn remove_of(&self, tenant: &Tenant) {
        self.retain(|fault| fault.tenant.as_ref() != Some(tenant));
    }

    pub(crate) fn clear(&self) {
        self.change(Vec::clear);
    }

    fn retain(&self, keep: impl Fn(&Fault) -> bool) -> bool {
        self.change(|all| {
            let before = all.len();
            all.retain(|fault| keep(fault));
            all.len() < before
        })
    }

    fn change<R>(&self, change: impl FnOnce(&mut Vec<Arc<Fault>>) -> R) -> R {
        let mut all = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut all);
        self.any.store(!all.is_empty(), Ordering::Release);
        result
    }

    fn read(
        &self,
        rules: Vec<FaultRule>,
        place: impl Fn(usize) -> String,
    ) -> Result<Vec<Arc<Fault>>, Refusal> {
        let mut faults = Vec::new();
        let mut problems = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            let number = self.number.fetch_add(1, Ordering::Relaxed) + 1;
            match Fault::new(rule, &place(index), number, self.seed) {
                Ok(fault) => faults.push(Arc::new(fault)),
                Err(wrong) => problems.extend(wrong),
            }
        }
        if problems.is_empty() {
            Ok(faults)
        } else {
            Err(Refusal::fields(ErrorCode::ValidationError, problems))
        }
    }

    fn about(&self, method: &Method, path: &str) -> Vec<Arc<Fault>> {
        if !self.any.load(Ordering::Acquire) {
            return Vec::new();
        }
        let all = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter(|fault| fault.is_about(method, path)).cloned().collect()
    }
}

/// Does what the faults say that hit a request: in their order, up to the first that ends it.
pub(crate) async fn inject(provider: &Provider, mut request: Request, next: Next) -> Response {
    let faults = provider.faults.about(request.method(), request.uri().path());
    let mut tenant = None;
    // Only for the sake of a tenant's fault a request is read before its time.
    if faults.iter().any(|fault| fault.tenant.is_some()) {
        match tenant_of(request, provider).await {
            Ok((named, unread)) => (tenant, request) = (Some(named), unread),
            Err(refusal) => return refusal.into_response(),
        }
    }
    for fault in faults {
        let other = fault.tenant.is_some() && fault.tenant != tenant;
        if other || !fault.hits() {
            continue;
        }
        match fault.effect {
            Effect::Late(time) => tokio::time::sleep(time).await,
            Effect::Fail(status) => return Refusal::injected(status).into_response(),
            Effect::Reset => return reset(&request),
        }
    }
    next.run(request).await
}

async fn tenant_of(request: Request, provider: &Provider) -> Result<(Tenant, Request), Refusal> {
    let (mut parts, body) = identify(request, provider).await?.into_parts();
    let tenant = Tenant::from_request_parts(&mut parts, provider).await?;
    Ok((tenant, Request::from_parts(parts, body)))
}

/// Resets the connection. Where there is none, as in a test that calls the router, the answer's body breaks off.
fn reset(request: &Request) -> Response {
    if let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<Peer>>() {
        peer.cut_off();
    }
    let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    Body::from_stream(stream::iter([Err::<Bytes, _>(error)])).into_response()
}
