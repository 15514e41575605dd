"""What users see on stdout and stderr: nothing raw in it, and no reason for work to fail."""

import os
import re
import sys
from typing import Final

from contracts.errors import OcrError

# What moves the cursor, starts a new line, turns the direction of writing, or is no character: file
# names may hold all of it.
_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_UNDECODED: Final = range(0xDC80, 0xDD00)  # how Python keeps bytes of a name that are not UTF-8


class StdoutLost(OcrError):
    """Nobody can read what is printed. Raised once a process: all later output goes nowhere."""

    def __init__(self, wrong: OSError) -> None:
        super().__init__(
            f"stdout cannot be written ({wrong.strerror}); check the disk or program it goes to"
        )
        # Who closes a pipe, as `head` does, has seen enough.
        self.is_worth_telling = not isinstance(wrong, BrokenPipeError)


def printable(text: str) -> str:
    """The text in one line, with all that a terminal would act upon in escapes."""
    return _UNSAFE.sub(_escape, text)


def printable_json(json_text: str) -> str:
    """The same JSON value, with all that a terminal would act upon in escapes."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json_text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code in _UNDECODED:
        return f"\\x{code - 0xDC00:02x}"
    return found[0].encode("unicode_escape").decode("ascii")


def say(sentence: str) -> None:
    """Tells the user something on stderr."""
    tell(f"docr: {sentence}")


def tell(line: str) -> None:
    """Writes a line to stderr, if that can be written."""
    try:
        sys.stderr.write(f"{printable(line)}\n")
    except OSError:
        _let_go(2)


def print_out(text: str) -> None:
    """Writes text, of which names are printable, to stdout. Raises: StdoutLost."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as wrong:
        _let_go(1)
        raise StdoutLost(wrong) from wrong


def print_if_possible(text: str) -> bool:
    """Writes text to stdout where that is not the main thing, and says so if nobody gets it;
    whether it was written."""
    try:
        print_out(text)
    except StdoutLost as lost:
        if lost.is_worth_telling:
            say(str(lost))
        return False
    return True


def print_bytes(content: bytes) -> None:
    """Writes bytes as they are to stdout. Raises: StdoutLost."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as wrong:
        _let_go(1)
        raise StdoutLost(wrong) from wrong


def _let_go(stream: int) -> None:
    """Sends a stream nowhere: what is in its buffer would fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)
