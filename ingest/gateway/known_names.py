"""A parameter that is spelled wrong must not be one that silently does nothing."""

from collections.abc import Collection
from typing import Final

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from contracts.option_headers import nearest
from ingest.gateway.problems import Refused

# Of those who hand in a document: it belongs where no log and no history keeps it.
PASSWORD_FIELD: Final = "password"  # noqa: S105 - its name
_NOT_IN_AN_ADDRESS: Final = (
    "a password does not belong into an address, which logs and histories keep; send it as field "
    "'password' of the form, or in header Ocr-Password, and take another one for the document"
)
_BY_ADDRESS_ONLY: Final = frozenset({"job_id", "detach"})


async def only_known_parameters(request: Request) -> None:
    """A dependency of all routes. Raises: Refused for a query parameter that the route has not."""
    given = request.query_params.keys()
    if not given:
        return
    if PASSWORD_FIELD in given:
        raise Refused(422, _NOT_IN_AN_ADDRESS)
    route = request.scope.get("route")
    known = _parameters_of(route) if isinstance(route, APIRoute) else set()
    for name in given:
        if name not in known:
            raise Refused(422, f"parameter {name[:80]!r} is not known here; {_all(name, known)}")


def check_field(name: str, known: Collection[str]) -> None:
    """Raises: Refused for a field of a form that is none of the known ones."""
    if name in _BY_ADDRESS_ONLY:
        raise Refused(
            422,
            f"'{name}' must be known before the document; send it in the address (?{name}=...), "
            "not in the form",
        )
    if name not in known:
        raise Refused(422, f"field {name[:80]!r} of the form is not known; {_all(name, known)}")


def _all(name: str, known: Collection[str]) -> str:
    return nearest(name, known) if known else "this address takes none"


def _parameters_of(route: APIRoute) -> set[str]:
    declared = _declared(route.dependant)
    described = (route.openapi_extra or {}).get("parameters", [])
    return declared | {each["name"] for each in described if each["in"] == "query"}


def _declared(dependant: Dependant) -> set[str]:
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_declared(each) for each in dependant.dependencies))
