"""Every setting of the system: its environment name, default, unit and range, in one place."""

import os
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError, field_validator
from pydantic_settings import SettingsConfigDict

from contracts.errors import InvalidOption
from docr.settings.broker import BrokerSettings
from docr.settings.doors import DoorSettings
from docr.settings.reading import ReadingSettings
from docr.settings.work import WorkSettings


# Told in the order of the bases from the last one on.
class Settings(WorkSettings, ReadingSettings, DoorSettings, BrokerSettings):
    """Read once, at the start of a command, from the environment. See `load_settings`."""

    # Empty counts as not set, as shells and compose files have it.
    model_config = SettingsConfigDict(
        env_ignore_empty=True, frozen=True, extra="ignore", allow_inf_nan=False
    )

    @field_validator(
        "ocr_cache_dir",
        "temp_dir",
        "ocr_model_dir",
        "nats_tls_ca",
        "tls_cert_file",
        "tls_key_file",
        "alive_file",
    )
    @classmethod
    def _home_is_expanded(cls, path: Path | None) -> Path | None:
        return path.expanduser() if path is not None else None


def load_settings(**overrides: Any) -> Settings:
    """The environment's settings, with what the command line says on top (None: nothing).

    What the environment does not name may stand in a file of that name in the folder SECRETS_DIR:
    so containers get their secrets. Raises: InvalidOption naming the setting, what it is and what
    it may be.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    secrets = os.environ.get("SECRETS_DIR") or None
    if secrets is not None and not Path(secrets).is_dir():
        raise InvalidOption(
            f"SECRETS_DIR names {secrets}, which is no folder; mount the secrets there, or leave "
            "it out"
        )
    try:
        return Settings(_secrets_dir=secrets, **given)
    except ValidationError as wrong:
        raise InvalidOption("; ".join(_sentence(error) for error in wrong.errors())) from None


_LIMITS: Final = {"ge": "at least {}", "gt": "more than {}", "le": "at most {}"}
_KINDS: Final = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "string_pattern_mismatch": "1 to 48 letters, digits, hyphens and underscores",
}


def _sentence(error: Any) -> str:
    field = str(error["loc"][0])
    about = Settings.model_fields[field].description or ""
    context = error.get("ctx", {})
    limits = [text.format(context[name]) for name, text in _LIMITS.items() if name in context]
    if error["type"] == "literal_error":
        limits = [f"one of {context['expected'].replace(chr(39), '')}"]
    needs = limits[0] if limits else _KINDS.get(error["type"], error["msg"])
    return (
        f"{field.upper()} is {str(error['input'])[:80]!r}, but must be {needs} ({about}); "
        "correct it or leave it out"
    )
