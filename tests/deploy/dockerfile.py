"""What deploy/docker/Dockerfile says, stage by stage."""

import json
import re
import shlex
from dataclasses import dataclass, field

from tests.deploy.tools import DEPLOY


@dataclass
class Stage:
    """`instructions`: (name, value) in order, with those of the stage that it begins from."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all_of(self, name: str) -> list[str]:
        return [value for each, value in self.instructions if each == name]

    def last(self, name: str) -> str:
        return self.all_of(name)[-1]

    def words(self, name: str) -> list[str]:
        """Of an instruction whose value is a JSON list."""
        words: list[str] = json.loads(self.last(name))
        return words

    def health_check(self) -> list[str]:
        words: list[str] = json.loads(self.last("HEALTHCHECK").partition("CMD")[2])
        return words

    def environment(self) -> dict[str, str]:
        return dict(
            word.split("=", 1) for value in self.all_of("ENV") for word in shlex.split(value)
        )

    def lists(self) -> list[str]:
        """The lists of packages that it installs."""
        found = [re.findall(r"install\.sh ([a-z][a-z -]*)", run) for run in self.all_of("RUN")]
        return [name for lists in found for each in lists for name in each.split()]


def stages() -> dict[str, Stage]:
    """By name."""
    text = (DEPLOY / "docker" / "Dockerfile").read_text()
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    found: dict[str, Stage] = {}
    stage = Stage(base="")
    for line in filter(str.strip, lines):
        name, _, value = line.strip().partition(" ")
        if name == "FROM":
            base, _, called = value.partition(" AS ")
            stage = found[called] = Stage(base=base)
            stage.instructions += found[base].instructions if base in found else []
        else:
            stage.instructions.append((name, value.strip()))
    return found
