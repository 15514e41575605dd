"""Tables as text for stdout: in colour and as wide as the terminal, if it is one."""

import io
from collections.abc import Callable
from typing import Final

from rich.console import Console

# Nothing is cut or wrapped where a program may read it.
_WIDE_COLUMNS: Final = 400


def drawn(draw: Callable[[Console], None]) -> str:
    """What `draw` prints to the console that it gets."""
    stdout = Console()
    text = io.StringIO()
    terminal = stdout.is_terminal
    draw(
        Console(
            file=text,
            force_terminal=terminal,
            color_system="auto" if terminal else None,
            width=stdout.width if terminal else _WIDE_COLUMNS,
            highlight=False,
        )
    )
    return text.getvalue()
