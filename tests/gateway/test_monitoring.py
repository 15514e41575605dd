"""What alerts and the dashboard ask for is what a running system tells."""

import re

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.monitoring import expressions, selectors
from tests.documents import pdf
from tests.gateway.test_jobs_over_http import ended

# Values that only come up when something is wrong.
RARE = {("status", "5..")}


async def test_every_metric_that_is_asked_for_is_told(http: httpx.AsyncClient) -> None:
    job_id = (await http.post("/jobs?dpi=72", content=pdf(1))).json()["job_id"]
    await ended(http, job_id)
    text = (await http.get("/metrics")).text
    told: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            told.setdefault(sample.name, []).append(sample.labels)
    asked = [each for expression in expressions() for each in selectors(expression)]
    assert len({name for name, _ in asked}) > 15
    for name, labels in asked:
        assert name in told
        for label, pattern in labels.items():
            values = {sample[label] for sample in told[name]}
            if (label, pattern) not in RARE:
                for choice in pattern.split("|"):
                    assert any(re.fullmatch(choice, value) for value in values), (name, choice)
