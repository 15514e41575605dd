"""docs/operations.md quotes what the program says, and names what there is."""

import ast
import re
from pathlib import Path

import pytest

from docr.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "operations.md").read_text()
PACKAGES = ("contracts", "guard", "broker", "ingest", "ocr_node", "aggregator", "docr")


def sentences() -> str:
    """All text in the program, literals that stand side by side put together."""
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.JoinedStr):
                    pieces = [
                        each.value if isinstance(each, ast.Constant) else "\n"
                        for each in node.values
                    ]
                    found.append("".join(map(str, pieces)))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return "\n\n".join(found)


def quoted() -> list[str]:
    """What stands first in a row of a table of symptoms, and is a sentence in backticks."""
    symptoms = TEXT[TEXT.index("## When something is wrong") :]
    cells = re.findall(r"^\| `([^`]+)`", symptoms, re.MULTILINE)
    return [cell for cell in cells if " " in cell and not cell.startswith("curl")]


def test_what_it_quotes_is_what_the_program_says() -> None:
    said = sentences()
    assert len(quoted()) > 20
    for sentence in quoted():
        for piece in sentence.split("..."):
            if len(piece.strip("; ")) > 3:
                assert piece.strip("; ") in said, piece


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z][A-Z_]{4,})(?:=[^`]*)?`", TEXT))))
def test_the_settings_that_it_names_are_there(name: str) -> None:
    streams = {"OUTPUTS", "SUMMARY", "EVENTS", "NODES"}
    of_the_broker = {"NATS_STORE_DIR", "GOMEMLIMIT", "BROKER_GOMEMLIMIT"}
    others = streams | of_the_broker | {"OCR_API_KEY", "PROMETHEUS_URL"}
    assert name in others or name.lower() in Settings.model_fields


def test_the_files_that_it_names_are_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / "docs" / name).exists(), name
    for name in re.findall(r"\bdeploy/[\w./-]*\w", TEXT):
        assert list(ROOT.glob(f"{name}*")), name
