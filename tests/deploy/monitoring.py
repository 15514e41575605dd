"""What Prometheus and Grafana are given, as data."""

import json
import re
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parents[2] / "deploy" / "monitoring"


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (FOLDER / "grafana" / "dashboards" / "docr.json").read_text()
    )
    return found


def expressions() -> list[str]:
    """All of rules and dashboard, with an interval in the place of Grafana's."""
    panels = [
        target["expr"].replace("$__rate_interval", "5m")
        for panel in dashboard()["panels"]
        for target in panel["targets"]
    ]
    return [*(rule["expr"] for rule in rules()), *panels]


def selectors(expression: str) -> list[tuple[str, dict[str, str]]]:
    """Each metric of ours that an expression names, and what it asks of its labels: a pattern, the
    whole value must match."""
    found = []
    for name, asked in re.findall(r"\b(docr_\w+)(?:\{([^}]*)\})?", expression):
        matchers = re.findall(r'(\w+)(=~|=)"([^"]*)"', asked)
        found.append(
            (
                name,
                {
                    label: value if how == "=~" else re.escape(value)
                    for label, how, value in matchers
                },
            )
        )
    return found
