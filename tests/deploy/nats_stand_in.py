"""Stands for the nats CLI where that is not installed: the commands and options of
deploy/nats_examples.sh, and no others, spoken to a real broker.

Options, and what goes to stdout, are those of natscli; tables are shorter.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import api

_TIMEOUT_S = 5.0  # as the CLI's --timeout


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="nats", allow_abbrev=False)
    commands = top.add_subparsers(dest="command", required=True)
    for name in ("req", "pub"):
        sends = commands.add_parser(name, allow_abbrev=False)
        sends.add_argument("subject")
        sends.add_argument("body", nargs="?")
        sends.add_argument("-H", "--header", action="append", default=[])
        sends.add_argument("--force-stdin", action="store_true")
        sends.add_argument("--no-templates", action="store_true")
        if name == "req":
            sends.add_argument("-r", "--raw", action="store_true")
        else:
            sends.add_argument("-J", "--jetstream", action="store_true")
    sub = commands.add_parser("sub", allow_abbrev=False)
    sub.add_argument("subject")
    sub.add_argument("-r", "--raw", action="store_true")
    objects = commands.add_parser("object").add_subparsers(dest="verb", required=True)
    for name in ("put", "get", "ls"):
        verb = objects.add_parser(name, allow_abbrev=False)
        verb.add_argument("bucket")
        if name != "ls":
            verb.add_argument("file")
            verb.add_argument("--no-progress", action="store_true")
            verb.add_argument("-f", "--force", action="store_true")
        if name == "put":
            verb.add_argument("--name")
            verb.add_argument("-H", "--header", action="append", default=[])
        if name == "get":
            verb.add_argument("-O", "--output")
    for name, verbs in (
        ("micro", {"ls": (), "info": ("service",), "stats": ("service",)}),
        ("kv", {"ls": ("bucket",)}),
        ("stream", {"report": (), "get": ("stream",)}),
        ("consumer", {"report": ("stream",)}),
    ):
        group = commands.add_parser(name).add_subparsers(dest="verb", required=True)
        for each, arguments in verbs.items():
            verb = group.add_parser(each, allow_abbrev=False)
            for argument in arguments:
                verb.add_argument(argument)
            if (name, each) == ("stream", "get"):
                verb.add_argument("-S", "--last-for", required=True)
    return top


def headers_of(asked: argparse.Namespace) -> dict[str, str]:
    return {
        name: value.strip() for name, _, value in (each.partition(":") for each in asked.header)
    }


def body_of(asked: argparse.Namespace) -> bytes:
    if asked.force_stdin:
        return sys.stdin.buffer.read()
    return (asked.body or "").encode()


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def send(client: Client, asked: argparse.Namespace) -> None:
    body, headers = body_of(asked), headers_of(asked) or None
    if asked.command == "pub" and not asked.jetstream:
        await client.publish(asked.subject, body, headers=headers)
        await client.flush()
        return
    try:
        answer = await client.request(asked.subject, body, timeout=_TIMEOUT_S, headers=headers)
    except nats.errors.NoRespondersError:
        say("No responders are available")
        return
    if asked.command == "pub":
        stored = json.loads(answer.data)
        if "error" in stored:
            raise SystemExit(stored["error"]["description"])
        say(f"Stored in Stream: {stored['stream']} Sequence: {stored['seq']}")
        return
    for name, value in ({} if asked.raw else answer.headers or {}).items():
        say(f"{name}: {value}")
    say(answer.data.decode())


async def listen(client: Client, asked: argparse.Namespace) -> None:
    async def told(message: Msg) -> None:
        if not asked.raw:
            say(f'Received on "{message.subject}"')
        say(message.data.decode())

    await client.subscribe(asked.subject, cb=told)
    await asyncio.Event().wait()


async def objects(client: Client, asked: argparse.Namespace) -> None:
    bucket = await client.jetstream().object_store(asked.bucket)
    match asked.verb:
        case "put":
            meta = api.ObjectMeta(name=asked.name, headers=headers_of(asked) or None)
            info = await bucket.put(asked.name, Path(asked.file).read_bytes(), meta=meta)
            say(f"Size: {info.size} Chunks: {info.chunks}")
        case "get":
            found = await bucket.get(asked.file)
            Path(asked.output).write_bytes(found.data or b"")
            say(f"Wrote: {found.info.size} bytes to {asked.output}")
        case "ls":
            for info in await bucket.list():
                say(f"{info.name}  {info.size}")


async def services(client: Client, asked: argparse.Namespace) -> None:
    verb = {"ls": "INFO", "info": "INFO", "stats": "STATS"}[asked.verb]
    name = "" if asked.verb == "ls" else f".{asked.service}"
    inbox = client.new_inbox()
    answers = await client.subscribe(inbox)
    await client.publish(f"$SRV.{verb}{name}", reply=inbox)
    found: list[dict[str, Any]] = []
    while True:
        try:
            message = await answers.next_msg(0.3)
        except nats.errors.TimeoutError:
            break
        if message.headers and message.headers.get("Status") == "503":
            break
        found.append(json.loads(message.data))
    if not found:
        raise SystemExit("no micro instances found")
    for each in found:
        say(f"{each['name']} {each['version']} {each['id']}")
        if asked.verb != "ls":
            for endpoint in each["endpoints"]:
                say(f"  {endpoint['name']} {endpoint.get('subject', '')}")


async def assets(client: Client, asked: argparse.Namespace) -> None:
    jetstream = client.jetstream()
    match asked.command, asked.verb:
        case "kv", "ls":
            stream = f"KV_{asked.bucket}"
            info = await jetstream.stream_info(stream, subjects_filter=">")
            for subject in sorted(info.state.subjects or {}):
                say(subject.split(".", 2)[2])
        case "stream", "report":
            for each in await jetstream.streams_info():
                say(f"{each.config.name}  {each.state.messages}  {each.state.bytes}")
        case "stream", "get":
            message = await jetstream.get_last_msg(asked.stream, asked.last_for)
            say(f"Item: {asked.stream}#{message.seq} on Subject {message.subject}\n")
            say((message.data or b"").decode())
        case "consumer", "report":
            for consumer in await jetstream.consumers_info(asked.stream):
                say(f"{consumer.name}  {consumer.num_ack_pending}  {consumer.num_pending}")


async def main() -> None:
    asked = parser().parse_args()
    client = await nats.connect(os.environ["NATS_URL"], connect_timeout=2)
    try:
        match asked.command:
            case "req" | "pub":
                await send(client, asked)
            case "sub":
                await listen(client, asked)
            case "object":
                await objects(client, asked)
            case "micro":
                await services(client, asked)
            case _:
                await assets(client, asked)
    finally:
        await client.close()


asyncio.run(main())
