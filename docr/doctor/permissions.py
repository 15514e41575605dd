"""What the user of the broker may do, and whether that is what its role needs."""

from broker.connection import Broker
from broker.own_permissions import not_allowed, own_permissions
from broker.roles import ROLES
from docr.doctor.finding import Finding, good, noted, problem

_ABOUT = "permissions"


async def look_at_permissions(broker: Broker) -> tuple[Finding, bool]:
    """The finding, and whether this user may look at the rest of the system.

    Raises: BrokerUnavailable."""
    permissions = await own_permissions(broker)
    if permissions is None:
        return noted(_ABOUT, "the broker does not tell what this user may do"), True
    if permissions.is_unlimited:
        return good(_ABOUT, "this user may do everything, as operators do"), True
    missing = {role: permissions.missing_for(role) for role in ROLES}
    # Of roles that it could all be, the one that needs most.
    role = min(ROLES, key=lambda each: (len(missing[each]) / len(each.asks), -len(each.asks)))
    if missing[role]:
        return problem(_ABOUT, not_allowed(role, missing[role])), False
    about = (
        f"this user is {role.name}, and may do all that {role.name} needs; to look at the rest, "
        "set NATS_CREDS to operator.nk"
    )
    return noted(_ABOUT, about), False
