"""`/metrics`, for Prometheus."""

import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Response
from prometheus_client.exposition import gzip_accepted

from ingest.gateway.keys import Authenticated
from ingest.gateway.parts import Gateway
from ingest.gateway.problems import problems

router = APIRouter(tags=["status"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {
            "description": "Metrics, as docs/metrics.md explains them",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/openmetrics-text": {"schema": {"type": "string"}},
            },
        },
        **problems(401, 422),
    },
)
async def metrics(
    gateway: Gateway,
    principal: Authenticated,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
    accept_encoding: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """What operators watch, in Prometheus' text form, or in OpenMetrics if that is asked for. While
    the broker is away, what it knows is missing, and `docr_broker_up` is 0."""
    del principal  # any key will do
    content, media_type = await gateway.metrics.written(accept)
    headers = {"Content-Type": media_type, "Cache-Control": "no-store", "Vary": "Accept-Encoding"}
    if gzip_accepted(accept_encoding):
        content = gzip.compress(content, compresslevel=1)
        headers["Content-Encoding"] = "gzip"
    return Response(content, headers=headers)
