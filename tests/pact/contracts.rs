use billtest::models::{Amount, Contract, ContractItem, ErrorCode, Quantity};
use billtest::recorder::{Body, RecordError, Request, Response, example};
use billtest::{BillingClient, ClientError, pact, v1};

use crate::{CONSUMER, PROVIDER, refusal, refused};

fn contract() -> Result<Contract, RecordError> {
    let item: ContractItem = example()?;
    let item = ContractItem {
        quantity: Quantity::from(1),
        unit_price: Amount::from(500),
        total: Amount::from(500),
        ..item
    };
    Ok(Contract { items: vec![item], total_amount: Amount::from(500), ..example()? })
}

#[tokio::test]
async fn a_contract_is_read_with_its_customer_and_positions() -> Result<(), RecordError> {
    let contract = contract()?;
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a contract")
        .given("A contract exists")
        .request(Request::get("/api/v1/contracts/12345"))
        .response(Response::ok().json(Body::typed(&contract).exact("$.id")))
        .run(async |url| {
            let found = v1::Contracts::new(BillingClient::new(url)?).get(&"12345".into()).await?;
            assert_eq!(found, contract);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn the_id_of_a_contract_may_come_from_the_state() -> Result<(), RecordError> {
    let contract = Contract { id: "C-777".into(), ..contract()? };
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a contract that the state names")
        .given_with("A contract exists", serde_json::json!({"id": "C-777", "status": "INACTIVE"}))
        .request(Request::get("/api/v1/contracts/C-777").path_from_state("/api/v1/contracts/${id}"))
        .response(Response::ok().json(Body::typed(&contract).from_state("$.id", "${id}")))
        .run(async |url| {
            let found = v1::Contracts::new(BillingClient::new(url)?).get(&"C-777".into()).await?;
            assert_eq!(found, contract);
            Ok::<_, ClientError>(())
        })
        .await
}

#[tokio::test]
async fn an_unknown_contract_is_not_found() -> Result<(), RecordError> {
    let error = refusal(ErrorCode::NotFound, "Contract not found", None);
    pact!(CONSUMER, PROVIDER)
        .interaction("a request for a contract that does not exist")
        .given("Contract does not exist")
        .request(Request::get("/api/v1/contracts/99999"))
        .response(Response::status(404).json(Body::typed(&error).exact("$.error").exact("$.code")))
        .run(async |url| {
            let result = v1::Contracts::new(BillingClient::new(url)?).get(&"99999".into()).await;
            assert_eq!(refused(result), (404, ErrorCode::NotFound, None));
            Ok::<_, ClientError>(())
        })
        .await
}
