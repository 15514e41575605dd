"""One connection to each host, by the command `ssh`: scripts and folders go in on its input, so
that nothing secret stands on a command line."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final

from deploy.rollout.inventory import Host, Ssh

_CONNECT_S: Final = 10


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a script said and how it ended; code 255: the connection did not hold."""

    code: int
    output: str
    errors: str


class Connection:
    """To one host, kept open until `close`. `folder`: where its control socket lies."""

    def __init__(self, host: Host, ssh: Ssh, *, folder: Path) -> None:
        self._sudo = ssh.user not in (None, "root")
        options = {
            "BatchMode": "yes",
            "ConnectTimeout": str(_CONNECT_S),
            "ServerAliveInterval": "10",
            "ServerAliveCountMax": "3",
            "StrictHostKeyChecking": "accept-new",
            "ControlPath": str(folder / f"{host.name}.sock"),
            "LogLevel": "ERROR",
        }
        if ssh.key is not None:
            options |= {"IdentityFile": str(ssh.key), "IdentitiesOnly": "yes"}
        if ssh.known_hosts is not None:
            options["UserKnownHostsFile"] = str(ssh.known_hosts)
        arguments = ["ssh", *(f"-o{name}={value}" for name, value in options.items())]
        if ssh.port is not None:
            arguments += ["-p", str(ssh.port)]
        if ssh.user is not None:
            arguments += ["-l", ssh.user]
        self._arguments = arguments
        self._address = host.address

    def open(self) -> Answer:
        """Connects; code 0 if that went well."""
        # The process that stays keeps what it is given as its errors: a file, not a pipe.
        with tempfile.TemporaryFile() as errors:
            try:
                code = subprocess.run(
                    [*self._arguments, "-oControlMaster=yes", "-fN", self._address],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=errors,
                    timeout=3 * _CONNECT_S,
                    check=False,
                ).returncode
            except subprocess.TimeoutExpired:
                return Answer(code=255, output="", errors=f"no answer for {3 * _CONNECT_S} s")
            errors.seek(0)
            return Answer(code=code, output="", errors=errors.read().decode(errors="replace"))

    def run(self, script: str, *, within_s: float) -> Answer:
        """Runs a script for sh as root; its input is empty."""
        return self._finish(self._start("sh -s", None), script.encode(), within_s)

    def send(self, folder: Path, target: str, *, within_s: float) -> Answer:
        """Puts all that is in the folder into the folder `target`, which is there."""
        tar = subprocess.Popen(
            ["tar", "-C", str(folder), "--owner=0", "--group=0", "-cf", "-", "."],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with tar:
            ssh = self._start(f"tar -x -f - -C {quote(target)}", tar.stdout)
            if tar.stdout is not None:
                tar.stdout.close()
            return self._finish(ssh, None, within_s)

    def close(self) -> None:
        """Ends the connection, if there is one."""
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                [*self._arguments, "-Oexit", self._address],
                capture_output=True,
                timeout=_CONNECT_S,
                check=False,
            )

    def _start(self, command: str, stdin: object) -> subprocess.Popen[bytes]:
        started: subprocess.Popen[bytes] = subprocess.Popen(
            [
                *self._arguments,
                "-oControlMaster=no",
                self._address,
                f"sudo -n {command}" if self._sudo else command,
            ],
            stdin=subprocess.PIPE if stdin is None else stdin,  # type: ignore[call-overload]
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        return started

    def _finish(self, ssh: subprocess.Popen[bytes], given: bytes | None, within_s: float) -> Answer:
        with ssh:
            try:
                output, errors = ssh.communicate(given, timeout=within_s)
            except subprocess.TimeoutExpired:
                os.killpg(ssh.pid, signal.SIGKILL)
                output, errors = ssh.communicate()
                errors += f"\nno end after {within_s:g} s".encode()
        return Answer(
            code=ssh.returncode,
            output=output.decode(errors="replace"),
            errors=errors.decode(errors="replace"),
        )


def assignments(variables: Mapping[str, str]) -> str:
    """As they stand at the head of a script."""
    return "".join(f"{name}={quote(value)}\n" for name, value in variables.items())
