"""The description of the interface is complete, and true: tried out with what it allows, and with
what it does not."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Final

import httpx

from tests.gateway.conftest import Open, System

# Generated requests an operation, and in which phases: a slice of `./dev describe`.
EXAMPLES: Final = os.environ.get("EXAMPLES", "6")
PHASES: Final = os.environ.get("PHASES", "examples,fuzzing")


async def test_every_answer_is_one_that_the_description_names(
    system: System, gateway: Open, tmp_path: Path
) -> None:
    # No request can know whether a format can be made of what was read: 422 says that it cannot.
    (tmp_path / "schemathesis.toml").write_text(
        "[[operations]]\n"
        "include-path-regex = '/jobs/.job_id./(pdf|hocr|alto|tsv|page)$'\n"
        "checks.positive_data_acceptance.expected-statuses = "
        "['2xx', '401', '403', '404', '409', '422', '5xx']\n"
    )
    key = "admin-key-0123456789"
    address = system.address_of(gateway(OCR_API_KEYS=f"admin:{key}", RATE_JOBS_PER_MINUTE="0"))
    trying = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{address}/openapi.json"),
        *("--checks", "all", "--max-examples", EXAMPLES, "--generation-deterministic"),
        *("--header", f"Authorization: Bearer {key}"),
        # DELETE cancels a job, which can be looked at afterwards: that is the contract.
        *("--exclude-checks", "use_after_free", "--phases", PHASES),
        *("--request-timeout", "30", "--no-color"),
        cwd=tmp_path,
        env={**os.environ, "PYTHONWARNINGS": "default"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await trying.communicate()
    if os.environ.get("PRINT"):
        sys.stderr.write(told.decode())
    assert trying.returncode == 0, told.decode()[-6000:]


async def test_every_operation_has_a_summary_and_names_its_errors(http: httpx.AsyncClient) -> None:
    told = (await http.get("/openapi.json")).json()
    assert {"HTTPBearer", "APIKeyHeader"} <= told["components"]["securitySchemes"].keys()
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            name = f"{method} {path}"
            assert operation.get("summary"), name
            assert operation.get("description"), name
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert "application/problem+json" in answer["content"], f"{name} {status}"
    assert (await http.get("/docs")).status_code == 200
