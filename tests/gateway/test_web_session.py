"""Who is signed in at the web page, and what other web pages cannot do in their name."""

from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from broker.connection import Broker
from broker.dead_page_store import DeadPageStore
from broker.job_store import JobStore
from contracts.api_keys import ApiKeys
from contracts.dead_pages import DeadPageRecord
from contracts.job_options import JobOptions
from ingest.gateway.app import application
from ingest.gateway.parts import GatewaySettings, Parts
from ingest.gateway.web.session import LASTS_S, MOST_S, session_in, signed_in
from tests.documents import pdf
from tests.examples import job_summary
from tests.gateway.conftest import Open, System

ALICE, BOB = "alice-key-0123456789", "bob-key-0123456789"
KEYS = f"alice:{ALICE},bob:{BOB}"
OURS = {"X-Requested-With": "docr"}


def test_a_token_is_good_at_every_gateway_with_its_key_until_it_runs_out_or_the_key_changes() -> (
    None
):
    def whose(token: str, keys: ApiKeys, *, now: float) -> str | None:
        session = session_in(token, keys, now=now)
        return session.name if session is not None else None

    token = signed_in("alice", now=1000.0).token(ApiKeys.parse(KEYS))
    assert ALICE not in token
    other = ApiKeys.parse(f"admin:{'x' * 16},alice:{ALICE}")
    assert whose(token, other, now=1001.0) == "alice"
    assert whose(token, other, now=1000.0 + LASTS_S) is None
    for without in (f"bob:{BOB}", f"alice:{ALICE}x", f"alice:{BOB},bob:{ALICE}", ""):
        assert whose(token, ApiKeys.parse(without), now=1001.0) is None
    name, since, expires, signature = token.split(".")
    for forged in (
        f"bob.{since}.{expires}.{signature}",
        f"{name}.{since}.{int(expires) + 1}.{signature}",
        f"{name}.{int(since) + 1}.{expires}.{signature}",
        f"{name}.{since}.{expires}.{'A' * 43}",
        f"{name}.{since}.{expires}.",
        f"{token}\n",
        f"{name}.{since}.\u0661.{signature}",
        "",
    ):
        assert session_in(forged, other, now=1001.0) is None
    with pytest.raises(KeyError):
        signed_in("nobody", now=1000.0).token(other)


def test_who_uses_the_page_stays_signed_in_for_a_week_at_the_most() -> None:
    session = signed_in("alice", now=1000.0)
    later = session.renewed(now=1000.0 + 11 * 3600)
    assert (later.since, later.expires) == (1000, 1000 + 11 * 3600 + LASTS_S)
    at_last = replace(later, expires=1000 + MOST_S - 60).renewed(now=1000.0 + MOST_S - 100)
    assert at_last.expires == 1000 + MOST_S
    assert at_last.renewed(now=1000.0 + MOST_S - 1) == at_last


def test_the_cookie_shows_its_tenant_only_and_serves_no_other_web_page(
    system: System, gateway: Open
) -> None:
    address = system.address_of(gateway(OCR_API_KEYS=KEYS))
    with httpx.Client(base_url=address, timeout=30) as alice:
        assert alice.get("/web/setup").status_code == 401
        body = {"key": ALICE}
        # A page of somebody else must not sign people in, either.
        assert alice.post("/web/session", json=body).status_code == 403
        assert alice.post("/web/session", json={"key": "x" * 20}, headers=OURS).status_code == 401
        signed_in = alice.post("/web/session", json=body, headers=OURS)
        told = signed_in.headers["set-cookie"].lower()
        for word in ("httponly", "samesite=strict", "path=/", f"max-age={LASTS_S}"):
            assert word in told
        assert "secure" not in told
        assert ALICE not in told
        proxied = OURS | {"X-Forwarded-Proto": "https"}
        told = alice.post("/web/session", json=body, headers=proxied).headers["set-cookie"]
        assert "secure" in told.lower()
        alice.cookies.clear()
        alice.cookies.set("docr_session", signed_in.cookies["docr_session"])
        setup = alice.get("/web/setup").json()
        assert (setup["name"], setup["sees_all"]) == ("alice", False)
        bearer = {"Authorization": f"Bearer {BOB}"}
        bobs = httpx.post(f"{address}/jobs?dpi=72", content=pdf(1), headers=bearer, timeout=30)
        job = bobs.json()["job_id"]
        hidden = (f"/jobs/{job}", f"/jobs/{job}/events", f"/web/jobs/{job}/pages")
        for path in (*hidden, f"/web/jobs/{job}/pages/0", f"/web/jobs/{job}/image/0"):
            assert alice.get(path).status_code == 404, path
        assert alice.post(f"/web/jobs/{job}/replay", headers=OURS).status_code == 404
        assert alice.delete(f"/jobs/{job}", headers=OURS).status_code == 404
        # By the cookie alone nothing is changed, and nothing is read for another page.
        for headers in ({}, {"Sec-Fetch-Site": "cross-site", **OURS}, {"X-Requested-With": "x"}):
            refused = alice.post("/jobs?dpi=72", content=pdf(1), headers=headers)
            assert refused.status_code == 403
            assert "own page" in refused.json()["detail"]
        assert alice.get("/jobs", headers={"Sec-Fetch-Site": "same-site"}).status_code == 403
        assert alice.get("/jobs", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
        mine = alice.post("/jobs?dpi=72", content=pdf(1), headers=OURS)
        assert mine.status_code == 202
        assert {each["tenant"] for each in alice.get("/jobs").json()["jobs"]} == {"alice"}
        with alice.stream("GET", mine.json()["links"]["events"]) as events:
            assert any(line == "event: summary" for line in events.iter_lines())
        stays = alice.put("/web/session", headers=OURS)
        assert (stays.status_code, alice.put("/web/session").status_code) == (204, 403)
        assert f"max-age={LASTS_S}" in stays.headers["set-cookie"].lower()
        # A key in the request counts, whatever the cookie says; a wrong one is wrong.
        assert alice.get("/jobs", headers={"X-API-Key": "x" * 20}).status_code == 401
        gone = alice.delete("/web/session", headers=OURS)
        assert (gone.status_code, "Max-Age=0" in gone.headers["set-cookie"]) == (204, True)
    assert ALICE not in "".join(str(line) for line in system.log_lines())


async def test_given_up_pages_of_others_do_not_hide_those_of_a_tenant(broker: Broker) -> None:
    async def given_up(job_id: str, tenant: str) -> None:
        await JobStore(broker).publish_summary(job_summary(job_id=job_id, tenant=tenant))
        record = DeadPageRecord(
            job_id=job_id, page_index=1, reason="why", attempts=1, worker=None,
            died_at=datetime.now(UTC), task=None,
        )  # fmt: skip
        await DeadPageStore(broker).keep(record)

    await given_up("early", "alice")
    for number in range(60):
        await given_up(f"later-{number:02}", "bob")
    keys = ApiKeys.parse(KEYS)
    settings = GatewaySettings(
        host="127.0.0.1", port=0, keys=keys, defaults=JobOptions(), version="1"
    )
    app = httpx.ASGITransport(application(Parts(broker, settings)))
    async with httpx.AsyncClient(transport=app, base_url="http://gateway") as http:

        async def shown(key: str) -> list[str]:
            answer = await http.get("/web/dead", headers={"X-API-Key": key})
            return [each["job_id"] for each in answer.json()["jobs"]]

        assert await shown(ALICE) == ["early"]
        assert await shown(BOB) == [f"later-{number:02}" for number in range(59, 9, -1)]
