"""What a command shows on a terminal."""

import os


def shown_on(terminal: int) -> bytes:
    """All that comes to our end of a pseudo-terminal until the other has closed; closes ours."""
    shown = b""
    try:
        while piece := os.read(terminal, 65536):
            shown += piece
    except OSError:  # what Linux says when the other side has closed
        pass
    finally:
        os.close(terminal)
    return shown
