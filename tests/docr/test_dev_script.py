"""`./dev`: when it makes its environment, and when it makes it anew. Installing is a stub's."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEV = Path(__file__).parents[2] / "dev"
# Stands for Python, pip and uv: makes an environment whose command says where it was made.
STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    cp "$0" "$3/bin/uv"
    printf '#!/bin/sh\\necho made in %s\\n' "$3" >"$3/bin/docr"
    chmod +x "$3/bin/docr"
fi
"""


class Checkout:
    def __init__(self, folder: Path, *, calls: Path) -> None:
        self.folder = folder
        self._calls = calls

    def run(self) -> tuple[str, list[str]]:
        """`./dev docr`: what it printed, and what it had installed."""
        self._calls.write_text("")
        stub = self._calls.with_name("stub")
        done = subprocess.run(
            [str(self.folder / "dev"), "docr"],
            env={**os.environ, "PYTHON": str(stub), "CALLS": str(self._calls)},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        calls = self._calls.read_text().splitlines()
        return done.stdout.strip(), [call for call in calls if " -c " not in call]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout whose environment was made by a first call."""
    (tmp_path / "stub").write_text(STUB)
    (tmp_path / "stub").chmod(0o755)
    folder = tmp_path / "a checkout"
    folder.mkdir()
    shutil.copy(DEV, folder)
    (folder / "requirements.lock").write_text("uv==1.0\n")
    (folder / "pyproject.toml").write_text("[project]\n")
    made = Checkout(folder, calls=tmp_path / "calls")
    said, installed = made.run()
    assert said == f"made in {folder}/.venv"
    assert len(installed) == 4
    return made


def test_a_second_call_installs_nothing(checkout: Checkout) -> None:
    assert checkout.run()[1] == []


def test_a_changed_project_is_installed_again_and_nothing_else(checkout: Checkout) -> None:
    (checkout.folder / "pyproject.toml").write_text("[project.scripts]\n")
    (call,) = checkout.run()[1]
    assert call.startswith("uv pip install")
    assert call.endswith(f"-e {checkout.folder}")
    assert checkout.run()[1] == []


def test_a_changed_lock_makes_the_environment_anew(checkout: Checkout) -> None:
    (checkout.folder / "requirements.lock").write_text("uv==2.0\n")
    assert len(checkout.run()[1]) == 4


@pytest.mark.parametrize("how", [shutil.copytree, shutil.move])
def test_a_checkout_in_another_place_gets_an_environment_of_its_own(
    checkout: Checkout, tmp_path: Path, how: object
) -> None:
    assert callable(how)
    how(checkout.folder, tmp_path / "elsewhere")
    other = Checkout(tmp_path / "elsewhere", calls=tmp_path / "calls")
    assert other.run()[0] == f"made in {tmp_path}/elsewhere/.venv"
    assert other.run()[1] == []


def test_a_link_to_a_checkout_is_the_same_checkout(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(checkout.folder)
    assert Checkout(tmp_path / "link", calls=tmp_path / "calls").run()[1] == []
