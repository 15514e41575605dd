"""Keys, limits, and clients that mean ill."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from contracts.api_keys import ApiKeys
from contracts.errors import InvalidOption
from ingest.gateway.keys import ANYBODY, principal_of
from ingest.gateway.problems import Refused
from ingest.gateway.rates import Rates
from tests.documents import pdf
from tests.gateway.conftest import Open, System
from tests.waiting import wait_until

ALICE = "alice-key-0123456789"
BOB = "bob-key-0123456789"
ADMIN = "admin-key-0123456789"
KEYS = f"alice:{ALICE},bob:{BOB},admin:{ADMIN}"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def client_of(system: System, process: "subprocess.Popen[bytes]") -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=system.address_of(process), timeout=30)


async def test_a_key_shows_its_own_jobs_only_and_the_admin_all(
    system: System, gateway: Open
) -> None:
    process = gateway(OCR_API_KEYS=KEYS)
    async with client_of(system, process) as http:
        for headers in ({}, bearer("wrong"), {"X-API-Key": ALICE[:-1]}):
            for method, path in (("GET", "/jobs"), ("POST", "/jobs"), ("GET", "/workers/status")):
                refused = await http.request(method, path, headers=headers)
                assert refused.status_code == 401
                assert refused.headers["www-authenticate"] == "Bearer"
                assert "send a key" in refused.json()["detail"]
        assert (await http.get("/health")).status_code == 200
        assert (await http.get("/ready")).status_code == 200
        taken = await http.post(
            "/jobs?dpi=72", content=pdf(1), headers={**bearer(ALICE), "Idempotency-Key": "one"}
        )
        job = taken.json()["job_id"]
        others = await http.post(
            "/jobs?dpi=72", content=pdf(2), headers={"X-API-Key": BOB, "Idempotency-Key": "one"}
        )
        assert others.json()["job_id"] != job
        for path in ("", "/events", "/result"):
            assert (await http.get(f"/jobs/{job}{path}", headers=bearer(BOB))).status_code == 404
        assert (await http.delete(f"/jobs/{job}", headers=bearer(BOB))).status_code == 404
        assert (await http.get(f"/jobs/{job}", headers=bearer(ALICE))).json()["tenant"] == "alice"
        assert (await http.get(f"/jobs/{job}", headers=bearer(ADMIN))).status_code == 200
        seen = (await http.get("/jobs", headers=bearer(BOB))).json()["jobs"]
        assert {each["tenant"] for each in seen} == {"bob"}
        # The same document under the same id shows nothing of the other's job, nor ends it.
        await http.post("/jobs?dpi=72&job_id=alices", content=pdf(1), headers=bearer(ALICE))
        for path in ("/jobs", "/ocr/pdf"):
            same = await http.post(f"{path}?job_id=alices", content=pdf(1), headers=bearer(BOB))
            assert (same.status_code, "is taken" in same.json()["detail"]) == (409, True)
        guessed = await http.post(f"/jobs?job_id={job}", content=pdf(1), headers=bearer(BOB))
        assert guessed.status_code == 400
        foreign = await http.post("/jobs?tenant=bob", content=pdf(1), headers=bearer(ALICE))
        assert foreign.status_code == 403
        log = system.log_of(process)
    assert not any(key in log for key in (ALICE, BOB, ADMIN))


async def test_who_hands_in_too_much_is_asked_to_wait(system: System, gateway: Open) -> None:
    process = gateway(OCR_API_KEYS=KEYS, RATE_JOBS_PER_MINUTE="2", MAX_UPLOAD_MB="1")
    async with client_of(system, process) as http:
        large = await http.post("/jobs", content=bytes(1_000_001), headers=bearer(BOB))
        assert large.status_code == 413
        assert "over the limit of 1 MB" in large.json()["detail"]

        async def of_unknown_length() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield bytes(100_000)

        unsaid = await http.post("/jobs", content=of_unknown_length(), headers=bearer(BOB))
        assert unsaid.status_code == 413
        for _ in range(2):
            fine = await http.post("/jobs?dpi=72", content=pdf(1), headers=bearer(ALICE))
            assert fine.status_code == 202
        refused = await http.post("/jobs?dpi=72", content=pdf(1), headers=bearer(ALICE))
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert "try again in" in refused.json()["detail"]


def trickle(host: str, port: int) -> float:
    """Sends a header a byte at a time; returns after how many s it was hung up on."""
    began = time.monotonic()
    with socket.create_connection((host, port), timeout=0.2) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        while time.monotonic() - began < 20:
            try:
                if not connection.recv(1):
                    break
            except TimeoutError:
                connection.sendall(b"x")
            except OSError:
                break
    return time.monotonic() - began


async def test_a_client_that_dawdles_is_hung_up_on_and_others_are_served(
    system: System, gateway: Open
) -> None:
    process = gateway(IDLE_TIMEOUT_SECONDS="1")
    host, _, port = system.address_of(process).removeprefix("http://").partition(":")
    slow = [
        b"",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nonly this",
    ]
    connections = []
    for begin in slow:
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(begin)
        connections.append(connection)
    began = time.monotonic()
    async with client_of(system, process) as http:
        assert (await http.get("/health")).status_code == 200
        # A byte now and then buys no time, nor do headers without end.
        assert await asyncio.to_thread(trickle, host, int(port)) < 6
        flood = socket.create_connection((host, int(port)), timeout=10)
        with flood, contextlib.suppress(OSError):
            flood.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 5_000_000)
            assert not await asyncio.to_thread(flood.recv, 1)
        for connection in connections:
            with connection:
                # The server's end, or its reset.
                while await asyncio.to_thread(connection.recv, 4096):
                    pass
    assert time.monotonic() - began < 8
    # One whose answer takes longer than that is not slow.
    async with client_of(system, process) as http:
        answer = await http.post("/ocr/pdf?dpi=72", content=pdf(100))
        assert answer.status_code == 200


async def test_an_upload_that_is_cut_off_is_no_error_of_ours(system: System, gateway: Open) -> None:
    process = gateway()
    host, _, port = system.address_of(process).removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n"
        )
        connection.sendall(bytes(2_000_000))
    await wait_until(lambda: "client hung up" in system.log_of(process), "the log to say so")
    assert "Traceback" not in system.log_of(process)


async def test_a_gateway_that_stops_says_so_to_who_still_waits(
    system: System, gateway: Open
) -> None:
    process = gateway()
    async with client_of(system, process) as http:
        waiting = asyncio.create_task(
            http.post("/ocr/pdf?dpi=72&job_id=long-one&detach=true", content=pdf(600))
        )

        async def is_running() -> bool:
            return bool((await http.get("/jobs/long-one")).json().get("state") == "running")

        await wait_until(is_running, "the job to run", 20.0)
        process.terminate()
        answer = await waiting
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "the gateway is stopping" in answer.json()["detail"]
    assert await asyncio.to_thread(process.wait, 20) == 0


async def test_no_answer_tells_about_the_server_or_can_be_taken_for_a_page(
    http: httpx.AsyncClient,
) -> None:
    hostile = '<script>"\r\nSet-Cookie: a=b/../../etc/passwd'
    taken = await http.post("/jobs", params={"dpi": 72, "filename": hostile}, content=pdf(1))
    job = taken.json()["job_id"]
    answer = await http.get(f"/jobs/{job}/events")
    assert answer.status_code == 200
    result = await http.get(f"/jobs/{job}/text")
    told = result.headers["content-disposition"]
    assert "set-cookie" not in result.headers
    assert not {"/", "<", "\r"} & set(told.partition(";")[2].partition(";")[0])
    for each in (result, await http.get("/jobs/none")):
        assert each.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in each.headers["content-security-policy"]
        assert "server" not in each.headers
        assert "access-control-allow-origin" not in each.headers


async def test_without_keys_other_web_pages_and_other_names_are_refused(
    http: httpx.AsyncClient,
) -> None:
    for headers, status in (
        ({"Origin": "https://other.example"}, 403),
        ({"Host": "rebound.example:8000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": str(http.base_url)}, 200),
        ({"Host": "localhost:1234"}, 200),
    ):
        answer = await http.get("/health", headers=headers)
        assert answer.status_code == status, headers
    offered = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AA"}
    taken = await http.post("/jobs?dpi=72", files={"file": ("x.pdf", pdf(1))}, headers=offered)
    assert taken.status_code == 202, taken.text


async def test_with_keys_off_programs_may_do_all_and_web_pages_of_others_nothing(
    system: System, gateway: Open
) -> None:
    origins = "https://scans.example,http://ocr.example:8000"
    process = gateway(OCR_AUTH="off", CORS_ORIGINS=origins)
    browser = {"User-Agent": "Mozilla/5.0"}
    rebound = "rebound.example:8000"
    async with client_of(system, process) as http:
        own = str(http.base_url).rstrip("/")
        for method, headers, status in (
            # Forms and simple requests, which no browser asks before.
            ("POST", {"Origin": "https://other.example", "Content-Type": "text/plain"}, 403),
            ("POST", {"Origin": "null", "Content-Type": "multipart/form-data; boundary=x"}, 403),
            ("POST", {"Origin": "http://localhost:1"}, 403),
            ("POST", {"Sec-Fetch-Site": "cross-site"}, 403),
            ("POST", {"Sec-Fetch-Site": "same-site"}, 403),
            ("DELETE", {"Sec-Fetch-Site": "cross-site"}, 403),
            # Names that lead here, although they are another page's.
            ("POST", {"Host": rebound, "Origin": f"http://{rebound}"}, 403),
            ("GET", {"Host": rebound, **browser}, 403),
            # The gateway's own page, a link to it, one that was named, and programs.
            ("GET", {"Origin": own, **browser}, 200),
            ("GET", {"Sec-Fetch-Site": "cross-site", **browser}, 200),
            ("GET", {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin", "Origin": "x"}, 200),
            ("GET", {"Host": "scan-server:8000", **browser}, 200),
            ("GET", {"Host": "192.0.2.7:8000", "Origin": "http://192.0.2.7:8000"}, 200),
            ("GET", {"Host": "ocr.example:8000", "Origin": "http://ocr.example:8000"}, 200),
            ("GET", {"Origin": "https://scans.example"}, 200),
            ("GET", {"Host": rebound, "User-Agent": "curl/8.14.1"}, 200),
        ):
            answer = await http.request(method, "/jobs", headers=headers)
            assert answer.status_code == status, (method, headers, answer.text)
        told = await http.post("/jobs", headers={"Host": rebound, **browser})
        assert "cannot tell that 'rebound.example' is a name of its own" in told.json()["detail"]
        taken = await http.post("/jobs?dpi=72", content=pdf(1), headers={"Host": rebound})
        assert taken.status_code == 202


async def test_web_pages_may_use_it_only_from_origins_that_were_named(
    system: System, gateway: Open
) -> None:
    process = gateway(CORS_ORIGINS="https://scans.example")
    async with client_of(system, process) as http:
        for origin, allowed in (("https://scans.example", True), ("https://other.example", False)):
            answer = await http.get("/health", headers={"Origin": origin})
            assert ("access-control-allow-origin" in answer.headers) is allowed


async def test_it_speaks_tls_with_the_certificate_that_it_is_given(
    tmp_path: Path, system: System, gateway: Open
) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    making = await asyncio.create_subprocess_exec(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"),
        *("-keyout", str(key), "-out", str(certificate)),
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await making.wait() == 0
    process = gateway(TLS_CERT_FILE=str(certificate), TLS_KEY_FILE=str(key))
    address = system.address_of(process)
    assert address.startswith("https://")
    trust = ssl.create_default_context(cafile=str(certificate))
    async with httpx.AsyncClient(base_url=address, verify=trust) as http:
        assert (await http.get("/health")).status_code == 200


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"COORDINATOR_HOST": "0.0.0.0"}, "without any key; set OCR_API_KEYS"),  # noqa: S104
        ({"OCR_API_KEYS": "short:abc"}, "entry 1 of OCR_API_KEYS is not name:key"),
        ({"TLS_CERT_FILE": "/nowhere"}, "the certificate cannot be used"),
        ({"COORDINATOR_HOST": "192.0.2.1", "OCR_AUTH": "off"}, "cannot listen on 192.0.2.1"),
    ],
)
def test_a_gateway_that_would_not_be_safe_or_cannot_listen_says_so_in_one_line(
    settings: dict[str, str], sentence: str, system: System, gateway: Open
) -> None:
    process = gateway(**settings)
    assert process.wait(20) in {1, 2}
    said = [line for line in system.log_of(process).splitlines() if line.startswith("docr: ")]
    assert len(said) == 1, system.log_of(process)
    assert sentence in said[0]


def test_keys_have_names_of_their_own_and_are_never_shown() -> None:
    keys = ApiKeys.parse(KEYS)
    alice, admin = principal_of(keys, ALICE), principal_of(keys, ADMIN)
    assert alice is not None
    assert admin is not None
    assert (alice.tenant, admin.tenant) == ("alice", None)
    assert principal_of(keys, ALICE + "x") is None
    assert principal_of(keys, None) is None
    assert principal_of(ApiKeys.parse(""), "anything") is ANYBODY
    assert principal_of(ApiKeys.parse(KEYS, off=True), None) is ANYBODY
    for wrong in (
        f"a b:{ALICE}",
        f"alice:{ALICE},bob:{ALICE}",
        f"alice:{ALICE},alice:{BOB}",
        ALICE,
        f":{ALICE}",
        "alice:",
    ):
        with pytest.raises(InvalidOption) as refused:
            ApiKeys.parse(wrong)
        assert ALICE not in str(refused.value)


def test_rates_fill_steadily_and_large_documents_make_the_next_one_wait() -> None:
    now = 0.0
    rates = Rates(jobs_per_minute=60, mb_per_minute=6, clock=lambda: now)
    for _ in range(60):
        rates.admit("alice")
    with pytest.raises(Refused, match="try again in 1 s"):
        rates.admit("alice")
    rates.admit("bob")
    now = 1.1
    rates.admit("alice")
    rates.spend("bob", 12_000_000)
    with pytest.raises(Refused, match="try again in"):
        rates.admit("bob")
    now = 60.0
    with pytest.raises(Refused):
        rates.admit("bob")
    now = 62.0
    rates.admit("bob")
    unlimited = Rates(jobs_per_minute=0, mb_per_minute=0, clock=lambda: now)
    for _ in range(1000):
        unlimited.admit("anybody")
