"""Rubbish at every subject that users can reach: seeded, so that a red run can be repeated.

A short slice here; `FUZZ_SECONDS=600 FUZZ_SEED=7` for longer ones. Afterwards every process lives,
a proper document ends well, the queues are empty.
"""

import asyncio
import json
import os
import random
import time
import zlib
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgpack
import pytest

from broker.connection import Broker
from contracts.codec import encode
from contracts.option_headers import OPTION_HEADERS
from tests.documents import encoded, pdf, picture
from tests.examples import manifest, page_succeeded, page_task
from tests.raw_nats import RawNats, header_block, object_token
from tests.running_services import Start, begun, log_of, messages_in
from tests.waiting import wait_until

SECONDS: Final = float(os.environ.get("FUZZ_SECONDS", "8"))
SEED: Final = int(os.environ.get("FUZZ_SEED", "1"))
PAUSE_EVERY: Final = 50
DRAIN_S: Final = 60.0
ODD_NUMBERS: Final = (0, -1, 1, 2**31, 2**63, 10**30, 0.5, float("nan"), float("inf"), True, None)
ODD_TEXTS: Final = (
    "", " ", "a", "a.b", "*", ">", "\r\nX: y", "ü", "\ud800", "0", "-1", "1-", "NaN", "%00",
    "x" * 5000, "../../etc/passwd", "job-1", "default", "{}", "[]", "null", "tombstones",
    "200", "bulk", "de",
)  # fmt: skip
NAMES: Final = (
    *OPTION_HEADERS, "Nats-Msg-Id", "Ocr-Object", "Ocr-Object-Nuid", "Ocr-Object-Entry",
    "Ocr-Page-Index", "Status", "Odd",
)  # fmt: skip


class Fuzzer:
    """Makes rubbish, some of it nearly right."""

    def __init__(self, raw: RawNats, chance: random.Random) -> None:
        self._raw, self._chance = raw, chance

    def text(self) -> str:
        text = self._chance.choice(ODD_TEXTS)
        return text.encode("utf-8", "replace").decode()

    def value(self, depth: int = 0) -> Any:
        pick = self._chance.randrange(6 if depth < 3 else 4)
        if pick == 4:
            return [self.value(depth + 1) for _ in range(self._chance.randrange(4))]
        if pick == 5:
            return {self.text(): self.value(depth + 1) for _ in range(self._chance.randrange(4))}
        return self._chance.choice(ODD_NUMBERS) if pick == 0 else self.text()

    def noise(self) -> bytes:
        return self._chance.randbytes(self._chance.choice((0, 1, 2, 16, 300, 5000)))

    def mutated(self, good: bytes) -> bytes:
        """A good message, cut off, with bytes changed, or with fields of another kind."""
        match self._chance.randrange(4):
            case 0:
                return good[: self._chance.randrange(len(good) + 1)]
            case 1:
                changed = bytearray(good)
                for _ in range(self._chance.randrange(1, 8)):
                    changed[self._chance.randrange(len(changed))] = self._chance.randrange(256)
                return bytes(changed)
            case 2:
                return good + self.noise()
        message = msgpack.unpackb(good)
        packed = isinstance(message["data"], bytes)
        if packed:
            message["data"] = json.loads(zlib.decompress(message["data"]))
        where = message["data"] if self._chance.random() < 0.8 else message
        field = self._chance.choice([*where, self.text()])
        where[field] = self._safe(self.value())
        if packed and isinstance(message.get("data"), dict) and self._chance.random() < 0.9:
            as_json = json.dumps(message["data"], default=repr)
            message["data"] = zlib.compress(as_json.encode(errors="replace"))
        return bytes(msgpack.packb(message))

    def _safe(self, value: Any) -> Any:
        """msgpack has whole numbers of 64 bits only."""
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            return 0
        if isinstance(value, list):
            return [self._safe(each) for each in value]
        if isinstance(value, dict):
            return {key: self._safe(each) for key, each in value.items()}
        return value

    def mutated_json(self, good: dict[str, Any]) -> bytes:
        if self._chance.random() < 0.2:
            return self.noise()
        changed = dict(good)
        for _ in range(self._chance.randrange(1, 3)):
            changed[self._chance.choice([*changed, self.text()])] = self.value()
        if self._chance.random() < 0.2:
            changed.pop(self._chance.choice([*changed]))
        text = json.dumps(changed).encode()
        return text[: self._chance.randrange(len(text))] if self._chance.random() < 0.1 else text

    def headers(self) -> bytes:
        """A block of headers, most of them ours, as bytes that a client should never send."""
        match self._chance.randrange(8):
            case 0:
                return b"NATS/1.0" + self.noise()[:300]
            case 1:
                return (
                    b"NATS/1.0 "
                    + self._chance.choice((b"503", b"\xff\xff\xff", b"100", b"x"))
                    + (b"\r\n\r\n")
                )
            case 2:
                return b"NATS/1.0\r\n" + self.noise()[:300] + b"\r\n\r\n"
        lines = {self._chance.choice(NAMES): self.text() for _ in range(self._chance.randrange(4))}
        block = header_block({name: " ".join(text.split()) for name, text in lines.items()})
        if self._chance.random() < 0.3:
            block = block[:-4] + bytes(self._chance.randbytes(5)) + b"\r\n\r\n"
        return (
            block.lower().replace(b"nats/1.0", b"NATS/1.0")
            if self._chance.random() < 0.3
            else block
        )

    def token(self) -> str:
        return self._chance.choice(
            ("job-1", "default", "0", "1", "-1", "document", "x" * 200, "latin", "han", "manifest",
             "tombstones", "cancel", "checkpoint", "ending", "ü", "%", "bulk", "interactive")
        )  # fmt: skip

    async def submission(self) -> None:
        documents = (pdf(1), b"", self.noise(), pdf(2)[: self._chance.randrange(900)],
                     encoded(picture("x")))  # fmt: skip
        subject = self._chance.choice(("ocr.submit", "ocr.jobs.submit"))
        await self._raw.publish(
            subject, self._chance.choice(documents), headers=self.headers(), reply=self._reply()
        )

    async def question(self) -> None:
        subject = f"ocr.jobs.{self._chance.choice(('get', 'list', 'cancel', 'delete', 'submit'))}"
        good: dict[str, Any] = {"job_id": "x", "limit": 3, "cursor": None, "state": "failed"}
        body = self._chance.choice((self.noise(), self.text().encode(), self.mutated_json(good)))
        headers = self.headers() if self._chance.random() < 0.3 else None
        await self._raw.publish(subject, body, headers=headers, reply=self._reply())

    async def discovery(self) -> None:
        verb = self._chance.choice(("PING", "INFO", "STATS"))
        await self._raw.publish(f"$SRV.{verb}.ocr-jobs", self.noise(), reply=self._reply())

    async def page(self) -> None:
        tokens = ["bulk", "latin", "default", "job-1"]
        tokens[self._chance.randrange(4)] = self.token()
        await self._raw.publish(
            f"ocr.page.{'.'.join(tokens)}",
            self.mutated(encode(page_task())),
            headers=self.headers(),
        )

    async def result(self) -> None:
        subject = f"ocr.result.{self.token()}.{self.token()}"
        if self._chance.random() < 0.2:
            subject += f".{self.token()}"
        await self._raw.publish(
            subject, self.mutated(encode(page_succeeded())), headers=self.headers()
        )

    async def key(self) -> None:
        good = json.loads(manifest().model_dump_json())
        name = self.token()
        # A job whose manifest cannot be read is left to another release, its document with it.
        job_id = "no-job" if name == "manifest" else self.token()
        await self._raw.publish(
            f"$KV.JOBS.{job_id}.{name}",
            self.mutated_json(good),
            headers=self.headers(),
        )

    async def entry(self) -> None:
        nuid = self._chance.choice((f"n{self._chance.randrange(10**6)}", self.text()))
        good: dict[str, Any] = {
            "name": "x", "bucket": "UPLOADS", "nuid": nuid, "size": 10, "chunks": 1,
            "digest": "SHA-256=abc", "headers": {"Ocr-Dpi": ["72"]}, "metadata": {"a": "b"},
        }  # fmt: skip
        name = self._chance.choice(("x", "y", "ü"))
        token = self._chance.choice((object_token(name), self.token()))
        await self._raw.publish(f"$O.UPLOADS.M.{token}", self.mutated_json(good))

    async def odd_subject(self) -> None:
        start = self._chance.choice(
            (b"ocr.page.bulk.latin.default.", b"ocr.result.", b"ocr.event.", b"$KV.NODES.",
             b"ocr.summary.", b"$O.UPLOADS.C.", b"$KV.JOBS.")
        )  # fmt: skip
        odd = bytes(
            each for each in self._chance.randbytes(6) if each > 0x20 and each not in b"*>."
        )
        await self._raw.publish(start + (odd or b"x"), self.noise(), headers=self.headers())

    def _reply(self) -> str:
        return self._chance.choice(("", "_INBOX.nobody", "ocr.done.x"))

    def kinds(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        return [
            self.submission, self.question, self.discovery, self.page, self.result, self.key,
            self.entry, self.odd_subject,
        ]  # fmt: skip


@pytest.mark.timeout(int(SECONDS) + 300)
async def test_no_rubbish_stops_a_service_or_a_proper_document(
    tmp_path: Path, broker: Broker, broker_url: str, start: Start
) -> None:
    settings = {"MAX_RETRIES": "2", "RETRY_DELAY_SECONDS": "0", "JOB_DEADLINE_SECONDS": "30"}
    services = [start(each, **settings) for each in ("ingest", "node", "aggregator")]
    await begun(*services)
    chance = random.Random(SEED)  # noqa: S311 - to be repeated, not to be secret
    sent = 0
    async with RawNats.connect(broker_url) as raw:
        fuzzer = Fuzzer(raw, chance)
        ends_at = time.monotonic() + SECONDS
        while time.monotonic() < ends_at:
            for _ in range(PAUSE_EVERY):
                await chance.choice(fuzzer.kinds())()
                sent += 1
            await raw.ping()
        alive = [each.poll() is None for each in services]
        assert alive == [True] * 3, log_of(tmp_path / "services")[-5000:]
        # A proper one ends well, and is asked for.
        endings = await raw.subscribe("ocr.done.proper")
        named = {"Ocr-Job-Id": ["proper"]}
        await raw.put_object("UPLOADS", "proper.pdf", pdf(2), nuid="proper", headers=named)
        summary = (await asyncio.wait_for(endings.get(), 120)).json()
        assert (summary["status"], summary["pages_processed"]) == ("success", 2)
        state = (await raw.request("ocr.jobs.get", b"proper")).json()
        assert state["state"] == "success", state
        listed = (await raw.request("ocr.jobs.list", b'{"limit": 100}')).json()
        assert any(each["job_id"] == "proper" for each in listed["jobs"])
        for stream in ("SUBMIT", "PAGES"):
            await wait_until(partial(is_empty, broker, stream), f"{stream} to be empty", DRAIN_S)
        info = await raw.request("$JS.API.CONSUMER.INFO.OBJ_UPLOADS.uploaded")
        assert (info.json()["num_pending"], info.json()["num_ack_pending"]) == (0, 0)
    assert [each.poll() is None for each in services] == [True] * 3
    assert sent > PAUSE_EVERY
    assert "Traceback" not in log_of(tmp_path / "services")


async def is_empty(broker: Broker, stream: str) -> bool:
    return await messages_in(broker, stream) == 0
