"""A step: a look at a host that changes nothing, and the work that is done if it finds something
missing. Both are functions of one shell script, `look` and `make`, in on_host/."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.rollout.account import Account
from deploy.rollout.inventory import Host
from deploy.rollout.remote import Answer, Connection, assignments
from deploy.rollout.wrong import StepFailed

_SCRIPTS: Final = Path(__file__).parent / "on_host"
_LOOK_S: Final = 120.0
_MAKE_S: Final = 1800.0
# Another run that is at work on the host has to end its step within that.
_ALONE_S: Final = 30
_LAST_LINES: Final = 15
# Exit code of a script that has said itself what is wrong and what to do, in its last line.
_SAID: Final = 3
_ROOT: Final = "/opt/distributed-ocr"


@dataclass(frozen=True, kw_only=True)
class Step:
    """`script`: file in on_host/ with `look`, which prints what is to be done, nothing if nothing
    is, and `make`. `folders`: sent before `make`, by the names under which it finds them in
    $INCOMING; `files`: likewise, texts by their paths. `done`: what to say, in place of what
    `look` printed."""

    name: str
    script: str
    variables: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    remedy: str = "correct what the lines above say, then run deploy.sh again: it goes on there"


class Worker:
    """Does steps on one host."""

    def __init__(
        self, host: Host, connection: Connection, account: Account, *, check: bool
    ) -> None:
        self.host = host
        self.check = check
        self._connection = connection
        self._account = account

    def reach(self) -> None:
        """Raises: StepFailed."""
        answer = self._connection.open()
        if answer.code != 0:
            raise self._failure("reach", answer, _unreached(answer.errors))
        left = Step(name="reach", script="reach.sh")
        if self._look(left):
            self.do(left)

    def ask(self, name: str, script: str, variables: Mapping[str, str] | None = None) -> str:
        """What `look` of a script prints. Raises: StepFailed."""
        return self._look(Step(name=name, script=script, variables=variables or {}))

    def do(self, step: Step) -> bool:
        """Whether something was done, or would be. Raises: StepFailed."""
        missing = self._look(step)
        if not missing:
            self._account.fits(self.host.name, step.name)
            return False
        if self.check:
            self._account.would_change(self.host.name, step.name, missing)
            return True
        began = time.monotonic()
        self.make(step)
        if left := self._look(step):
            raise StepFailed(
                host=self.host.name,
                step=step.name,
                lines=[f"it was done, and still is to do: {left}"],
                remedy="see whether something else on this host undoes it",
            )
        self._account.changed(self.host.name, step.name, missing, time.monotonic() - began)
        return True

    def make(self, step: Step) -> str:
        """Does it without a look; what it printed. Raises: StepFailed."""
        incoming = f"{_ROOT}/incoming-{step.name.replace(' ', '-')}"
        sends = bool(step.folders or step.files)
        try:
            if sends:
                self._send(step, incoming)
            # Also if nobody is there any more to see its end, nothing of what was sent stays.
            gone = f"trap 'rm -rf {incoming}' EXIT; trap 'exit 129' HUP INT TERM; " if sends else ""
            answer = self._run(
                step,
                f"{gone}INCOMING={incoming}; alone {_ALONE_S}; "
                "make 9>&- || { told_if_full; false; }",
                _MAKE_S,
            )
            self._check_answer(step, answer)
        finally:
            if sends:
                self._connection.run(f"rm -rf {incoming}\n", within_s=_LOOK_S)
        return answer.output

    def _send(self, step: Step, incoming: str) -> None:
        with tempfile.TemporaryDirectory(prefix="docr-deploy-") as made:
            for name, text in step.files.items():
                path = Path(made) / "files" / name.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            folders = {**step.folders, **({"files": Path(made) / "files"} if step.files else {})}
            for name, folder in folders.items():
                target = f"{incoming}/{name}"
                opened = self._connection.run(
                    f"umask 077; rm -rf {target}; mkdir -p {_ROOT} && chmod 755 {_ROOT} "
                    f"&& mkdir -p {target}\n",
                    within_s=_LOOK_S,
                )
                self._check_answer(step, opened)
                self._check_answer(step, self._connection.send(folder, target, within_s=_MAKE_S))

    def _look(self, step: Step) -> str:
        answer = self._run(step, "look", _LOOK_S)
        self._check_answer(step, answer)
        return "; ".join(answer.output.split("\n")).strip("; ")

    def _run(self, step: Step, what: str, within_s: float) -> Answer:
        texts = [(_SCRIPTS / name).read_text() for name in ("all.sh", step.script)]
        head = assignments(step.variables)
        return self._connection.run(
            # Defined first and called at the end: what is called has an input of its own.
            "\n".join([head, *texts, f"{{ {what}; exit $?; }} </dev/null\n"]),
            within_s=within_s,
        )

    def _check_answer(self, step: Step, answer: Answer) -> None:
        if answer.code == 0:
            return
        if answer.code == _SAID:
            *lines, remedy = answer.errors.strip().splitlines()
            raise StepFailed(
                host=self.host.name, step=step.name, lines=lines[-_LAST_LINES:], remedy=remedy
            )
        raise self._failure(step.name, answer, step.remedy)

    def _failure(self, step: str, answer: Answer, remedy: str) -> StepFailed:
        lines = [each for each in f"{answer.output}\n{answer.errors}".splitlines() if each.strip()]
        if any("No space left on device" in each for each in lines):
            remedy = "the disk is full: make room on this host, then run deploy.sh again"
        return StepFailed(
            host=self.host.name,
            step=step,
            lines=lines[-_LAST_LINES:] or [f"it ended with code {answer.code} and said nothing"],
            remedy=remedy,
        )


def _unreached(errors: str) -> str:
    text = errors.lower()
    if "permission denied" in text:
        return (
            "the host does not accept this key: put its public half into authorized_keys of that "
            "user there, or name another user or key under ssh in the inventory"
        )
    if "host key" in text or "identification has changed" in text:
        return (
            "the host is not the one of before, or was set up anew: if you know why, remove its "
            "line from known_hosts (ssh-keygen -R ADDRESS)"
        )
    if "no such identity" in text or "identity file" in text:
        return "the key named in the inventory is not there: correct ssh.key"
    if "could not resolve" in text:
        return (
            "no host of that name is known on this machine: correct the host's address in the "
            "inventory, or see that its name can be looked up ('getent hosts NAME')"
        )
    return (
        "the host does not answer: see that it runs, that sshd listens, and that address, port and "
        "firewall are right; 'ssh ADDRESS' by hand tells more"
    )
