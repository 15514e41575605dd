"""The gateway as an ASGI application."""

from typing import Any, Final

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.utils import get_openapi

from contracts.option_headers import HEADER_PASSWORD
from ingest.gateway import (
    event_routes,
    job_routes,
    metrics_routes,
    output_routes,
    problems,
    status_routes,
    sync_routes,
)
from ingest.gateway.head import AnswersHead
from ingest.gateway.headers import SafeHeaders
from ingest.gateway.known_names import only_known_parameters
from ingest.gateway.own_pages import OwnPagesOnly
from ingest.gateway.parts import Parts
from ingest.gateway.stopping import SaysItStops
from ingest.gateway.upload import OPTIONS
from ingest.gateway.web import (
    again_routes,
    dead_routes,
    file_routes,
    operation_routes,
    page_routes,
    session_routes,
)

_TITLE: Final = "distributed-ocr"
_ABOUT: Final = (
    "Hand in scanned documents, follow them, and take away text, Markdown and exact metrics. "
    "Every error is an RFC 9457 problem document whose `detail` says what to do."
)


def application(parts: Parts) -> FastAPI:
    """All routes, over these parts."""
    app = FastAPI(
        title=_TITLE,
        version=parts.settings.version,
        description=_ABOUT,
        docs_url=None,  # its page comes from elsewhere; ours is one of ingest.gateway.web
        redoc_url=None,
        dependencies=[Depends(only_known_parameters)],
    )
    app.router.redirect_slashes = False
    app.state.parts = parts
    app.state.keys = parts.settings.keys
    problems.install(app)
    for routes in (
        sync_routes,
        job_routes,
        event_routes,
        output_routes,
        status_routes,
        metrics_routes,
        file_routes,
        session_routes,
        page_routes,
        dead_routes,
        again_routes,
        operation_routes,
    ):
        app.include_router(routes.router)
    app.add_middleware(AnswersHead)
    if parts.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=parts.settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "DELETE"],
            allow_headers=[
                "Authorization",
                "X-API-Key",
                "Idempotency-Key",
                "Last-Event-ID",
                "If-None-Match",
                "If-Range",
                "Range",
                *OPTIONS.values(),
                HEADER_PASSWORD,
                "traceparent",
                "tracestate",
            ],
            expose_headers=[
                "Location",
                "X-Job-Id",
                "ETag",
                "Retry-After",
                "traceparent",
                "Content-Range",
                "Content-Disposition",
            ],
        )
    settings = parts.settings
    if not settings.keys.are_asked_for:
        app.add_middleware(
            OwnPagesOnly,
            host=settings.host,
            origins=settings.cors_origins,
            for_all=settings.keys.are_settled,
        )
    app.add_middleware(SafeHeaders)
    app.add_middleware(SaysItStops)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The description of the interface, with the one shape that all errors have."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        parts = schema.setdefault("components", {}).setdefault("schemas", {})
        parts["Problem"] = problems.Problem.model_json_schema()
        for name in ("HTTPValidationError", "ValidationError"):
            parts.pop(name, None)
        for path in schema["paths"].values():
            for operation in path.values():
                if "security" in operation and not app.state.keys.are_asked_for:
                    operation["security"].append({})  # nobody needs one
                told = operation["responses"].get("422", {})
                if "application/json" in told.get("content", {}):
                    operation["responses"].update({"422": dict(problems.problems(422)[422])})
        app.openapi_schema = schema
    return app.openapi_schema
