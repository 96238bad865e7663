use billtest::models::billing::{
    BatchAction, CreatePaymentRequest, MakePaymentRequest, MonthPayment, PayRequest, PaymentBatch,
    PaymentBatchDone, PaymentFound, PaymentMoveRequest, PaymentReceipt, PaymentStatusRequest, PaymentsFound,
    RefundReceipt, RefundRequest,
};
use billtest::models::{Amount, ErrorCode, PaymentId, PaymentState};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{BillingClient, ClientError, PaymentManager, RefundManager, enveloped};

use super::{TENANT, check, interaction, january, refusal};

fn manager(client: BillingClient) -> Result<PaymentManager, ClientError> {
    PaymentManager::new(client, january(), TENANT)
}

fn id() -> PaymentId {
    "PAY_ABC123".into()
}

/// A payment in a state, calculated.
fn payment(status: PaymentState) -> MonthPayment {
    MonthPayment { payment_id: Some(id()), status, payment_status_code: status, ..example().unwrap() }
}

fn paid() -> MonthPayment {
    MonthPayment {
        payment_date: Some("2025-01-31T09:00:00+00:00".parse().unwrap()),
        ..payment(PaymentState::Paid)
    }
}

/// An answer in which the state is part of the contract.
fn found(payment: MonthPayment) -> Response {
    Response::ok().json(enveloped(&PaymentFound { payment }).exact("$.payment.status"))
}

fn several(payment: MonthPayment) -> PaymentsFound {
    PaymentsFound { payments: vec![payment.clone()], statements: vec![payment], total_items: 1 }
}

fn receipt() -> PaymentReceipt {
    example().unwrap()
}

fn pays(amount: u32) -> PayRequest {
    PayRequest { amount: Some(amount.into()), ..PayRequest::default() }
}

interaction!(
    a_payments_status_is_read, "a request for the payment of a month", given "A month is billed",
    Request::get("/billing/console/payments").query("month", "2025-01"),
    Response::ok().json(enveloped(&several(payment(PaymentState::Ready))).exact("$.payments[0].status")),
    async |client| {
        assert_eq!(manager(client)?.status().await?, payment(PaymentState::Ready));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_paid_month_is_verified, "a request for the payment of a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::get("/billing/console/payments").query("month", "2025-01"),
    Response::ok().json(enveloped(&several(paid())).exact("$.payments[0].status")),
    async |client| {
        assert_eq!(manager(client)?.verify().await?, paid());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_month_is_paid, "a request to pay a month", given "A month is billed",
    Request::post("/billing/payments/2025-01").json(Body::typed(&pays(1000)).exact("$.amount")),
    Response::ok().json(enveloped(&receipt())),
    async |client| {
        assert_eq!(manager(client)?.pay(Amount::from(1000)).await?, receipt());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_paid_month_is_not_paid_again, "a request to pay a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/payments/2025-01").json(Body::typed(&pays(1000))),
    refusal(409, "a payment cannot go from PAID to PAID; it can go to REFUNDED", None),
    async |client| check(manager(client)?.pay(Amount::from(1000)).await, ErrorCode::Conflict, None)
);

interaction!(
    more_than_is_open_breaks_a_rule, "a request to pay more than is open", given "A month is billed",
    Request::post("/billing/payments/2025-01").json(Body::typed(&pays(900_000_000)).exact("$.amount")),
    refusal(422, "amount: 900000000 KRW is more than the 43670 KRW that are open", Some("amount")),
    async |client| {
        let result = manager(client)?.pay(Amount::from(900_000_000)).await;
        check(result, ErrorCode::ValidationError, Some("amount"))
    }
);

fn makes(amount: u32) -> MakePaymentRequest {
    MakePaymentRequest { month: january(), pay: pays(amount) }
}

interaction!(
    a_payment_is_made, "a request to make a payment", given "A month is billed",
    Request::post("/billing/payment/make").json(Body::typed(&makes(1000)).exact("$.amount").exact("$.month")),
    Response::ok().json(enveloped(&receipt())),
    async |client| {
        assert_eq!(manager(client)?.make(pays(1000)).await?, receipt());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_payment_is_not_made_twice, "a request to make a payment of a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/payment/make").json(Body::typed(&makes(1000)).exact("$.month")),
    refusal(409, "a payment cannot go from PAID to PAID; it can go to REFUNDED", None),
    async |client| check(manager(client)?.make(pays(1000)).await, ErrorCode::Conflict, None)
);

interaction!(
    a_payment_above_what_is_open_breaks_a_rule, "a request to make a payment above what is open",
    given "A month is billed",
    Request::post("/billing/payment/make")
        .json(Body::typed(&makes(900_000_000)).exact("$.amount").exact("$.month")),
    refusal(422, "amount: 900000000 KRW is more than the 43670 KRW that are open", Some("amount")),
    async |client| {
        let result = manager(client)?.make(pays(900_000_000)).await;
        check(result, ErrorCode::ValidationError, Some("amount"))
    }
);

interaction!(
    payments_are_listed, "a request for all payments", given "A month is billed",
    Request::get("/billing/admin/payments").query("page", "1").query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&several(payment(PaymentState::Ready)))),
    async |client| {
        assert_eq!(manager(client)?.list().await?, [payment(PaymentState::Ready)]);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    the_history_of_payments_is_read, "a request for the payments that were made",
    given "A month is billed" with {"status": "PAID"},
    Request::get("/billing/payment/history").query("page", "1").query("itemsPerPage", "100"),
    Response::ok().json(enveloped(&several(paid()))),
    async |client| {
        assert_eq!(manager(client)?.history().await?, [paid()]);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_month_payment_is_read, "a request for the payment of some month", given "A month is billed",
    Request::get("/billing/payment/PAY_ABC123"),
    Response::ok().json(enveloped(&PaymentFound { payment: payment(PaymentState::Ready) }).exact("$.payment.paymentId")),
    async |client| {
        assert_eq!(manager(client)?.get(&id()).await?, payment(PaymentState::Ready));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_payment_is_read_by_the_console, "the console's request for a payment", given "A month is billed",
    Request::get("/billing/console/payment/PAY_ABC123"),
    Response::ok().json(enveloped(&PaymentFound { payment: payment(PaymentState::Ready) }).exact("$.payment.paymentId")),
    async |client| {
        assert_eq!(manager(client)?.console(&id()).await?, payment(PaymentState::Ready));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_payment_is_registered, "a request to register a payment", given "A month is billed",
    Request::put("/billing/console/payment/PAY_ABC123"),
    found(payment(PaymentState::Registered)),
    async |client| {
        assert_eq!(manager(client)?.register(&id()).await?, payment(PaymentState::Registered));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_paid_payment_is_not_registered, "a request to register a payment that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::put("/billing/console/payment/PAY_ABC123"),
    refusal(409, "a payment cannot go from PAID to REGISTERED; it can go to REFUNDED", None),
    async |client| check(manager(client)?.register(&id()).await, ErrorCode::Conflict, None)
);

fn status_request(to: PaymentState) -> PaymentStatusRequest {
    PaymentStatusRequest { payment_status_code: to, payment_group_id: None, uuid: None }
}

interaction!(
    a_months_payment_changes_its_status, "a request to change the status of a month's payment",
    given "A month is billed",
    Request::put("/billing/admin/payments/2025-01/status")
        .json(Body::typed(&status_request(PaymentState::Registered)).exact("$.paymentStatusCode")),
    found(payment(PaymentState::Registered)),
    async |client| {
        let changed = manager(client)?.change_status(PaymentState::Registered).await?;
        assert_eq!(changed, payment(PaymentState::Registered));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_months_payment_does_not_change_against_the_table,
    "a request to change the status of a month's payment that is cancelled",
    given "A month is billed" with {"status": "CANCELLED"},
    Request::put("/billing/admin/payments/2025-01/status")
        .json(Body::typed(&status_request(PaymentState::Registered)).exact("$.paymentStatusCode")),
    refusal(409, "a payment cannot go from CANCELLED to REGISTERED; CANCELLED is final", None),
    async |client| {
        check(manager(client)?.change_status(PaymentState::Registered).await, ErrorCode::Conflict, None)
    }
);

interaction!(
    a_month_is_not_paid_in_part_by_its_status, "a request to call a month paid in part",
    given "A month is billed" with {"status": "REGISTERED"},
    Request::put("/billing/admin/payments/2025-01/status")
        .json(Body::typed(&status_request(PaymentState::PartiallyPaid)).exact("$.paymentStatusCode")),
    refusal(422, "say how much is paid", Some("paymentStatusCode")),
    async |client| {
        let result = manager(client)?.change_status(PaymentState::PartiallyPaid).await;
        check(result, ErrorCode::ValidationError, Some("paymentStatusCode"))
    }
);

fn move_request(to: PaymentState) -> PaymentMoveRequest {
    PaymentMoveRequest { month: None, status: to, uuid: None }
}

interaction!(
    a_payment_is_moved, "a request to move a payment", given "A month is billed",
    Request::put("/billing/payment/PAY_ABC123/status")
        .json(Body::typed(&move_request(PaymentState::Registered)).exact("$.status")),
    found(payment(PaymentState::Registered)),
    async |client| {
        let moved = manager(client)?.move_payment(&id(), PaymentState::Registered).await?;
        assert_eq!(moved, payment(PaymentState::Registered));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_payment_is_not_moved_against_the_table, "a request to move a payment that is cancelled",
    given "A month is billed" with {"status": "CANCELLED"},
    Request::put("/billing/payment/PAY_ABC123/status")
        .json(Body::typed(&move_request(PaymentState::Registered)).exact("$.status")),
    refusal(409, "a payment cannot go from CANCELLED to REGISTERED; CANCELLED is final", None),
    async |client| {
        let result = manager(client)?.move_payment(&id(), PaymentState::Registered).await;
        check(result, ErrorCode::Conflict, None)
    }
);

interaction!(
    a_payment_is_not_moved_to_paid_in_part, "a request to call a payment paid in part",
    given "A month is billed" with {"status": "REGISTERED"},
    Request::put("/billing/payment/PAY_ABC123/status")
        .json(Body::typed(&move_request(PaymentState::PartiallyPaid)).exact("$.status")),
    refusal(422, "say how much is paid", Some("paymentStatusCode")),
    async |client| {
        let result = manager(client)?.move_payment(&id(), PaymentState::PartiallyPaid).await;
        check(result, ErrorCode::ValidationError, Some("paymentStatusCode"))
    }
);

interaction!(
    a_months_payment_is_cancelled, "a request to cancel the payment of a month", given "A month is billed",
    Request::delete("/billing/admin/payments/2025-01"),
    found(payment(PaymentState::Cancelled)),
    async |client| {
        assert_eq!(manager(client)?.cancel().await?, payment(PaymentState::Cancelled));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_paid_month_is_not_cancelled, "a request to cancel the payment of a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::delete("/billing/admin/payments/2025-01"),
    refusal(409, "a payment cannot go from PAID to CANCELLED; it can go to REFUNDED", None),
    async |client| check(manager(client)?.cancel().await, ErrorCode::Conflict, None)
);

interaction!(
    a_payment_is_cancelled, "a request to cancel a payment", given "A month is billed",
    Request::delete("/billing/payment/PAY_ABC123"),
    found(payment(PaymentState::Cancelled)),
    async |client| {
        assert_eq!(manager(client)?.cancel_payment(&id()).await?, payment(PaymentState::Cancelled));
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_paid_payment_is_not_cancelled, "a request to cancel a payment that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::delete("/billing/payment/PAY_ABC123"),
    refusal(409, "a payment cannot go from PAID to CANCELLED; it can go to REFUNDED", None),
    async |client| check(manager(client)?.cancel_payment(&id()).await, ErrorCode::Conflict, None)
);

interaction!(
    a_failed_payment_is_tried_again, "a request to try a payment again",
    given "A month is billed" with {"status": "FAILED"},
    Request::post("/billing/payment/PAY_ABC123/retry"),
    Response::ok().json(enveloped(&receipt())),
    async |client| {
        assert_eq!(manager(client)?.retry(&id()).await?, receipt());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_payment_that_has_not_failed_is_not_tried_again, "a request to try a payment again that has not failed",
    given "A month is billed",
    Request::post("/billing/payment/PAY_ABC123/retry"),
    refusal(409, "only a FAILED payment is tried again, this is READY", None),
    async |client| check(manager(client)?.retry(&id()).await, ErrorCode::Conflict, None)
);

fn refund_request(payment: &PaymentId, amount: u32) -> RefundRequest {
    RefundRequest {
        payment_id: payment.clone(),
        amount: amount.into(),
        reason: Some("goodwill".into()),
        uuid: None,
    }
}

async fn refund(
    client: BillingClient,
    payment: PaymentId,
    amount: u32,
) -> Result<RefundReceipt, ClientError> {
    RefundManager::new(client, TENANT)?.refund(&payment, Amount::from(amount), Some("goodwill")).await
}

interaction!(
    a_payment_is_paid_back, "a request to pay a payment back",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/refund").json(Body::typed(&refund_request(&id(), 1000)).exact("$.paymentId")),
    Response::ok().json(enveloped(&example::<RefundReceipt>()?).exact("$.paymentId")),
    async |client| {
        let receipt: RefundReceipt = example().unwrap();
        assert_eq!(refund(client, id(), 1000).await?, receipt);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    what_was_not_paid_is_not_paid_back, "a request to pay a payment back that was not paid",
    given "A month is billed",
    Request::post("/billing/refund").json(Body::typed(&refund_request(&id(), 1000)).exact("$.paymentId")),
    refusal(409, "a payment cannot go from READY to REFUNDED; it can go to REGISTERED, CANCELLED", None),
    async |client| check(refund(client, id(), 1000).await, ErrorCode::Conflict, None)
);

interaction!(
    more_than_was_paid_is_not_paid_back, "a request to pay back more than was paid",
    given "A month is paid in part",
    Request::post("/billing/refund")
        .json(Body::typed(&refund_request(&id(), 2000)).exact("$.paymentId").exact("$.amount")),
    refusal(422, "amount: 2000 KRW is more than the 1000 KRW that were paid", Some("amount")),
    async |client| {
        check(refund(client, id(), 2000).await, ErrorCode::ValidationError, Some("amount"))
    }
);

interaction!(
    an_unknown_payment_is_not_paid_back, "a request to pay back a payment that does not exist",
    given "An account without records",
    Request::post("/billing/refund")
        .json(Body::typed(&refund_request(&"PAY_000000".into(), 1000)).exact("$.paymentId")),
    refusal(404, "Payment not found", Some("paymentId")),
    async |client| {
        check(refund(client, "PAY_000000".into(), 1000).await, ErrorCode::NotFound, Some("paymentId"))
    }
);

fn create_request() -> CreatePaymentRequest {
    CreatePaymentRequest {
        payment_group_id: "PG-tenant-1-202501".into(),
        amount: 1000.into(),
        payment_method: None,
        uuid: None,
    }
}

interaction!(
    a_payment_is_paid_by_its_name, "a request to pay a payment by its name", given "A month is billed",
    Request::post("/billing/payment").json(Body::typed(&create_request()).exact("$.paymentGroupId")),
    Response::ok().json(enveloped(&receipt())),
    async |client| {
        assert_eq!(manager(client)?.create(&create_request()).await?, receipt());
        Ok::<_, ClientError>(())
    }
);

fn batch_request() -> PaymentBatch {
    PaymentBatch {
        requests: None,
        payment_ids: Some(vec![id().to_string()]),
        action: Some(BatchAction::Cancel),
        uuid: None,
    }
}

fn processed() -> PaymentBatchDone {
    PaymentBatchDone { results: vec![payment(PaymentState::Cancelled)], processed_count: 1 }
}

interaction!(
    payments_are_processed_together, "a request to cancel several payments", given "A month is billed",
    Request::post("/billing/payment/batch")
        .json(Body::typed(&batch_request()).exact("$.paymentIds[0]").exact("$.action")),
    Response::ok().json(enveloped(&processed()).exact("$.results[0].status")),
    async |client| {
        assert_eq!(manager(client)?.process(&batch_request()).await?, processed().results);
        Ok::<_, ClientError>(())
    }
);
