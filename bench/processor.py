"""What the processor of this machine is called, and which instructions matter to models."""

import contextlib
import platform
from pathlib import Path
from typing import Final

# As Linux names them: vectors of 256 and 512 bits, 8-bit products, tiles.
_TELLING: Final = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm")


def processor() -> str:
    """Like "AMD EPYC 7B13, avx2"."""
    name, flags = platform.machine(), set[str]()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(errors="replace").splitlines():
            field, _, value = line.partition(":")
            match field.strip():
                case "model name":
                    name = value.strip()
                case "flags" | "Features":
                    flags |= set(value.split())
    return ", ".join((name, *(each for each in _TELLING if each in flags)))
