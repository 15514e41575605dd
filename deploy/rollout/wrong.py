"""What can go wrong, in words for who runs deploy.sh."""


class InventoryWrong(Exception):
    """What stands in the inventory, or beside it, cannot be used; each line one sentence."""


class StepFailed(Exception):
    """A step on a host did not succeed. `lines`: the last of what it said; `remedy`: a sentence."""

    def __init__(self, *, host: str, step: str, lines: list[str], remedy: str) -> None:
        super().__init__(f"{host}: {step} failed")
        self.host = host
        self.step = step
        self.lines = lines
        self.remedy = remedy
