"""users.conf: accounts and users of a broker, for nats-server to include. No secret is in it."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from broker.roles import BY_NAME, OPERATOR, READER, ROLES, Role, reader_hears
from contracts import subjects, topology

STREAMS_ACCOUNT: Final = "OCR"
# Requests of these are answered with many messages, all others with one.
_MANY: Final = tuple(
    f"$JS.API.CONSUMER.MSG.NEXT.{each}.*" for each in (topology.RESULTS, topology.EVENTS)
)
# Where the answers go that cross accounts: the server makes these up, and they cannot be guessed.
_ANSWERS: Final = "_R_.>"
_USER_INFO: Final = "$SYS.REQ.USER.INFO"
_INBOX: Final = "_INBOX.>"
_HEAD: Final = """\
# Written by 'docr credentials': accounts and users of the broker, by role. Public keys only.
# Include it beside nats-server.conf; 'nats-server --signal reload' after each change.
"""


def account_of(role: str) -> str:
    """The account of a role's users. What reads and writes streams has an account of its own; so
    no answer can be led to a subject that its asker may not publish to."""
    return STREAMS_ACCOUNT if role == OPERATOR else role.upper()


def users_conf(keys: Mapping[str, Sequence[str]]) -> str:
    """The file. `keys`: public keys by user: a role's name, or reader-TENANT."""
    tenants = [name.removeprefix(f"{READER}-") for name in keys if name.startswith(f"{READER}-")]
    accounts = [
        _account(
            STREAMS_ACCOUNT,
            jetstream=True,
            users=[_user(key) for key in keys.get(OPERATOR, ())],
            exports=_exports(),
            imports=[
                _import("service", account_of(role.name), subject)
                for role in ROLES
                for subject in role.answers
            ],
        ),
        *(_of_role(role, keys.get(role.name, ())) for role in ROLES),
        _account(
            account_of(READER),
            users=[
                _user(key, hears=(reader_hears(tenant),))
                for tenant in tenants
                for key in keys[f"{READER}-{tenant}"]
            ],
            imports=[_import("stream", STREAMS_ACCOUNT, subjects.DONE_OF_ALL)],
        ),
    ]
    return f"{_HEAD}accounts {{\n{''.join(accounts)}}}\n"


def _of_role(role: Role, keys: Sequence[str]) -> str:
    asks = (*dict.fromkeys(role.asks), _USER_INFO, *((_ANSWERS,) if role.answers else ()))
    return _account(
        account_of(role.name),
        users=[_user(key, asks=asks, hears=(_INBOX, *role.hears, *role.answers)) for key in keys],
        exports=[
            _service(subject, _askers(subject), many=subject.startswith("$SRV."))
            for subject in role.answers
        ],
        imports=[
            *(
                _import("service", _provider(subject), subject)
                for subject in dict.fromkeys(role.asks)
            ),
            *(_import("stream", STREAMS_ACCOUNT, subject) for subject in role.hears),
        ],
    )


def _exports() -> list[str]:
    asked = {
        subject: [account_of(role.name) for role in ROLES if subject in role.asks]
        for role in ROLES
        for subject in role.asks
        if _provider(subject) == STREAMS_ACCOUNT
    }
    heard = {
        subject: [account_of(role.name) for role in ROLES if subject in role.hears]
        for role in ROLES
        for subject in role.hears
    }
    heard[subjects.DONE_OF_ALL] = [account_of(READER)]
    return [
        *(_service(subject, by, many=subject in _MANY) for subject, by in asked.items()),
        *(
            f"{{ stream: {_quoted(subject)}, accounts: {_list(by)} }}"
            for subject, by in heard.items()
        ),
    ]


def _provider(subject: str) -> str:
    """The account that answers there."""
    for role in ROLES:
        if any(covers(pattern, subject) for pattern in role.answers):
            return account_of(role.name)
    return STREAMS_ACCOUNT


def _askers(pattern: str) -> list[str]:
    """The accounts that may ask for what is answered there."""
    askers = [
        account_of(role.name)
        for role in ROLES
        if any(covers(pattern, subject) for subject in role.asks)
    ]
    return [STREAMS_ACCOUNT, *askers]


def covers(pattern: str, subject: str) -> bool:
    """Whether a subject, or all that another pattern stands for, is within a pattern."""
    wanted, given = pattern.split("."), subject.split(".")
    for at, word in enumerate(wanted):
        if word == ">":
            return len(given) > at
        if at >= len(given) or given[at] == ">" or word not in {"*", given[at]}:
            return False
    return len(wanted) == len(given)


def _account(
    name: str,
    *,
    users: Sequence[str],
    exports: Sequence[str] = (),
    imports: Sequence[str] = (),
    jetstream: bool = False,
) -> str:
    lines = [f"  {name} {{\n"]
    if jetstream:
        lines.append("    jetstream: enabled\n")
    for what, entries in (("users", users), ("exports", exports), ("imports", imports)):
        if entries:
            inside = "".join(f"      {each}\n" for each in entries)
            lines.append(f"    {what}: [\n{inside}    ]\n")
    return "".join([*lines, "  }\n"])


def _user(
    key: str, *, asks: Sequence[str] | None = None, hears: Sequence[str] | None = None
) -> str:
    if hears is None:
        return f"{{ nkey: {key} }}"
    may_publish = f"allow: {_list(asks)}" if asks else 'deny: ">"'
    return (
        f"{{ nkey: {key}, permissions: {{ publish: {{ {may_publish} }}, "
        f"subscribe: {{ allow: {_list(hears)} }} }} }}"
    )


def _service(subject: str, by: Sequence[str], *, many: bool) -> str:
    kind = ", response_type: stream" if many else ""
    return f"{{ service: {_quoted(subject)}{kind}, accounts: {_list(by)} }}"


def _import(kind: str, account: str, subject: str) -> str:
    return f"{{ {kind}: {{ account: {account}, subject: {_quoted(subject)} }} }}"


def _list(items: Sequence[str] | None) -> str:
    return json.dumps(list(items or ()))


def _quoted(text: str) -> str:
    return json.dumps(text)


def is_user(name: str) -> bool:
    """Whether users of that name can be made: a role, or reader-TENANT."""
    return name == OPERATOR or name in BY_NAME or name.startswith(f"{READER}-")
