//! What the OpenAPI document says beside what each route says of itself.

use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, Schema};
use utoipa::openapi::{ObjectBuilder, OpenApi, RefOr, Required, Type};

use crate::TENANT_HEADER;

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

/// Adds what holds for every route: that the tenant can be named, and which names stand for each other.
pub(crate) fn completed(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(name_tenant);
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

fn with_either(schema: RefOr<Schema>, lists: &[&[&str]]) -> Schema {
    let all = lists.iter().fold(AllOfBuilder::new().item(schema), |all, names| {
        let any = names.iter().fold(AnyOfBuilder::new(), |any, name| {
            any.item(ObjectBuilder::new().schema_type(Type::Object).required(*name))
        });
        all.item(Schema::AnyOf(any.build()))
    });
    Schema::AllOf(all.build())
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
            "The tenant. A query parameter of the same name is read if there is no header; without either the tenant is \
             `default`.",
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
