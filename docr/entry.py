"""What the command `docr` runs first: nothing is imported before signals and streams are in order.

`docr.cli` takes half a second to import: a Ctrl-C meanwhile must not end in a traceback.
"""

import os
import signal
import sys
from typing import Final

_MODES: Final = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def main() -> None:
    """Runs the command line."""
    # Not where it is ignored, as for jobs in the background of a script.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _open_closed_streams()
    # Pydantic would read the entry points of every installed package, and so would our children:
    # a tenth of a start. Whoever has a plugin sets this to nothing.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

    from guard.rare_collection import while_loading  # noqa: PLC0415 - see above

    while_loading()
    if sys.argv[1:2] == ["run"]:
        from docr.early_engines import begin  # noqa: PLC0415 - see above

        begin(sys.argv[2:])
    from docr.cli import main as run  # noqa: PLC0415 - see above

    run()


def _open_closed_streams() -> None:
    """Puts /dev/null where a shell has closed a stream (`2>&-`): the next file to be opened would
    take its number, and get what is written to it."""
    for number, (name, mode) in enumerate(_MODES):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one.
            os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, mode, closefd=False))
    # Without this, a name that the terminal's encoding lacks is an error.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
