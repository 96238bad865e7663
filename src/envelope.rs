use std::borrow::Cow;

use billtest_recorder::Body;
use serde::Serialize;
use utoipa::openapi::schema::AllOfBuilder;
use utoipa::openapi::{ObjectBuilder, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::models::billing::{Envelope, EnvelopeHeader};

/// A payload as `/billing` answers it, to be recorded: in its envelope, with the rules of its schema, and with success as
/// a part of the contract.
///
/// ```
/// use billtest::models::billing::CreditRemaining;
/// use billtest::recorder::{RecordError, Response, example};
/// use billtest::{enveloped, pact};
///
/// # fn answer() -> Result<(), RecordError> {
/// let remaining: CreditRemaining = example()?;
/// let response = Response::ok().json(enveloped(&remaining).exact("$.usedCredit"));
/// # Ok(())
/// # }
/// ```
pub fn enveloped<T: Serialize + ToSchema>(payload: &T) -> Body {
    let wire = Wire(Envelope::new(payload));
    Body::typed(&wire).exact("$.header.isSuccessful").exact("$.header.resultCode")
}

/// An envelope whose schema refers to that of its payload; the derived one of [`Envelope`] leaves it out.
#[derive(Serialize)]
#[serde(transparent)]
struct Wire<'p, T>(Envelope<&'p T>);

impl<T: ToSchema> PartialSchema for Wire<'_, T> {
    fn schema() -> RefOr<Schema> {
        let header = ObjectBuilder::new()
            .property("header", Ref::from_schema_name(EnvelopeHeader::name()))
            .required("header");
        AllOfBuilder::new().item(Ref::from_schema_name(T::name())).item(header).into()
    }
}

impl<T: ToSchema> ToSchema for Wire<'_, T> {
    fn name() -> Cow<'static, str> {
        format!("Envelope_{}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [(EnvelopeHeader::name(), EnvelopeHeader::schema()), (T::name(), T::schema())] {
            schemas.push((name.into_owned(), schema));
        }
        T::schemas(schemas);
    }
}
