"""The key that seals passwords of documents, where nobody has set one."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from contracts.errors import InvalidOption
from docr.settings import Settings

_NAME: Final = "secret.key"
_BYTES: Final = 32


def with_key_for_a_run(settings: Settings) -> Settings:
    """A key that nobody knows, for a system that ends with its command."""
    return _with_key(settings, secrets.token_urlsafe(_BYTES))


def with_kept_key(settings: Settings, folder: Path) -> Settings:
    """OCR_SECRET_KEY, or else a key that is kept in the data folder: what was sealed before a
    restart is opened after it. Raises: InvalidOption if it can be neither read nor written."""
    if settings.ocr_secret_key.get_secret_value():
        return settings
    path = folder / _NAME
    try:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(_BYTES))
        return _with_key(settings, path.read_text().strip())
    except (OSError, UnicodeDecodeError) as wrong:
        raise InvalidOption(
            f"the key in {path} can be neither read nor made ({wrong}); see to its permissions, "
            "or set OCR_SECRET_KEY"
        ) from wrong


def _with_key(settings: Settings, key: str) -> Settings:
    return settings.model_copy(update={"ocr_secret_key": SecretStr(key)})
