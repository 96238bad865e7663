// Writes js-v4.json, js-v3.json and js-v2.json with @pact-foundation/pact; see README.md.

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pact from "@pact-foundation/pact";

const { HTTPResponseStatusClass, MatchersV2, MatchersV3, PactV2, PactV3, PactV4 } = pact;
const here = dirname(fileURLToPath(import.meta.url));
const consumer = "NodeShop";
const provider = "BillingAPI";
const currency = "^(USD|EUR|KRW|JPY)$";
const instant = "2025-01-31T09:00:00+00:00";
const requestId = "6f1c2d7e-3b4a-4c5d-8e9f-0a1b2c3d4e5f";
const json = { "Content-Type": "application/json" };

/** The consumer: reads and sends JSON. */
async function call(base, { method, path, query, headers, body }) {
  const url = new URL(path, base);
  url.search = new URLSearchParams(query).toString();
  const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** What differs between the two sets of matchers that the library has. */
const words = {
  v2: {
    ...MatchersV2,
    like: MatchersV2.somethingLike,
    regex: (matcher, generate) => MatchersV2.term({ matcher, generate }),
    number: MatchersV2.decimal,
    instant: (example = instant) => MatchersV2.iso8601DateTime(example),
    day: MatchersV2.iso8601Date,
  },
  v3: {
    ...MatchersV3,
    instant: (example = instant) => MatchersV3.datetime("yyyy-MM-dd'T'HH:mm:ssXXX", example),
    day: (example) => MatchersV3.date("yyyy-MM-dd", example),
  },
};

const contract = (m, id) => ({
  id,
  status: m.regex("^(ACTIVE|INACTIVE|PENDING)$", "ACTIVE"),
  customer: m.like({ id: "CUST001", name: "Test Customer", email: "test@example.com" }),
  items: m.eachLike({
    id: m.string("ITEM001"),
    description: m.string("Compute Instance"),
    quantity: m.integer(1),
    unit_price: m.decimal(500.0),
    total: m.decimal(500.0),
  }),
  total_amount: m.decimal(500.0),
  currency: m.regex(currency, "USD"),
  created_at: m.instant(),
  updated_at: m.instant(),
});

const payment = (m, id) => ({
  payment_id: id,
  status: m.string("PENDING"),
  amount: m.number(1500),
  currency: m.regex(currency, "USD"),
  due_date: m.day("2025-02-28"),
  invoice: {
    id: m.like("INV001"),
    url: m.regex("^https://.+/invoices/.+$", "https://api.example.com/invoices/INV001"),
  },
});

const credit = (m, customer) => ({
  id: m.regex("^CREDIT_[0-9A-F]+$", "CREDIT_5D4CE8EA"),
  status: m.string("ACTIVE"),
  customer_id: customer,
  amount: m.number(500),
  currency: m.regex(currency, "USD"),
  created_at: m.instant(),
  expires_at: m.instant("2026-01-31T09:00:00+00:00"),
});

const adjustment = (m) => ({
  adjustment_id: m.regex("^ADJ_[0-9A-F]+$", "ADJ_0FF1D9E3"),
  status: "APPLIED",
  original_amount: m.number(1500),
  adjusted_amount: m.number(1400),
  applied_at: m.instant(),
});

const meter = (m, resource) => ({
  id: m.regex("^METER_[0-9A-F]+$", "METER_7A3F91C2"),
  status: "ACCEPTED",
  resource_id: resource,
  timestamp: m.instant(),
});

const notFound = (m) => ({ error: "NOT_FOUND", message: m.like("Contract not found"), code: 404 });

const creditRequest = (customer) => ({
  customer_id: customer,
  amount: 500.0,
  currency: "USD",
  reason: "Monthly adjustment",
  type: "ADJUSTMENT",
});

const adjustmentRequest = (invoice) => ({
  type: "DISCOUNT",
  amount: 100.0,
  reason: "Loyalty discount",
  target_invoice: invoice,
});

const meterRequest = (resource) => ({
  resource_id: resource,
  meter_name: "cpu.usage",
  value: 85.5,
  unit: "percent",
  timestamp: instant,
  metadata: { instance_type: "t2.micro", region: "us-east-1" },
});

const get = (path, more) => ({ method: "GET", path, headers: { Accept: "application/json" }, ...more });
const post = (path, body, more) => ({ method: "POST", path, headers: json, body, ...more });

/** A test is what the consumer sends, what it expects, and where the pact has matchers in place of what is sent. */
function plain(m) {
  return [
    {
      description: "a request for a contract",
      state: "A contract exists",
      send: get("/api/v1/contracts/12345"),
      status: 200,
      answer: contract(m, m.like("12345")),
    },
    {
      description: "a request for a contract that is missing",
      state: "Contract does not exist",
      send: get("/api/v1/contracts/99999"),
      status: 404,
      answer: notFound(m),
    },
    {
      description: "a request for a payment",
      state: "Payment exists",
      send: get("/api/v1/payments/PAY_ABC123"),
      status: 200,
      answer: payment(m, "PAY_ABC123"),
    },
    {
      description: "a request to grant a credit",
      state: "Customer exists",
      send: post("/api/v1/credits", creditRequest("CUST001")),
      expect: {
        body: { ...creditRequest("CUST001"), amount: m.number(500), reason: m.like("Monthly adjustment") },
      },
      status: 201,
      answer: credit(m, "CUST001"),
    },
    {
      description: "a request to adjust an invoice",
      state: "Invoice exists",
      send: post("/api/v1/adjustments", adjustmentRequest("INV001")),
      status: 201,
      answer: adjustment(m),
    },
    {
      description: "a meter reading",
      state: "Resource exists",
      send: post("/api/v1/meters", meterRequest("RES001")),
      expect: { body: m.like(meterRequest("RES001")) },
      status: 201,
      answer: meter(m, "RES001"),
    },
  ];
}

function withParams(m) {
  return [
    {
      description: "a request for a named contract",
      state: "A contract exists",
      params: { id: "C-9" },
      send: get("/api/v1/contracts/C-9"),
      expect: { path: m.regex("^/api/v1/contracts/[\\w-]+$", "/api/v1/contracts/C-9") },
      status: 200,
      answer: contract(m, "C-9"),
    },
    {
      description: "a request for a contract of the provider's choice",
      state: "A contract exists",
      send: get("/api/v1/contracts/42"),
      expect: { path: m.fromProviderState("/api/v1/contracts/${id}", "/api/v1/contracts/42") },
      status: 200,
      answer: contract(m, m.fromProviderState("${id}", "42")),
    },
    {
      description: "a request for a paid payment",
      state: "Payment exists",
      params: { payment_id: "PAY_FF01", status: "COMPLETED", amount: 99.95 },
      send: get("/api/v1/payments/PAY_FF01"),
      status: 200,
      answer: { ...payment(m, "PAY_FF01"), status: "COMPLETED", amount: 99.95 },
    },
    {
      description: "a request to grant a named customer a credit",
      state: "Customer exists",
      params: { customer_id: "CUST777" },
      send: post("/api/v1/credits", creditRequest("CUST777"), { headers: { ...json, "X-Request-Id": requestId } }),
      expect: { headers: { ...json, "X-Request-Id": m.uuid(requestId) } },
      status: 201,
      answer: credit(m, "CUST777"),
    },
    {
      description: "a request to adjust a named invoice",
      state: "Invoice exists",
      params: { invoice_id: "INV-42", amount: 250.5 },
      send: post("/api/v1/adjustments", adjustmentRequest("INV-42")),
      status: 201,
      answer: { ...adjustment(m), original_amount: 250.5, adjusted_amount: 150.5 },
    },
    {
      description: "a meter reading of a named resource",
      state: "Resource exists",
      params: { resource_id: "RES-7" },
      send: post("/api/v1/meters", meterRequest("RES-7")),
      status: 201,
      answer: meter(m, "RES-7"),
    },
  ];
}

function newest(m) {
  const metadata = meterRequest("RES001").metadata;
  return [
    {
      description: "a meter reading with metadata of its own",
      state: "Resource exists",
      send: post("/api/v1/meters", meterRequest("RES001")),
      expect: {
        body: {
          ...meterRequest("RES001"),
          metadata: m.eachValueMatches(metadata, [m.regex("^[\\w.-]+$", "us-east-1")]),
        },
      },
      status: m.matchStatus(201, HTTPResponseStatusClass.Success),
      answer: meter(m, "RES001"),
    },
    {
      description: "a request for a contract with a compute position",
      state: "A contract exists",
      send: get("/api/v1/contracts/12345", { query: { currency: "USD" } }),
      expect: { query: { currency: m.regex(currency, "USD") } },
      status: 200,
      answer: {
        ...contract(m, "12345"),
        items: m.arrayContaining({ id: "ITEM001", description: m.includes("Compute"), quantity: m.integer(1) }),
      },
    },
    {
      description: "a request for the bonus points of a contract",
      state: "A contract exists",
      pending: true,
      send: get("/api/v1/contracts/12345"),
      status: 200,
      answer: { ...contract(m, "12345"), bonus_points: m.integer(10) },
    },
  ];
}

async function check({ send, status, answer }, base) {
  const got = await call(base, send);
  assert.equal(got.status, status.value ?? status);
  assert.deepEqual(Object.keys(got.body).sort(), Object.keys(answer).sort());
  await setTimeout(50); // the mock server counts a request only after it has answered it
}

const runners = {
  async v2(dir, test) {
    const { description, state, send, expect, status, answer } = test;
    const mock = new PactV2({ consumer, provider, dir, log: join(dir, "pact.log"), logLevel: "error" });
    await mock.setup();
    await mock.addInteraction({
      state,
      uponReceiving: description,
      withRequest: { ...send, ...expect },
      willRespondWith: { status, headers: json, body: answer },
    });
    await check(test, mock.mockService.baseUrl);
    await mock.verify();
    await mock.finalize();
  },

  async v3(dir, test) {
    const { description, state, params, send, expect, status, answer } = test;
    await new PactV3({ consumer, provider, dir, logLevel: "error" })
      .given(state, params)
      .uponReceiving(description)
      .withRequest({ ...send, ...expect })
      .willRespondWith({ status, headers: json, body: answer })
      .executeTest((mock) => check(test, mock.url));
  },

  async v4(dir, test) {
    const { description, state, params, pending, send, expect, status, answer } = test;
    const { method, path, query, headers, body } = { ...send, ...expect };
    const interaction = new PactV4({ consumer, provider, dir, logLevel: "error" })
      .addInteraction()
      .given(state, params)
      .uponReceiving(description);
    if (pending) interaction.pending();
    await interaction
      .withRequest(method, path, (request) => {
        request.headers(headers);
        if (query) request.query(query);
        if (body) request.jsonBody(body);
      })
      .willRespondWith(status, (response) => response.headers(json).jsonBody(answer))
      .executeTest((mock) => check(test, mock.url));
  },
};

for (const [version, tests] of Object.entries({
  v2: plain(words.v2),
  v3: [...plain(words.v3), ...withParams(words.v3)],
  v4: [...plain(words.v3), ...withParams(words.v3), ...newest(words.v3)],
})) {
  const dir = mkdtempSync(join(tmpdir(), "pact-"));
  try {
    for (const test of tests) await runners[version](dir, test);
    copyFileSync(join(dir, `${consumer}-${provider}.json`), join(here, `js-${version}.json`));
  } finally {
    rmSync(dir, { recursive: true });
  }
}
