"""Runs all checks, and prints what they found."""

import json
from dataclasses import asdict
from typing import Final

from pydantic import SecretStr
from rich.table import Table
from rich.text import Text

from broker.connection import without_password
from contracts.errors import OcrError
from docr.asking_broker import client_of
from docr.doctor.finding import Finding, problem
from docr.doctor.the_system import look_at_system
from docr.doctor.this_machine import look_at_machine
from docr.drawing import drawn
from docr.sentences import sentences
from docr.settings import Settings
from docr.terminal import print_out, printable

_COLOURS: Final = {"good": "green", "note": "yellow", "problem": "red"}


async def examine(settings: Settings, *, as_json: bool, show_settings: bool) -> bool:
    """Prints the findings; whether there is no problem among them."""
    findings = list(look_at_machine(settings))
    try:
        async with client_of(settings) as broker:
            async for finding in look_at_system(broker, settings):
                findings.append(finding)
    except (OcrError, ExceptionGroup, TimeoutError) as wrong:
        findings += [problem("broker", sentence) for sentence in sentences(wrong)]
    shown = _settings(settings) if show_settings else {}
    if as_json:
        told = {"findings": [asdict(each) for each in findings], "settings": shown}
        print_out(json.dumps(told) + "\n")
    else:
        print_out(_table(findings))
        for name, value in shown.items():
            print_out(f"{name}={printable(value)}\n")
    return all(each.verdict != "problem" for each in findings)


def _table(findings: list[Finding]) -> str:
    table = Table(box=None, pad_edge=False, show_header=False)
    for each in findings:
        table.add_row(
            Text(each.verdict, style=_COLOURS[each.verdict]),
            Text(each.about),
            Text(printable(each.text), overflow="fold"),
        )
    return drawn(lambda console: console.print(table))


def _settings(settings: Settings) -> dict[str, str]:
    """As they would stand in an environment; secrets as stars."""
    found = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        text = "***" if isinstance(value, SecretStr) and value.get_secret_value() else str(value)
        found[name.upper()] = "" if value is None else text
    found["NATS_URL"] = without_password(settings.nats_url)
    return found
