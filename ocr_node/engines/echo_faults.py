"""The faults that engine `echo` is asked to suffer, by page: what a setting says, read."""

from typing import Final, Literal, get_args

from contracts.errors import InvalidOption

Fault = Literal["kill", "hang", "raise", "eat"]
_FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)


def parse_faults(text: str) -> dict[int, Fault]:
    """Reads `kill:3,hang:5,raise:7,eat:9` (setting OCR_ECHO_FAULTS) as page index -> fault.

    The numbers are page numbers, from 1. Raises: InvalidOption.
    """
    faults: dict[int, Fault] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = part.partition(":")
        known = next((fault for fault in _FAULTS if fault == name), None)
        if known is None or not (number.isascii() and number.isdecimal() and int(number) > 0):
            raise InvalidOption(
                f"OCR_ECHO_FAULTS {text!r} cannot be read; write faults with page numbers, like "
                f"kill:3,hang:5 (faults: {', '.join(_FAULTS)})"
            )
        faults[int(number) - 1] = known
    return faults
