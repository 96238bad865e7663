use billtest::models::ErrorCode;
use billtest::models::billing::{
    CounterReading, Deleted, MeterBatch, Metered, MeteredBatch, StoredReadingFound,
};
use billtest::recorder::{Body, Request, Response, example};
use billtest::{BillingClient, ClientError, MeteringManager, enveloped};

use super::{TENANT, check, interaction, january, refusal};

fn manager(client: BillingClient) -> Result<MeteringManager, ClientError> {
    MeteringManager::new(client, january(), TENANT)
}

interaction!(
    a_reading_is_stored, "a reading of a counter", given "An account without records",
    Request::post("/billing/meters").json(Body::typed(&example::<CounterReading>()?)),
    Response::ok().json(enveloped(&Metered::Single { meter_id: "METER_46613D20".into() })),
    async |client| {
        let id = manager(client)?.send(&example().unwrap()).await?;
        assert_eq!(id, "METER_46613D20".into());
        Ok::<_, ClientError>(())
    }
);

interaction!(
    readings_are_stored_together, "readings of counters", given "An account without records",
    Request::post("/billing/meters").json(Body::typed(&example::<MeterBatch>()?)),
    Response::ok().json(enveloped(&Metered::Batch(example::<MeteredBatch>()?))),
    async |client| {
        let batch: MeterBatch = example().unwrap();
        let ids = manager(client)?.send_all(&batch.meter_list).await?;
        assert_eq!(ids, ["METER_46613D20".into()]);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    a_stored_reading_is_read_again, "a request for a reading of a counter", given "A billing meter exists",
    Request::get("/billing/meters/METER_46613D20"),
    Response::ok().json(enveloped(&found())),
    async |client| {
        assert_eq!(manager(client)?.get(&"METER_46613D20".into()).await?, found().meter);
        Ok::<_, ClientError>(())
    }
);

fn found() -> StoredReadingFound {
    example().unwrap()
}

interaction!(
    readings_of_an_application_are_deleted, "a request to delete an application's readings",
    given "A billing meter exists",
    Request::delete("/billing/admin/meters")
        .query("appKey", "app-1")
        .query("from", "2025-01-01")
        .query("to", "2025-01-31"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete(&["app-1"]).await?, 1);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    readings_of_a_month_are_deleted, "a request to delete a month's readings", given "A billing meter exists",
    Request::delete("/billing/admin/resources").query("month", "2025-01"),
    Response::ok().json(enveloped(&Deleted::of(1))),
    async |client| {
        assert_eq!(manager(client)?.delete_all().await?, 1);
        Ok::<_, ClientError>(())
    }
);

interaction!(
    an_unknown_counter_breaks_a_rule, "a reading of an unknown counter", given "An account without records",
    Request::post("/billing/meters").json(Body::typed(&unknown()).exact("$.counterName")),
    refusal(422, "there is no price for `no.such.counter`", Some("counterName")),
    async |client| {
        check(manager(client)?.send(&unknown()).await, ErrorCode::ValidationError, Some("counterName"))
    }
);

fn unknown() -> CounterReading {
    CounterReading { counter_name: "no.such.counter".into(), ..example().unwrap() }
}

interaction!(
    a_reading_of_a_closed_month_is_a_conflict, "a reading of a counter in a month that is paid",
    given "A month is billed" with {"status": "PAID"},
    Request::post("/billing/meters").json(Body::typed(&example::<CounterReading>()?)),
    refusal(409, "2025-01 is closed: its payment is PAID", None),
    async |client| check(manager(client)?.send(&example().unwrap()).await, ErrorCode::Conflict, None)
);

interaction!(
    an_unknown_meter_is_not_found, "a request for a reading of a counter that does not exist",
    given "An account without records",
    Request::get("/billing/meters/METER_00000000"),
    refusal(404, "Meter not found", None),
    async |client| check(manager(client)?.get(&"METER_00000000".into()).await, ErrorCode::NotFound, None)
);
