"""Rules and dashboard, by what Prometheus' own tool says of them."""

from pathlib import Path
from typing import Any, Final

import yaml

from tests.deploy.monitoring import FOLDER, dashboard, expressions, rules
from tests.deploy.tools import run, tool

# A sample a minute; `x90` goes on for an hour and a half.
Series = dict[str, str]
PAGES: Final = 'docr_queue_messages{instance="a",queue="pages"}'
DOCUMENTS: Final = 'docr_queue_messages{instance="a",queue="submit"}'
HEALTHY: Final = 'docr_nodes{instance="a",status="healthy"}'


def of(name: str, values: str, **labels: str) -> Series:
    """A series as a gateway tells it."""
    told = ",".join(f'{key}="{value}"' for key, value in {"instance": "a", **labels}.items())
    return {f"{name}{{{told}}}": values}


# Of each alert: the labels that it carries, a system in which it fires, and others in which it does
# not. `_` is a sample that is missing.
CASES: Final[list[tuple[str, dict[str, str], Series, list[Series]]]] = [
    (
        "DocrGatewayDown",
        {"job": "docr", "instance": "a"},
        of("up", "1 0x90", job="docr"),
        [of("up", "1x90", job="docr"), of("up", "1 0 1x90", job="docr")],
    ),
    (
        "DocrBrokerAway",
        {"instance": "a"},
        of("docr_broker_up", "1 0x90"),
        [of("docr_broker_up", "1x90")],
    ),
    (
        "DocrNoNodes",
        {},
        {PAGES: "3x90", HEALTHY: "0x90"},
        # A node that is well, nothing that waits, and a short while of both.
        [
            {PAGES: "3x90", HEALTHY: "1x90"},
            {PAGES: "0x90", HEALTHY: "0x90"},
            {PAGES: "0x57 3x33", HEALTHY: "0x90"},
        ],
    ),
    (
        "DocrPagesUnserved",
        {"queue": "pages"},
        of("docr_queue_unserved_messages", "4x90", queue="pages"),
        [of("docr_queue_unserved_messages", "0 4 0x90", queue="pages")],
    ),
    (
        "DocrDocumentsUnserved",
        {"queue": "submit"},
        of("docr_queue_unserved_messages", "4x90", queue="submit"),
        [of("docr_queue_unserved_messages", "0 4 0x90", queue="submit")],
    ),
    (
        "DocrPagesWaitLong",
        {"queue": "pages"},
        of("docr_queue_age_seconds", "1200+60x90", queue="pages"),
        [of("docr_queue_age_seconds", "1700x90", queue="pages")],
    ),
    (
        "DocrDocumentsWaitLong",
        {"queue": "submit"},
        of("docr_queue_age_seconds", "3000+60x90", queue="submit"),
        [of("docr_queue_age_seconds", "3500x90", queue="submit")],
    ),
    (
        "DocrJobsDoNotEnd",
        {},
        of("docr_jobs", "2x90", state="running") | {PAGES: "0x90", DOCUMENTS: "0x90"},
        [
            of("docr_jobs", "2x90", state="running") | {PAGES: "0x50 1 0x40", DOCUMENTS: "0x90"},
            of("docr_jobs", "2x90", state="running") | {PAGES: "0x90", DOCUMENTS: "1x90"},
            of("docr_jobs", "0x90", state="running") | {PAGES: "0x90", DOCUMENTS: "0x90"},
        ],
    ),
    (
        "DocrPagesDie",
        {},
        of("docr_pages_total", "0+94x90", result="success")
        | of("docr_pages_total", "0+6x90", result="failed"),
        [
            of("docr_pages_total", "0+96x90", result="success")
            | of("docr_pages_total", "0+4x90", result="failed"),
            # Nothing is read at all.
            of("docr_pages_total", "0x90", result="success")
            | of("docr_pages_total", "0x90", result="failed"),
        ],
    ),
    ("DocrDeadPages", {}, of("docr_dead_pages", "0 1x90"), [of("docr_dead_pages", "1x30 0x60")]),
    (
        "DocrPagesTriedAgain",
        {},
        of("docr_pages_total", "0+100x90", result="success")
        | of("docr_page_attempts_over_one_total", "0+11x90"),
        [
            of("docr_pages_total", "0+100x90", result="success")
            | of("docr_page_attempts_over_one_total", "0+9x90")
        ],
    ),
    (
        "DocrPagesSlow",
        {},
        of("docr_page_seconds_bucket", "0+9x90", le="60")
        | of("docr_page_seconds_bucket", "0+10x90", le="120")
        | of("docr_page_seconds_bucket", "0+10x90", le="+Inf"),
        [
            of("docr_page_seconds_bucket", "0+97x90", le="60")
            | of("docr_page_seconds_bucket", "0+100x90", le="120")
            | of("docr_page_seconds_bucket", "0+100x90", le="+Inf")
        ],
    ),
    (
        "DocrJobsFail",
        {},
        of("docr_jobs_ended_total", "0+7x90", status="success")
        | of("docr_jobs_ended_total", "0+2x90", status="failed")
        | of("docr_jobs_ended_total", "0+1x90", status="partial_success"),
        [
            of("docr_jobs_ended_total", "0+9x90", status="success")
            | of("docr_jobs_ended_total", "0+1x90", status="failed")
            # Those who cancel know why.
            | of("docr_jobs_ended_total", "0+9x90", status="cancelled")
        ],
    ),
    (
        "DocrNodesLost",
        {"status": "lost"},
        of("docr_nodes", "0 1x90", status="lost"),
        [of("docr_nodes", "0x90", status="lost")],
    ),
    (
        "DocrStoreFills",
        {"stream": "OBJ_OUTPUTS"},
        of("docr_store_bytes", "95x90", stream="OBJ_OUTPUTS")
        | of("docr_store_limit_bytes", "100x90", stream="OBJ_OUTPUTS"),
        [
            of("docr_store_bytes", "85x90", stream="OBJ_OUTPUTS")
            | of("docr_store_limit_bytes", "100x90", stream="OBJ_OUTPUTS"),
            # What drops its oldest may be full.
            of("docr_store_bytes", "95x90", stream="EVENTS")
            | of("docr_store_limit_bytes", "100x90", stream="EVENTS"),
        ],
    ),
    (
        "DocrGatewayErrors",
        {"instance": "a"},
        of("docr_http_requests_total", "0+90x90", method="GET", route="/jobs", status="200")
        | of("docr_http_requests_total", "0+9x90", method="POST", route="/jobs", status="503"),
        [
            of("docr_http_requests_total", "0+96x90", method="GET", route="/jobs", status="200")
            | of("docr_http_requests_total", "0+4x90", method="POST", route="/jobs", status="503")
            | of("docr_http_requests_total", "0+50x90", method="GET", route="none", status="404")
        ],
    ),
]


def promtool(*arguments: str) -> None:
    done = run(tool("promtool"), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_finds_no_mistake_in_its_configuration() -> None:
    promtool("check", "config", str(FOLDER / "prometheus.yml"))


def test_prometheus_understands_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    recorded = [
        {"record": f"panel_{number}", "expr": each} for number, each in enumerate(expressions())
    ]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    promtool("check", "rules", str(file))


def test_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    known = {rule["alert"]: rule for rule in rules()}
    assert [name for name, *_ in CASES] == list(known)
    groups: list[dict[str, Any]] = []
    for name, labels, fires, quiet in CASES:
        alert = {
            "exp_labels": labels | known[name]["labels"],
            "exp_annotations": known[name]["annotations"],
        }
        for series, expected in [(fires, [alert]), *((each, []) for each in quiet)]:
            groups.append(
                {
                    "name": name,
                    "interval": "1m",
                    "input_series": [
                        {"series": key, "values": value} for key, value in series.items()
                    ],
                    "alert_rule_test": [
                        {"eval_time": "60m", "alertname": name, "exp_alerts": expected}
                    ],
                }
            )
    file = tmp_path / "alerts_test.yml"
    file.write_text(
        yaml.safe_dump(
            {
                "rule_files": [str(FOLDER / "alerts.yml")],
                "evaluation_interval": "1m",
                "tests": groups,
            }
        )
    )
    promtool("test", "rules", str(file))


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    for rule in rules():
        assert rule["annotations"].keys() == {"summary", "description"}
        assert rule["labels"]["severity"] in {"page", "warning", "info"}


def test_the_panels_of_the_dashboard_lie_beside_each_other() -> None:
    places: set[tuple[int, int]] = set()
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        own = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not own & places, panel["title"]
        places |= own
        assert {each["datasource"]["uid"] for each in panel["targets"]} == {"${datasource}"}


def test_grafana_finds_the_source_and_the_dashboard_where_they_are_said_to_be() -> None:
    provisioning = FOLDER / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "docr.yml").read_text())[
        "datasources"
    ]
    (variable,) = dashboard()["templating"]["list"]
    assert (source["uid"], source["type"]) == (variable["current"]["value"], variable["query"])
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "docr.yml").read_text())[
        "providers"
    ]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
