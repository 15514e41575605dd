"""Makes the secrets of deploy/compose.yaml in a folder; what is there already stays.

make_secrets.py FOLDER [--tenant NAME] [--rotate NAME] [--retire]: keys of the HTTP API, the key
that seals passwords of documents, and as `docr credentials` does it, with the same options: for
each role a seed of its own, for each key of the API a reader of its tenant's endings, and
users.conf, which tells the broker their public halves.
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from contracts.api_keys import ADMIN
from contracts.errors import InvalidOption
from docr.credentials_command import make_credentials

_METRICS = "metrics"


def main(arguments: Sequence[str]) -> str | None:
    """What is wrong; None if nothing is.

    Files may be read by all: a container's user is nobody's user outside. The folder keeps others
    out.
    """
    parser = argparse.ArgumentParser(prog="make_secrets.py")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tenant", action="append", default=[])
    parser.add_argument("--rotate", action="append", default=[])
    parser.add_argument("--retire", action="store_true")
    asked = parser.parse_args(arguments)
    folder: Path = asked.folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        _put(folder / "api_keys", lambda: f"{ADMIN}:{_key()},{_METRICS}:{_key()},first:{_key()}")
        keys = dict(
            each.strip().split(":", 1) for each in (folder / "api_keys").read_text().split(",")
        )
        if _METRICS in keys:
            _put(folder / "metrics_key", lambda: keys[_METRICS])
        _put(folder / "secret_key", _key)
        _put(folder / "grafana_password", _key)
        make_credentials(
            folder,
            tenants=[*asked.tenant, *(name for name in keys if name not in {ADMIN, _METRICS})],
            rotate=asked.rotate,
            retire=asked.retire,
        )
        for made in folder.iterdir():
            if made.is_file():
                made.chmod(0o644)
    except OSError as wrong:
        return f"{wrong.filename}: {wrong.strerror}; name a folder that you may write"
    except ValueError:
        return f"{folder / 'api_keys'} must be NAME:KEY, several of them with commas"
    except InvalidOption as wrong:
        return str(wrong)
    return None


def _key() -> str:
    return secrets.token_hex(24)


def _put(path: Path, make: Callable[[], str]) -> None:
    if not path.exists():
        path.write_text(make())
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
