//! What the OpenAPI document says beside what each route says of itself.

use billtest_models::billing::Failure;
use billtest_models::{ApiError, ErrorCode, FieldError};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, Schema, SchemaType};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response,
    ResponseBuilder, Type,
};

use crate::TENANT_HEADER;
use crate::billing::{MaybeMonth, has_envelope};

/// Bodies that name a thing under one of several names: each needs one of every list. A derived schema cannot say it.
const EITHER: [(&str, &[&[&str]]); 7] = [
    (
        "AdjustmentOrder",
        &[
            &["adjustment", "adjustmentValue"],
            &["adjustmentTypeCode", "adjustmentType"],
            &["monthFrom", "month"],
        ],
    ),
    ("BatchPayment", &[&["paymentGroupId", "paymentId", "month"]]),
    ("CampaignCreditRequest", &[&["credit", "amount"]]),
    ("DeclaredAdjustment", &[&["type", "adjustmentType"], &["value", "adjustmentValue"]]),
    ("GroupContracts", &[&["contracts", "contractId"]]),
    ("PaymentBatch", &[&["requests", "paymentIds"]]),
    ("MeterSubmission", &[&["meterList", "counterName"]]),
];

/// Operations that need a field which others with the same body do not.
const NEEDS: [(&str, &str); 2] = [("adjustProject", "projectId"), ("adjustBillingGroup", "billingGroupId")];

/// Adds what holds for every route: that the tenant can be named, how it refuses, and which names stand for each other.
pub(crate) fn completed(mut document: OpenApi) -> OpenApi {
    let components = ComponentsBuilder::from(document.components.take().unwrap_or_default())
        .schema_from::<ApiError>()
        .schema_from::<ErrorCode>()
        .schema_from::<Failure>()
        .schema_from::<FieldError>()
        .schema_from::<MaybeMonth>()
        .build();
    document.components = Some(components);
    for (path, item) in &mut document.paths.paths {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            name_tenant(operation);
            need_field(operation);
        }
        for operation in [&mut item.post, &mut item.put, &mut item.patch].into_iter().flatten() {
            // Where nothing else of a body is read, its tenant is.
            let too_large = refused(path, "The body is larger than the limit");
            operation.responses.responses.entry("413".to_owned()).or_insert_with(|| too_large.into());
        }
    }
    let schemas = document.components.iter_mut().flat_map(|components| &mut components.schemas);
    for (name, schema) in schemas {
        let either = EITHER.iter().find(|(known, _)| known == name);
        if let Some((_, lists)) = either {
            let own = std::mem::replace(schema, RefOr::T(Schema::default()));
            *schema = RefOr::T(with_either(own, lists));
        }
    }
    document
}

/// A refusal in the shape of the path's family.
pub(crate) fn refused(path: &str, description: &str) -> Response {
    let shape = if has_envelope(path) { "Failure" } else { "ApiError" };
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(shape))).build();
    ResponseBuilder::new().description(description).content("application/json", content).build()
}

fn with_either(schema: RefOr<Schema>, lists: &[&[&str]]) -> Schema {
    let all = lists.iter().fold(AllOfBuilder::new().item(schema), |all, names| {
        let any = names.iter().fold(AnyOfBuilder::new(), |any, name| any.item(with(name)));
        all.item(Schema::AnyOf(any.build()))
    });
    Schema::AllOf(all.build())
}

/// An object that has a field, which is not null.
fn with(name: &str) -> Schema {
    let something = [Type::String, Type::Number, Type::Boolean, Type::Array, Type::Object];
    let value = ObjectBuilder::new().schema_type(SchemaType::from_iter(something));
    let object = ObjectBuilder::new().schema_type(Type::Object).property(name, value).required(name);
    Schema::Object(object.build())
}

fn need_field(operation: &mut Operation) {
    let id = operation.operation_id.as_deref();
    let Some((_, name)) = NEEDS.iter().find(|(known, _)| Some(*known) == id) else { return };
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(schema) = content.schema.take()
        {
            let all = AllOfBuilder::new().item(schema).item(with(name)).build();
            content.schema = Some(RefOr::T(Schema::AllOf(all)));
        }
    }
}

fn name_tenant(operation: &mut Operation) {
    operation.parameters.get_or_insert_with(Vec::new).push(RefOr::T(tenant()));
}

fn tenant() -> Parameter {
    ParameterBuilder::new()
        .name(TENANT_HEADER)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "The tenant. It may be named in a query parameter of the same name or in the body instead, but not \
             differently; who names none is `default`.",
        ))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .pattern(Some("^[A-Za-z0-9_-]+$"))
                .min_length(Some(1))
                .max_length(Some(100)),
        ))
        .build()
}
