"""A tab as a person has it: Playwright's own keep the bytes of all that came, for who may ask, up
to 100 MB, so that they cannot tell how much memory a page takes."""

import contextlib
import json
from typing import TYPE_CHECKING, Any, Final, cast

from tests.waiting import block_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_PATIENCE_S: Final = 900.0


class PlainTab:
    """Of a browser that Playwright has started, in a context that Playwright knows nothing of.
    Ended by `close`."""

    def __init__(self, browser: "Browser", address: str) -> None:
        self._browser = browser.new_browser_cdp_session()
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked = 0
        self._browser.on("Target.receivedMessageFromTarget", self._told)
        self._context = self._browser.send("Target.createBrowserContext")["browserContextId"]
        target = self._browser.send(
            "Target.createTarget",
            {"url": address, "browserContextId": self._context, "width": 1280, "height": 900},
        )
        attached = self._browser.send(
            "Target.attachToTarget", {"targetId": target["targetId"], "flatten": False}
        )
        self._session = attached["sessionId"]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to a command of the DevTools protocol. Raises:
        RuntimeError for one that is refused."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": params}
        self._browser.send(
            "Target.sendMessageToTarget",
            {"sessionId": self._session, "message": json.dumps(asked)},
        )
        # Events come while something is asked.
        block_until(
            lambda: bool(self._browser.send("Browser.getVersion")) and self._asked in self._answers,
            f"the answer to {method}",
            _PATIENCE_S,
        )
        answer = self._answers.pop(self._asked)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return cast(dict[str, Any], answer["result"])

    def run(self, script: str) -> Any:
        """The value of an expression, or what its promise comes to."""
        told = self.call(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:500])
        return told["result"].get("value")

    def wait_for(self, selector: str) -> None:
        """Until there is such an element, whatever the tab loads meanwhile."""

        def is_there() -> bool:
            with contextlib.suppress(RuntimeError):  # between two pages
                return bool(self.run(f"document.querySelector({json.dumps(selector)}) !== null"))
            return False

        block_until(is_there, f"{selector} in the tab", 300.0)

    def close(self) -> None:
        self._browser.send("Target.disposeBrowserContext", {"browserContextId": self._context})

    def _told(self, event: dict[str, Any]) -> None:
        if event["sessionId"] == self._session:
            message = json.loads(event["message"])
            if "id" in message:
                self._answers[message["id"]] = message
