"""Chromium's own viewer of PDFs, driven over the pipe of its DevTools protocol."""

import json
import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

CHROMIUM: Final = shutil.which("chromium") or shutil.which("google-chrome")
# Of a machine that does much else.
_PATIENCE_S: Final = 60.0
_LOADED: Final = """(async () => {
    for (;;) {
        const viewer = document.querySelector('pdf-viewer');
        if (viewer && viewer.loadState_ === 'success') return true;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
})()"""
_MIDDLE: Final = """(() => {
    const page = document.querySelector('pdf-viewer').viewport_.getPageScreenRect(0);
    return [page.x + page.width / 2, page.y + page.height / 2].join();
})()"""
_SELECTED: Final = """(async () => {
    for (;;) {
        const told = await document.querySelector('pdf-viewer').currentController.getSelectedText();
        if (told.selectedText.trim() === WANTED) return true;
        await new Promise(resolve => setTimeout(resolve, 50));
    }
})()"""


class Viewer:
    """An open PDF."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._number, self._pending = 0, b""
        self._page = self._frame = ""

    def open(self, pdf: Path) -> None:
        """Shows the first page. Raises: TimeoutError if this Chromium has no viewer."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._page = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call(
            "Target.setAutoAttach",
            session=self._page,
            autoAttach=True,
            waitForDebuggerOnStart=False,
            flatten=True,
        )
        self._call("Page.navigate", session=self._page, url=f"{pdf.as_uri()}#toolbar=0&navpanes=0")
        while not self._frame:
            self._receive()
        self._evaluate(_LOADED)

    def selects_in_the_middle(self, text: str) -> bool:
        """Whether three clicks in the middle of the page select it. Raises: TimeoutError if not."""
        x, y = self._evaluate(_MIDDLE).split(",")
        for click in (1, 2, 3):
            for kind in ("mousePressed", "mouseReleased"):
                self._call(
                    "Input.dispatchMouseEvent",
                    session=self._page,
                    type=kind,
                    x=float(x),
                    y=float(y),
                    button="left",
                    clickCount=click,
                )
        return bool(self._evaluate(_SELECTED.replace("WANTED", json.dumps(text))))

    def _evaluate(self, expression: str) -> Any:
        answer = self._call(
            "Runtime.evaluate", session=self._frame, expression=expression, awaitPromise=True
        )
        return answer["result"].get("value")

    def _call(self, method: str, *, session: str = "", **params: object) -> dict[str, Any]:
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if session:
            command["sessionId"] = session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while (message := self._receive()).get("id") != self._number:
            pass
        result: dict[str, Any] = message.get("result", {})
        return result

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._pending:
            if not select.select([self._answers], [], [], _PATIENCE_S)[0]:
                raise TimeoutError("Chromium does not answer")
            read = os.read(self._answers, 1 << 20)
            if not read:
                raise TimeoutError("Chromium has ended")
            self._pending += read
        first, _, self._pending = self._pending.partition(b"\0")
        message: dict[str, Any] = json.loads(first)
        if message.get("method") == "Target.attachedToTarget":
            told = message["params"]
            if told["targetInfo"]["type"] == "iframe":
                self._frame = told["sessionId"]
        return message


@contextmanager
def viewer(folder: Path) -> Iterator[Viewer]:
    """A Chromium with a profile in `folder`; it has ended when the context is left."""
    commands_out, commands = os.pipe()
    answers, answers_in = os.pipe()
    flags = (
        "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
        "--window-size=1000,800 --remote-debugging-pipe about:blank"
    )
    process = subprocess.Popen(
        [
            "/bin/bash",
            "-c",
            f'exec "$0" --user-data-dir="$1" {flags} 3<&{commands_out} 4>&{answers_in}',
            str(CHROMIUM),
            str(folder / "profile"),
        ],
        pass_fds=(commands_out, answers_in),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(commands_out)
    os.close(answers_in)
    try:
        yield Viewer(commands, answers)
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE_S)
        os.close(commands)
        os.close(answers)
