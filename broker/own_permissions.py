"""What the broker lets this connection's user do, asked for: a refusal shows as a time-out only."""

import json
from dataclasses import dataclass
from typing import Any, Final

import nats.errors

from broker.connection import Broker
from broker.failures import in_our_words
from broker.roles import Role
from broker.users_conf import covers
from contracts.errors import BrokerUnsuitable

_ASKED: Final = "$SYS.REQ.USER.INFO"
_ANSWER_S: Final = 3.0
_SHOWN: Final = 3


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """Subjects that may be published to and subscribed to; None: all that `denied` leaves."""

    publish: tuple[str, ...] | None
    subscribe: tuple[str, ...] | None
    denied: tuple[str, ...] = ()

    @property
    def is_unlimited(self) -> bool:
        """Whether nothing is kept from this user."""
        return self.publish is None and self.subscribe is None and not self.denied

    def may_publish(self, subject: str) -> bool:
        return _within(self.publish, subject) and not _within(self.denied, subject)

    def missing_for(self, role: Role) -> list[str]:
        """What the role needs, and this user may not."""
        return [
            *(each for each in role.asks if not self.may_publish(each)),
            *(each for each in (*role.hears, *role.answers) if not _within(self.subscribe, each)),
        ]


async def own_permissions(broker: Broker) -> Permissions | None:
    """None if the broker does not say. Raises: BrokerUnavailable."""
    with in_our_words("asking what this user may do"):
        try:
            answer = await broker.client.request(_ASKED, b"", timeout=_ANSWER_S)
        except (nats.errors.TimeoutError, nats.errors.NoRespondersError):
            return None
    told: dict[str, Any] = json.loads(answer.data or b"{}").get("data") or {}
    given: dict[str, Any] = told.get("permissions") or {}
    publish, subscribe = given.get("publish") or {}, given.get("subscribe") or {}
    return Permissions(
        publish=tuple(publish["allow"]) if publish.get("allow") else None,
        subscribe=tuple(subscribe["allow"]) if subscribe.get("allow") else None,
        denied=tuple(publish.get("deny") or ()),
    )


async def must_be_allowed(broker: Broker, role: Role) -> None:
    """Raises: BrokerUnsuitable if this user may not do what the role needs; BrokerUnavailable."""
    permissions = await own_permissions(broker)
    missing = permissions.missing_for(role) if permissions is not None else []
    if missing:
        raise BrokerUnsuitable(not_allowed(role, missing))


def not_allowed(role: Role, missing: list[str]) -> str:
    """The sentence for what a role needs, and its user may not."""
    shown = ", ".join(missing[:_SHOWN])
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return (
        f"this user of the broker may not use {shown}{more}, which {role.name} needs; set "
        f"NATS_CREDS to {role.name}.nk, or make users.conf anew with this release's 'docr "
        "credentials' and reload the broker"
    )


def _within(patterns: tuple[str, ...] | None, subject: str) -> bool:
    return patterns is None or any(covers(each, subject) for each in patterns)
