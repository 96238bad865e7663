use billtest::models::billing::{
    AgreedPrice, BillingContract, ContractApplied, ContractFound, ContractOrder, ContractPrice,
    ContractsFound, Deleted, GroupContracts, GroupContractsApplied,
};
use billtest::models::{ErrorCode, Month};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{BillingClient, ClientError, ContractManager, enveloped};

use super::{TENANT, check, interaction, january, refusal};

fn manager(client: BillingClient) -> Result<ContractManager, ClientError> {
    ContractManager::new(client, january(), TENANT, "bg-1")
}

/// A price of a counter that every region has.
fn prices() -> Vec<AgreedPrice> {
    vec![AgreedPrice { unit_price: Some(300.into()), ..example().unwrap() }]
}

fn order() -> ContractOrder {
    ContractOrder {
        discount_rate: Some("0.3".parse().unwrap()),
        prices: Some(prices()),
        ..example().unwrap()
    }
}

/// What the manager makes of it.
fn sent() -> ContractOrder {
    ContractOrder { month_from: Some(january()), ..order() }
}

interaction!(
    a_contract_is_applied_to_a_billing_group, "a request to apply a contract to a billing group",
    given "An account without records",
    Request::put("/billing/admin/billing-groups/bg-1").json(Body::typed(&GroupContracts {
        contracts: None,
        contract: ContractOrder { contract_id: Some("12345".into()), ..sent() },
    })),
    Response::ok().json(enveloped(&GroupContractsApplied { billing_group_id: "bg-1".into(), contract_ids: vec!["12345".into()] })),
    async |client| manager(client)?.apply(&"12345".into(), order()).await
);

interaction!(
    a_contract_is_created, "a request to add a contract", given "An account without records",
    Request::post("/billing/contracts")
        .json(Body::typed(&ContractOrder { billing_group_id: Some("bg-1".into()), ..sent() })),
    Response::ok().json(enveloped(&ContractApplied { contract_id: "12345".into() })),
    async |client| {
        assert_eq!(manager(client)?.create(order()).await?, "12345".into());
        Ok::<_, ClientError>(())
    }
);

fn found() -> ContractFound {
    let contract = BillingContract { prices: prices(), ..example().unwrap() };
    ContractFound { contract }
}

interaction!(
    a_billing_contract_is_read, "a request for a contract of a billing group",
    given "A billing contract exists",
    Request::get("/billing/contracts/12345"),
    Response::ok().json(enveloped(&found()).exact("$.contract.contractId")),
    async |client| {
        assert_eq!(manager(client)?.get(&"12345".into()).await?, found().contract);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_billing_contract_is_read_by_operators, "an operator's request for a contract of a billing group",
    given "A billing contract exists",
    Request::get("/billing/admin/contracts/12345"),
    Response::ok().json(enveloped(&found()).exact("$.contract.contractId")),
    async |client| {
        assert_eq!(manager(client)?.details(&"12345".into()).await?, found().contract);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    contracts_are_listed, "a request for the contracts of a billing group", given "A billing contract exists",
    Request::get("/billing/contracts").query("billingGroupId", "bg-1").query("page", "1").query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&ContractsFound { contracts: vec![found().contract], total_items: 1 })),
    async |client| {
        assert_eq!(manager(client)?.list().await?, [found().contract]);
        Ok::<_, ClientError>(())
    }
);

fn price() -> ContractPrice {
    example().unwrap()
}

interaction!(
    a_price_is_read, "a request for the price of a counter under a contract", given "A billing contract exists",
    Request::get("/billing/admin/contracts/12345/products/prices").query("counterNames", "compute.c2.c8m8"),
    Response::ok().json(enveloped(&price())),
    async |client| {
        assert_eq!(manager(client)?.price(&"12345".into(), "compute.c2.c8m8").await?, price().prices);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_contract_is_deleted, "a request to delete a contract", given "A billing contract exists",
    Request::delete("/billing/admin/contracts/12345"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert!(manager(client)?.delete(&"12345".into()).await?);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    contracts_of_a_billing_group_are_deleted, "a request to delete the contracts of a billing group",
    given "A billing contract exists",
    Request::delete("/billing/admin/billing-groups/bg-1/contracts"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete_all().await?, 1);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    contracts_of_a_tenant_are_deleted, "a request to delete all contracts", given "A billing contract exists",
    Request::delete("/billing/admin/contracts"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete_all_of_tenant().await?, 1);
        Ok::<_, ClientError>(())
    }
);

/// Ends before it begins.
fn backwards() -> ContractOrder {
    ContractOrder { month_to: Some(Month::previous(january()).unwrap()), ..order() }
}

interaction!(
    a_contract_that_ends_before_it_begins_breaks_a_rule,
    "a request to add a contract that ends before it begins", given "An account without records",
    Request::post("/billing/contracts").json(
        Body::typed(&ContractOrder {
            billing_group_id: Some("bg-1".into()),
            month_from: Some(january()),
            ..backwards()
        })
        .exact("$.monthFrom")
        .exact("$.monthTo"),
    ),
    refusal(422, "monthTo: lies before `monthFrom`", Some("monthTo")),
    async |client| {
        check(manager(client)?.create(backwards()).await, ErrorCode::ValidationError, Some("monthTo"))
    }
);

interaction!(
    a_group_contract_that_ends_before_it_begins_breaks_a_rule,
    "a request to apply a contract that ends before it begins", given "An account without records",
    Request::put("/billing/admin/billing-groups/bg-1").json(
        Body::typed(&GroupContracts {
            contracts: None,
            contract: ContractOrder {
                contract_id: Some("12345".into()),
                month_from: Some(january()),
                ..backwards()
            },
        })
        .exact("$.monthFrom")
        .exact("$.monthTo"),
    ),
    refusal(422, "monthTo: lies before `monthFrom`", Some("monthTo")),
    async |client| {
        let applied = manager(client)?.apply(&"12345".into(), backwards()).await;
        check(applied, ErrorCode::ValidationError, Some("monthTo"))
    }
);

interaction!(
    an_unknown_billing_contract_is_not_found, "a request for a contract of a billing group that does not exist",
    given "An account without records",
    Request::get("/billing/contracts/99999"),
    refusal(404, "Contract not found", None),
    async |client| check(manager(client)?.get(&"99999".into()).await, ErrorCode::NotFound, None)
);

interaction!(
    an_unknown_contract_is_not_found_by_operators,
    "an operator's request for a contract of a billing group that does not exist",
    given "An account without records",
    Request::get("/billing/admin/contracts/99999"),
    refusal(404, "Contract not found", None),
    async |client| check(manager(client)?.details(&"99999".into()).await, ErrorCode::NotFound, None)
);

interaction!(
    a_price_under_an_unknown_contract_is_not_found, "a request for a price under a contract that does not exist",
    given "An account without records",
    Request::get("/billing/admin/contracts/99999/products/prices").query("counterNames", "compute.c2.c8m8"),
    refusal(404, "Contract not found", None),
    async |client| {
        check(manager(client)?.price(&"99999".into(), "compute.c2.c8m8").await, ErrorCode::NotFound, None)
    }
);

interaction!(
    a_price_of_an_unknown_counter_is_not_found, "a request for the price of an unknown counter",
    given "A billing contract exists",
    Request::get("/billing/admin/contracts/12345/products/prices").query("counterNames", "no.such.counter"),
    refusal(404, "Counter not found", Some("counterNames")),
    async |client| {
        let price = manager(client)?.price(&"12345".into(), "no.such.counter").await;
        check(price, ErrorCode::NotFound, Some("counterNames"))
    }
);
