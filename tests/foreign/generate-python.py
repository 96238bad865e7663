"""Writes python-v4.json, python-v3.json and python-v2.json with pact-python; see README.md."""

import json
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

from pact import Pact, generate, match

HERE = Path(__file__).parent
CONSUMER, PROVIDER = "PythonShop", "BillingAPI"
CURRENCY = "^(USD|EUR|KRW|JPY)$"
INSTANT = "2025-01-31T09:00:00+00:00"
REQUEST_ID = "6f1c2d7e-3b4a-4c5d-8e9f-0a1b2c3d4e5f"


class Shop:
    """The consumer: reads and sends JSON."""

    def __init__(self, url, headers):
        self.url, self.headers = str(url).rstrip("/"), headers

    def call(self, method, path, body=None):
        headers = dict(self.headers)
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as refusal:
            return refusal.code, json.load(refusal)


class TypeAndRegex:
    """The matchers of specification 2: type and regex only."""

    integer = decimal = number = staticmethod(match.like)

    @staticmethod
    def instant(example=INSTANT):
        return match.regex(example, regex=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([+-]\d{2}:\d{2}|Z)$")

    @staticmethod
    def day(example):
        return match.regex(example, regex=r"^\d{4}-\d{2}-\d{2}$")


class AllMatchers:
    """Those that came with specification 3."""

    integer, decimal, number = match.int, match.decimal, match.number
    day = staticmethod(match.date)

    @staticmethod
    def instant(example=INSTANT):
        return match.datetime(example, "%Y-%m-%dT%H:%M:%S%:z")


def contract(m, id):
    return {
        "id": id,
        "status": match.regex("ACTIVE", regex="^(ACTIVE|INACTIVE|PENDING)$"),
        "customer": match.like({"id": "CUST001", "name": "Test Customer", "email": "test@example.com"}),
        "items": match.each_like(
            {
                "id": match.like("ITEM001"),
                "description": match.like("Compute Instance"),
                "quantity": m.integer(1),
                "unit_price": m.decimal(500.0),
                "total": m.decimal(500.0),
            },
            min=1,
        ),
        "total_amount": m.decimal(500.0),
        "currency": match.regex("USD", regex=CURRENCY),
        "created_at": m.instant(),
        "updated_at": m.instant(),
    }


def payment(m, id):
    return {
        "payment_id": id,
        "status": match.like("PENDING"),
        "amount": m.number(1500.0),
        "currency": match.regex("USD", regex=CURRENCY),
        "due_date": m.day("2025-02-28"),
        "invoice": {
            "id": match.like("INV001"),
            "url": match.regex("https://api.example.com/invoices/INV001", regex="^https://.+/invoices/.+$"),
        },
    }


def credit(m, customer):
    return {
        "id": match.regex("CREDIT_5D4CE8EA", regex="^CREDIT_[0-9A-F]+$"),
        "status": match.like("ACTIVE"),
        "customer_id": customer,
        "amount": m.decimal(500.0),
        "currency": match.regex("USD", regex=CURRENCY),
        "created_at": m.instant(),
        "expires_at": m.instant("2026-01-31T09:00:00+00:00"),
    }


def adjustment(m):
    return {
        "adjustment_id": match.regex("ADJ_0FF1D9E3", regex="^ADJ_[0-9A-F]+$"),
        "status": "APPLIED",
        "original_amount": 1500.0,
        "adjusted_amount": 1400.0,
        "applied_at": m.instant(),
    }


def meter(m, resource):
    return {
        "id": match.regex("METER_7A3F91C2", regex="^METER_[0-9A-F]+$"),
        "status": "ACCEPTED",
        "resource_id": resource,
        "timestamp": m.instant(),
    }


def not_found(m):
    return {"error": "NOT_FOUND", "message": match.like("Contract not found"), "code": m.integer(404)}


def credit_request(customer):
    return {
        "customer_id": customer,
        "amount": 500.0,
        "currency": "USD",
        "reason": "Monthly adjustment",
        "type": "ADJUSTMENT",
    }


def adjustment_request(invoice):
    return {"type": "DISCOUNT", "amount": 100.0, "reason": "Loyalty discount", "target_invoice": invoice}


def meter_request(resource):
    return {
        "resource_id": resource,
        "meter_name": "cpu.usage",
        "value": 85.5,
        "unit": "percent",
        "timestamp": INSTANT,
        "metadata": {"instance_type": "t2.micro", "region": "us-east-1"},
    }


class Suite:
    """The consumer tests of one specification version; each adds an interaction to the same file."""

    def __init__(self, version, directory):
        self.version, self.directory = version, directory

    def test(self, description, state, params, method, path, sent, status, answer, *, expected_path=None,
             expected_body=None, headers=None, expected_headers=None, query=None, expected_query=None,
             pending=False):
        pact = Pact(CONSUMER, PROVIDER).with_specification(self.version)
        interaction = pact.upon_receiving(description).given(state, params)
        if pending:
            interaction.set_pending(pending=True)
        interaction.with_request(method, expected_path or path)
        for name, value in (expected_headers or headers or {}).items():
            interaction.with_header(name, value)
        for name, value in (expected_query or query or {}).items():
            interaction.with_query_parameter(name, value)
        if sent is not None:
            interaction.with_body(expected_body or sent)
        interaction.will_respond_with(status).with_body(answer)
        with pact.serve() as server:
            target = f"{path}?{urlencode(query)}" if query else path
            got, body = Shop(server.url, headers or {"Accept": "application/json"}).call(method, target, sent)
            assert got == status, f"{description}: {got}"
            assert set(body) == set(answer), f"{description}: {body}"
        pact.write_file(self.directory)

    def plain(self, m):
        self.test("a request for a contract", "A contract exists", None,
                  "GET", "/api/v1/contracts/12345", None, 200, contract(m, match.like("12345")),
                  headers={"Accept": "application/json"})
        self.test("a request for a contract that is missing", "Contract does not exist", None,
                  "GET", "/api/v1/contracts/99999", None, 404, not_found(m))
        self.test("a request for a payment", "Payment exists", None,
                  "GET", "/api/v1/payments/PAY_ABC123", None, 200, payment(m, "PAY_ABC123"))
        request = credit_request("CUST001")
        self.test("a request to grant a credit", "Customer exists", None, "POST", "/api/v1/credits", request,
                  201, credit(m, "CUST001"),
                  expected_body=request | {"amount": m.decimal(500.0), "reason": match.like(request["reason"])})
        self.test("a request to adjust an invoice", "Invoice exists", None,
                  "POST", "/api/v1/adjustments", adjustment_request("INV001"), 201, adjustment(m))
        request = meter_request("RES001")
        self.test("a meter reading", "Resource exists", None, "POST", "/api/v1/meters", request,
                  201, meter(m, "RES001"),
                  expected_body=request | {"value": m.decimal(85.5), "timestamp": m.instant(),
                                           "metadata": match.like(request["metadata"])})

    def with_params(self, m):
        self.test("a request for a named contract", "A contract exists", {"id": "C-9"},
                  "GET", "/api/v1/contracts/C-9", None, 200, contract(m, "C-9"))
        self.test("a request for a contract of the provider's choice", "A contract exists", None,
                  "GET", "/api/v1/contracts/42", None, 200, contract(m, match.like("42")),
                  expected_path=match.type("/api/v1/contracts/42",
                                           generator=generate.provider_state("/api/v1/contracts/${id}")))
        self.test("a request for a paid payment", "Payment exists",
                  {"payment_id": "PAY_FF01", "status": "COMPLETED", "amount": 99.95},
                  "GET", "/api/v1/payments/PAY_FF01", None, 200,
                  payment(m, "PAY_FF01") | {"status": "COMPLETED", "amount": 99.95})
        self.test("a request to grant a named customer a credit", "Customer exists", {"customer_id": "CUST777"},
                  "POST", "/api/v1/credits", credit_request("CUST777"), 201, credit(m, "CUST777"),
                  headers={"X-Request-Id": REQUEST_ID}, expected_headers={"X-Request-Id": match.uuid(REQUEST_ID)})
        self.test("a request to adjust a named invoice", "Invoice exists", {"invoice_id": "INV-42", "amount": 250.0},
                  "POST", "/api/v1/adjustments", adjustment_request("INV-42"), 201,
                  adjustment(m) | {"original_amount": 250.0, "adjusted_amount": 150.0})
        self.test("a meter reading of a named resource", "Resource exists", {"resource_id": "RES-7"},
                  "POST", "/api/v1/meters", meter_request("RES-7"), 201, meter(m, "RES-7"))

    def newest(self, m):
        request = meter_request("RES001")
        self.test("a meter reading with metadata of its own", "Resource exists", None,
                  "POST", "/api/v1/meters", request, 201, meter(m, "RES001"),
                  expected_body=request | {"metadata": match.each_value_matches(
                      request["metadata"], rules=match.regex("us-east-1", regex=r"^[\w.-]+$"))})
        self.test("a request for a contract with a compute position", "A contract exists", None,
                  "GET", "/api/v1/contracts/12345", None, 200,
                  contract(m, "12345") | {"items": match.array_containing([
                      {"id": "ITEM001", "description": match.includes("Compute"), "quantity": m.integer(1),
                       "unit_price": m.decimal(500.0), "total": m.decimal(500.0)}])})
        self.test("a request for a contract in dollars", "A contract exists", None,
                  "GET", "/api/v1/contracts/12345", None, 200,
                  contract(m, "12345"), query={"currency": "USD"},
                  expected_query={"currency": match.regex("USD", regex=CURRENCY)})
        self.test("a request for the bonus points of a contract", "A contract exists", None,
                  "GET", "/api/v1/contracts/12345", None, 200,
                  contract(m, "12345") | {"bonus_points": m.integer(10)}, pending=True)


def main():
    for version, matchers, parts in (
        ("V2", TypeAndRegex, ("plain",)),
        ("V3", AllMatchers, ("plain", "with_params")),
        ("V4", AllMatchers, ("plain", "with_params", "newest")),
    ):
        with tempfile.TemporaryDirectory() as directory:
            suite = Suite(version, directory)
            for part in parts:
                getattr(suite, part)(matchers)
            written = Path(directory, f"{CONSUMER}-{PROVIDER}.json")
            (HERE / f"python-{version.lower()}.json").write_bytes(written.read_bytes())


if __name__ == "__main__":
    main()
