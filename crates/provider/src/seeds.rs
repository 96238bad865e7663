//! Provider states as records: what the untyped `seed` and `absent` of a state file mean here.

use std::fmt::Debug;

use billtest_contract::schema;
use billtest_contract::state::{StateCatalogue, StateFile, StateFileError, fill, first_without_value};
use billtest_models::billing::{BillingContract, OrderedAdjustment};
use billtest_models::{
    Adjustment, Contract, Credit, Customer, ErrorCode, Invoice, Meter, Payment, PaymentStatus,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::billing::{Account, AccountSeed, Context, CreditSeed, JobSeed, MonthSeed, ReadingSeed};
use crate::refusal::Refusal;
use crate::store::{Records, Resource};

/// Why the records of a state make none, with the parameters a pact gave.
#[derive(Debug, thiserror::Error)]
pub enum WrongSeed {
    /// No file describes the state.
    #[error("no file describes the state `{name}`{hint}")]
    UnknownState {
        /// The state.
        name: String,
        /// The nearest known one, if one is near.
        hint: String,
    },
    /// A parameter is missing or of another type.
    #[error(transparent)]
    Param(#[from] billtest_contract::state::ParamError),
    /// With these parameters a record is not one of its kind.
    #[error("state `{name}` with these parameters has no valid {kind}: {reason}")]
    Record {
        /// The state.
        name: String,
        /// Kind of record.
        kind: &'static str,
        /// What does not fit, with the field.
        reason: String,
    },
}

impl WrongSeed {
    pub(crate) fn into_refusal(self) -> Refusal {
        match self {
            Self::UnknownState { .. } => Refusal::new(ErrorCode::NotFound, self.to_string()),
            Self::Param(_) | Self::Record { .. } => {
                Refusal::new(ErrorCode::ValidationError, self.to_string())
            }
        }
    }
}

/// A kind of record that a state file can name.
trait Seed: DeserializeOwned + ToSchema + Debug + Send + Sync + 'static {
    fn id(&self) -> String;
    fn insert(&self, records: &mut Records, context: &Context<'_>) -> Result<(), Refusal>;
    /// Takes out what has this id.
    fn remove(id: &str, records: &mut Records);
}

macro_rules! resources {
    ($($type:ty: $records:ident by $id:ident;)*) => {$(
        impl Seed for $type {
            fn id(&self) -> String {
                self.$id.to_string()
            }

            fn insert(&self, records: &mut Records, _: &Context<'_>) -> Result<(), Refusal> {
                records.$records.insert(self.$id.clone(), self.clone());
                Ok(())
            }

            fn remove(id: &str, records: &mut Records) {
                records.$records.remove(&id.into());
            }
        }
    )*};
}

resources! {
    Adjustment: adjustments by adjustment_id;
    Contract: contracts by id;
    Credit: credits by id;
    Customer: customers by id;
    Meter: meters by id;
    Payment: payments by payment_id;
    Resource: resources by id;
}

impl Seed for Invoice {
    fn id(&self) -> String {
        self.id.to_string()
    }

    /// The invoice begins anew: a payment of it that had begun would keep it from being adjusted.
    fn insert(&self, records: &mut Records, _: &Context<'_>) -> Result<(), Refusal> {
        let is_begun =
            |payment: &Payment| payment.invoice.id == self.id && payment.status != PaymentStatus::Pending;
        records.payments.retain(|_, payment| !is_begun(payment));
        records.invoices.insert(self.id.clone(), self.clone());
        Ok(())
    }

    fn remove(id: &str, records: &mut Records) {
        records.invoices.remove(&id.into());
    }
}

macro_rules! of_accounts {
    ($($type:ty),*) => {$(
        impl Seed for $type {
            fn id(&self) -> String {
                AccountSeed::id(self)
            }

            fn insert(&self, records: &mut Records, context: &Context<'_>) -> Result<(), Refusal> {
                AccountSeed::insert(self, &mut records.account, context)
            }

            fn remove(id: &str, records: &mut Records) {
                <$type as AccountSeed>::remove(id, &mut records.account);
            }
        }
    )*};
}

of_accounts!(ReadingSeed, BillingContract, OrderedAdjustment, CreditSeed, MonthSeed, JobSeed);

/// The key of a change that is at work.
#[derive(Debug, Deserialize, ToSchema)]
struct KeySeed {
    key: String,
    /// Whether that change is another one than comes with the key.
    #[serde(default)]
    is_of_another: bool,
}

impl Seed for KeySeed {
    fn id(&self) -> String {
        self.key.clone()
    }

    fn insert(&self, records: &mut Records, _: &Context<'_>) -> Result<(), Refusal> {
        records.keys.take(&self.key, self.is_of_another);
        Ok(())
    }

    fn remove(id: &str, records: &mut Records) {
        records.keys.free(id);
    }
}

/// One record of any kind.
trait Record: Debug + Send + Sync {
    fn insert(&self, records: &mut Records, context: &Context<'_>) -> Result<(), Refusal>;
    fn remove(&self, records: &mut Records);
}

impl<T: Seed> Record for T {
    fn insert(&self, records: &mut Records, context: &Context<'_>) -> Result<(), Refusal> {
        Seed::insert(self, records, context)
    }

    fn remove(&self, records: &mut Records) {
        <T as Seed>::remove(&Seed::id(self), records);
    }
}

/// Every kind of record that a state file can name, in the order in which they are put in: a month is calculated from
/// what comes before it.
const KINDS: [Kind; 15] = [
    Kind::of::<Adjustment>("adjustment"),
    Kind::of::<Contract>("contract"),
    Kind::of::<Credit>("credit"),
    Kind::of::<Customer>("customer"),
    Kind::of::<Invoice>("invoice"),
    Kind::of::<Meter>("meter"),
    Kind::of::<Payment>("payment"),
    Kind::of::<Resource>("resource"),
    Kind::of::<ReadingSeed>("billing_reading"),
    Kind::of::<BillingContract>("billing_contract"),
    Kind::of::<OrderedAdjustment>("billing_adjustment"),
    Kind::of::<CreditSeed>("billing_credit"),
    Kind::of::<MonthSeed>("billing_month"),
    Kind::of::<JobSeed>("billing_job"),
    Kind::of::<KeySeed>("idempotency_key"),
];

struct Kind {
    name: &'static str,
    record: fn(&Value) -> Result<Box<dyn Record>, WrongField>,
    remove: fn(&str, &mut Records),
    fields: fn() -> Vec<String>,
}

impl Kind {
    const fn of<T: Seed>(name: &'static str) -> Self {
        Self {
            name,
            record: |value| read::<T>(value).map(|record| Box::new(record) as Box<dyn Record>),
            remove: <T as Seed>::remove,
            fields: schema_fields::<T>,
        }
    }
}

/// What `absent` can say of all records of the `/billing` family at once.
const ACCOUNT: &str = "account";

/// A field that is not as the model has it.
struct WrongField {
    path: Vec<String>,
    reason: String,
    unknown: bool,
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, WrongField> {
    let steps = |path: &str| -> Vec<String> {
        path.split(['.', '[', ']']).filter(|step| !step.is_empty()).map(ToOwned::to_owned).collect()
    };
    let mut unknown = None;
    let mut track = serde_path_to_error::Track::new();
    let deserializer = serde_path_to_error::Deserializer::new(value, &mut track);
    let result = serde_ignored::deserialize(deserializer, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    match (result, unknown) {
        (Err(error), _) => Err(WrongField {
            path: steps(&track.path().to_string()),
            reason: error.to_string(),
            unknown: false,
        }),
        (Ok(_), Some(path)) => {
            // Options along the way appear as `?` in the path.
            let path = steps(&path).into_iter().filter(|step| step != "?").collect();
            Err(WrongField { path, reason: String::new(), unknown: true })
        }
        (Ok(read), None) => Ok(read),
    }
}

fn schema_fields<T: ToSchema>() -> Vec<String> {
    let schema = schema::of::<T>().unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
}

/// The known states, each checked against the models.
#[derive(Debug, Clone, Default)]
pub struct StateSeeds {
    catalogue: StateCatalogue,
}

/// A record that is to be absent, if it is there.
#[derive(Debug)]
struct Absent {
    remove: fn(&str, &mut Records),
    id: String,
}

/// A state with its parameters filled in.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// Whether the tenant's account begins anew.
    new_account: bool,
    records: Vec<Box<dyn Record>>,
    absent: Vec<Absent>,
    values: Map<String, Value>,
}

impl StateSeeds {
    /// Checks every record of every state file against its model.
    ///
    /// # Errors
    /// One for each wrong record, with file, line and field.
    pub fn new(catalogue: StateCatalogue) -> Result<Self, Vec<StateFileError>> {
        let errors: Vec<StateFileError> = catalogue.iter().flat_map(check).collect();
        if errors.is_empty() { Ok(Self { catalogue }) } else { Err(errors) }
    }

    /// The files.
    #[must_use]
    pub fn catalogue(&self) -> &StateCatalogue {
        &self.catalogue
    }

    pub(crate) fn prepare(&self, name: &str, params: &Map<String, Value>) -> Result<Prepared, WrongSeed> {
        let Some(file) = self.catalogue.get(name) else {
            let hint = self
                .catalogue
                .nearest(name)
                .map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Err(WrongSeed::UnknownState { name: name.to_owned(), hint });
        };
        let values = file.resolve(params)?;
        let mut prepared =
            Prepared { new_account: is_new(file), records: Vec::new(), absent: Vec::new(), values };
        for kind in &KINDS {
            for template in list(&file.seed, kind.name) {
                let record =
                    (kind.record)(&fill(template, &prepared.values)).map_err(|wrong| WrongSeed::Record {
                        name: name.to_owned(),
                        kind: kind.name,
                        reason: format!("{}: {}", wrong.path.join("."), wrong.reason),
                    })?;
                prepared.records.push(record);
            }
            for template in list(&file.absent, kind.name) {
                let filled = fill(template, &prepared.values);
                let id = filled.get("id").and_then(Value::as_str).unwrap_or_default();
                prepared.absent.push(Absent { remove: kind.remove, id: id.to_owned() });
            }
        }
        Ok(prepared)
    }
}

/// Whether a state says that the account, which has one of each tenant, is absent.
fn is_new(file: &StateFile) -> bool {
    file.absent.get(ACCOUNT) == Some(&Value::Bool(true))
}

fn list<'a>(records: &'a Map<String, Value>, kind: &str) -> &'a [Value] {
    records.get(kind).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn check(file: &StateFile) -> Vec<StateFileError> {
    let mut errors = Vec::new();
    for (section, records) in [("seed", &file.seed), ("absent", &file.absent)] {
        for (kind, value) in records {
            match (kind.as_str(), value) {
                (ACCOUNT, Value::Bool(_)) => continue,
                (ACCOUNT, _) if section == "absent" => {
                    let reason = "a tenant has one account; that it begins anew is said by `true`";
                    errors.push(file.invalid(&[section, kind], reason));
                    continue;
                }
                (_, Value::Bool(_)) => {
                    let reason =
                        format!("which {kind} is absent is said by its `id`: write [[absent.{kind}]]");
                    errors.push(file.invalid(&[section, kind], &reason));
                }
                _ => {}
            }
            if !KINDS.iter().any(|known| known.name == kind) {
                let known: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
                let reason = format!("there is no kind of record `{kind}`; known are {}", known.join(", "));
                errors.push(file.invalid(&[section, kind], &reason));
            }
        }
    }
    // What has no default is only known when a pact gives it; a record that needs it is read then.
    let values = file.defaults();
    for kind in &KINDS {
        for (index, template) in list(&file.seed, kind.name).iter().enumerate() {
            if first_without_value(template, &values).is_some() {
                continue;
            }
            if let Err(wrong) = (kind.record)(&fill(template, &values)) {
                errors.push(wrong_record(file, kind, index, &wrong));
            }
        }
        for (index, template) in list(&file.absent, kind.name).iter().enumerate() {
            if !template.get("id").is_some_and(Value::is_string) {
                let at = ["absent", kind.name, &index.to_string()];
                errors.push(file.invalid(&at, &format!("which {} is absent is said by its `id`", kind.name)));
            }
        }
    }
    errors
}

fn wrong_record(file: &StateFile, kind: &Kind, index: usize, wrong: &WrongField) -> StateFileError {
    let index = index.to_string();
    let mut at = vec!["seed", kind.name, index.as_str()];
    at.extend(wrong.path.iter().map(String::as_str));
    let field = wrong.path.join(".");
    let reason = if wrong.unknown {
        let fields = (kind.fields)();
        let hint = billtest_contract::nearest(&field, fields.iter().map(String::as_str)).map_or_else(
            || format!("its fields are {}", fields.join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        format!("a {} has no field `{field}`: {hint}", kind.name)
    } else if field.is_empty() {
        format!("not a {}: {}", kind.name, wrong.reason)
    } else {
        format!("not a {}: `{field}`: {}", kind.name, wrong.reason)
    };
    file.invalid(&at, &reason)
}

impl Prepared {
    /// Puts the records in, in place of those with their ids. If one cannot be, none stays.
    pub(crate) fn set_up(&self, records: &mut Records, context: &Context<'_>) -> Result<(), Refusal> {
        if self.new_account {
            records.account = Account::new(records.account.currency());
        }
        self.absent.iter().for_each(|absent| (absent.remove)(&absent.id, records));
        self.tear_down(records);
        let set_up = self.records.iter().try_for_each(|record| record.insert(records, context));
        if set_up.is_err() {
            self.tear_down(records);
        }
        set_up
    }

    pub(crate) fn tear_down(&self, records: &mut Records) {
        self.records.iter().rev().for_each(|record| record.remove(records));
    }

    pub(crate) fn into_values(self) -> Map<String, Value> {
        self.values
    }
}
