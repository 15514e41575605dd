"""Lines between the process that finds them and the one that sends them: as JSON, which pydantic
writes and reads without a Python object for each number."""

from typing import Final

from pydantic import TypeAdapter

from contracts.pages import Line

LINES: Final = TypeAdapter(tuple[Line, ...])
