"""The inventory as people write it, YAML (JSON is YAML too), and what is wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from deploy.rollout.inventory import Inventory, OwnCertificates
from deploy.rollout.wrong import InventoryWrong
from docr.settings import Settings

# What deploy.sh or a unit sets itself.
_OWN: Final = {
    "NATS_URL": "it follows from the hosts with the role broker, and broker_port",
    "NATS_TLS_CA": "it follows from tls",
    "NATS_CREDS": "it comes from the folder named by credentials",
    "OCR_API_KEYS": "name tenants in api_keys; their keys lie in the folder named by credentials",
    "OCR_SECRET_KEY": "it lies in the folder named by credentials",
    "TEMP_DIR": "systemd makes one for each service",
    "OCR_CACHE_DIR": "systemd makes one",
    "OCR_MODEL_DIR": "name the folder as models, or use --models DIR",
    "WORKER_NAME": "it is the name of the host",
}


# What pydantic says in words of Python.
_IN_WORDS: Final = {
    "extra_forbidden": "there is no such key; deploy/inventory.example.yaml shows which there are",
    "missing": "is missing; deploy/inventory.example.yaml shows it",
    "tuple_type": "must be a list; deploy/inventory.example.yaml shows how",
    "dict_type": "must be keys with values; deploy/inventory.example.yaml shows how",
    "model_type": "must be keys with values; deploy/inventory.example.yaml shows how",
}
_PATTERNS: Final = {
    "name": "must be 1 to 48 letters, digits and hyphens, no hyphen first; take another name",
    "user": "is no user name of Linux; correct it",
    "python": "must be an absolute path without spaces or quotes; correct it",
    "[key]": "settings have names in capital letters; README.md lists them",
}
_OF_VALUES: Final = "must not hold a single quote or a line break; leave that out"


def read_inventory(path: Path) -> Inventory:
    """Relative paths in it count from its own folder. Raises: InventoryWrong."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as wrong:
        raise InventoryWrong(
            f"{path} cannot be read ({wrong.strerror}); name an inventory"
        ) from None
    except UnicodeDecodeError:
        raise InventoryWrong(f"{path} is not a text in UTF-8; name an inventory") from None
    except yaml.YAMLError as wrong:
        mark = getattr(wrong, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        problem = getattr(wrong, "problem", None) or "it is not YAML"
        raise InventoryWrong(f"{path}: {where}{problem}; correct it") from None
    if not isinstance(told, dict):
        raise InventoryWrong(f"{path} holds no hosts; deploy/inventory.example.yaml shows how")
    try:
        inventory = Inventory(**_without_empty(told))
    except (ValidationError, TypeError) as wrong:
        raise InventoryWrong("\n".join(f"{path}: {each}" for each in _sentences(wrong))) from None
    if found := list(_wrong_settings(inventory)):
        raise InventoryWrong("\n".join(f"{path}: {each}" for each in found))
    return _with_paths_from(path.absolute().parent, inventory)


def _without_empty(told: Any) -> Any:
    """Without keys that have nothing below them, or only comments: as if they were left out."""
    if isinstance(told, dict):
        return {key: _without_empty(value) for key, value in told.items() if value is not None}
    return [_without_empty(each) for each in told] if isinstance(told, list) else told


def _sentences(wrong: ValidationError | TypeError) -> Iterator[str]:
    if isinstance(wrong, TypeError):
        yield "keys must be words; deploy/inventory.example.yaml shows which there are"
        return
    told: set[tuple[int | str, ...]] = set()
    for error in wrong.errors():
        # A list that lost its wrong members is too short, of which nobody needs to hear.
        if error["type"] == "too_short" and error["loc"] in told:
            continue
        told |= {error["loc"][:length] for length in range(1, len(error["loc"]))}
        place = ".".join(str(each) for each in error["loc"])
        message = _IN_WORDS.get(error["type"]) or error["msg"].removeprefix("Value error, ")
        if error["type"] == "string_pattern_mismatch":
            of = "name" if error["loc"][0] == "api_keys" else str(error["loc"][-1])
            message = _PATTERNS.get(of, _OF_VALUES)
        elif error["type"] == "too_short":
            message = "is empty; deploy/inventory.example.yaml shows what belongs there"
        yield f"{place}: {message}" if place else message


def _wrong_settings(inventory: Inventory) -> Iterator[str]:
    replicas = inventory.settings.get("NATS_REPLICAS", "1")
    if replicas.isdigit() and int(replicas) > len(inventory.brokers):
        yield (
            f"settings: NATS_REPLICAS is {replicas}, more than there are hosts with the role "
            f"broker ({len(inventory.brokers)}); lower it, or leave it out"
        )
    groups = [("settings", inventory.settings)]
    groups += [(f"role_settings.{role}", each) for role, each in inventory.role_settings.items()]
    groups += [(f"hosts.{host.name}.settings", host.settings) for host in inventory.hosts]
    for place, environment in groups:
        for name in environment:
            if name in _OWN:
                yield f"{place}: {name} is not set here: {_OWN[name]}"
            elif name.lower() not in Settings.model_fields:
                yield f"{place}: there is no setting {name}; README.md lists them"
        yield from (f"{place}: {each}" for each in _wrong_values(environment))


def _wrong_values(environment: dict[str, str]) -> Iterator[str]:
    named: dict[str, Any] = {name.lower(): value for name, value in environment.items() if value}
    try:
        Settings(**named)
    except ValidationError as wrong:
        for error in wrong.errors():
            # Settings also reads the environment of who runs this, which is not our business.
            if (field := str(error["loc"][0])) in named:
                yield f"{field.upper()} is {named[field]!r}: {error['msg']}"


def _with_paths_from(folder: Path, inventory: Inventory) -> Inventory:
    def absolute(path: Path | None) -> Path | None:
        return None if path is None else folder / path.expanduser()

    def reached(ssh: Any) -> Any:
        return ssh.model_copy(
            update={"key": absolute(ssh.key), "known_hosts": absolute(ssh.known_hosts)}
        )

    tls = inventory.tls
    if isinstance(tls, OwnCertificates):
        tls = OwnCertificates(
            ca=folder / tls.ca.expanduser(), folder=folder / tls.folder.expanduser()
        )
    return inventory.model_copy(
        update={
            "tls": tls,
            "credentials": absolute(inventory.credentials),
            "wheelhouse": absolute(inventory.wheelhouse),
            "models": absolute(inventory.models),
            "ssh": reached(inventory.ssh),
            "hosts": tuple(
                host.model_copy(update={"ssh": reached(host.ssh)}) for host in inventory.hosts
            ),
        }
    )
