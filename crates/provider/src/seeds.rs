//! Provider states as records: what the untyped `seed` and `absent` of a state file mean here.

use billtest_contract::schema;
use billtest_contract::state::{StateCatalogue, StateFile, StateFileError, fill, first_without_value};
use billtest_models::{
    Adjustment, AdjustmentId, Contract, ContractId, Credit, CreditId, Customer, CustomerId, ErrorCode,
    Invoice, InvoiceId, Meter, MeterId, Payment, PaymentId, ResourceId,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;

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

/// One record of any kind, and how it is put into a tenant's records and taken out.
#[derive(Debug, Clone)]
enum Record {
    Adjustment(Adjustment),
    Contract(Contract),
    Credit(Credit),
    Customer(Customer),
    Invoice(Invoice),
    Meter(Meter),
    Payment(Payment),
    Resource(Resource),
}

/// The id of a record of any kind.
#[derive(Debug, Clone)]
enum Key {
    Adjustment(AdjustmentId),
    Contract(ContractId),
    Credit(CreditId),
    Customer(CustomerId),
    Invoice(InvoiceId),
    Meter(MeterId),
    Payment(PaymentId),
    Resource(ResourceId),
}

/// Every kind of record that a state file can name, and how it is read.
const KINDS: [Kind; 8] = [
    Kind::of(
        "adjustment",
        |value| read(value).map(Record::Adjustment),
        |id| Key::Adjustment(id.into()),
        schema_fields::<Adjustment>,
    ),
    Kind::of(
        "contract",
        |value| read(value).map(Record::Contract),
        |id| Key::Contract(id.into()),
        schema_fields::<Contract>,
    ),
    Kind::of(
        "credit",
        |value| read(value).map(Record::Credit),
        |id| Key::Credit(id.into()),
        schema_fields::<Credit>,
    ),
    Kind::of(
        "customer",
        |value| read(value).map(Record::Customer),
        |id| Key::Customer(id.into()),
        schema_fields::<Customer>,
    ),
    Kind::of(
        "invoice",
        |value| read(value).map(Record::Invoice),
        |id| Key::Invoice(id.into()),
        schema_fields::<Invoice>,
    ),
    Kind::of(
        "meter",
        |value| read(value).map(Record::Meter),
        |id| Key::Meter(id.into()),
        schema_fields::<Meter>,
    ),
    Kind::of(
        "payment",
        |value| read(value).map(Record::Payment),
        |id| Key::Payment(id.into()),
        schema_fields::<Payment>,
    ),
    Kind::of(
        "resource",
        |value| read(value).map(Record::Resource),
        |id| Key::Resource(id.into()),
        schema_fields::<Resource>,
    ),
];

struct Kind {
    name: &'static str,
    record: fn(&Value) -> Result<Record, WrongField>,
    key: fn(&str) -> Key,
    fields: fn() -> Vec<String>,
}

impl Kind {
    const fn of(
        name: &'static str,
        record: fn(&Value) -> Result<Record, WrongField>,
        key: fn(&str) -> Key,
        fields: fn() -> Vec<String>,
    ) -> Self {
        Self { name, record, key, fields }
    }
}

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

/// A state with its parameters filled in.
#[derive(Debug)]
pub(crate) struct Prepared {
    records: Vec<Record>,
    absent: Vec<Key>,
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
        let mut prepared = Prepared { records: Vec::new(), absent: Vec::new(), values };
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
                prepared.absent.push((kind.key)(id));
            }
        }
        Ok(prepared)
    }
}

fn list<'a>(records: &'a Map<String, Value>, kind: &str) -> &'a [Value] {
    records.get(kind).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn check(file: &StateFile) -> Vec<StateFileError> {
    let mut errors = Vec::new();
    for (section, records) in [("seed", &file.seed), ("absent", &file.absent)] {
        for kind in records.keys() {
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
    pub(crate) fn set_up(&self, records: &mut Records) {
        self.absent.iter().for_each(|key| key.remove(records));
        self.records.iter().for_each(|record| record.insert(records));
    }

    pub(crate) fn tear_down(&self, records: &mut Records) {
        self.records.iter().for_each(|record| record.key().remove(records));
    }

    pub(crate) fn into_values(self) -> Map<String, Value> {
        self.values
    }
}

impl Record {
    fn insert(&self, records: &mut Records) {
        match self.clone() {
            Self::Adjustment(record) => {
                drop(records.adjustments.insert(record.adjustment_id.clone(), record))
            }
            Self::Contract(record) => drop(records.contracts.insert(record.id.clone(), record)),
            Self::Credit(record) => drop(records.credits.insert(record.id.clone(), record)),
            Self::Customer(record) => drop(records.customers.insert(record.id.clone(), record)),
            Self::Invoice(record) => drop(records.invoices.insert(record.id.clone(), record)),
            Self::Meter(record) => drop(records.meters.insert(record.id.clone(), record)),
            Self::Payment(record) => drop(records.payments.insert(record.payment_id.clone(), record)),
            Self::Resource(record) => drop(records.resources.insert(record.id.clone(), record)),
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::Adjustment(record) => Key::Adjustment(record.adjustment_id.clone()),
            Self::Contract(record) => Key::Contract(record.id.clone()),
            Self::Credit(record) => Key::Credit(record.id.clone()),
            Self::Customer(record) => Key::Customer(record.id.clone()),
            Self::Invoice(record) => Key::Invoice(record.id.clone()),
            Self::Meter(record) => Key::Meter(record.id.clone()),
            Self::Payment(record) => Key::Payment(record.payment_id.clone()),
            Self::Resource(record) => Key::Resource(record.id.clone()),
        }
    }
}

impl Key {
    fn remove(&self, records: &mut Records) {
        match self {
            Self::Adjustment(id) => drop(records.adjustments.remove(id)),
            Self::Contract(id) => drop(records.contracts.remove(id)),
            Self::Credit(id) => drop(records.credits.remove(id)),
            Self::Customer(id) => drop(records.customers.remove(id)),
            Self::Invoice(id) => drop(records.invoices.remove(id)),
            Self::Meter(id) => drop(records.meters.remove(id)),
            Self::Payment(id) => drop(records.payments.remove(id)),
            Self::Resource(id) => drop(records.resources.remove(id)),
        }
    }
}
