"""Whether models in numbers of 8 bits pay on this processor, and for which weights they can be had.

What a model's numbers range over was measured once on generated pages (bench/activation_ranges.py)
and stands in ranges/NAME.json, by the hash of the weights: for other weights there is none.
"""

import json
import platform
from pathlib import Path
from typing import Final

# (least, most) of each tensor that is to be held in 8 bits.
Ranges = dict[str, tuple[float, float]]

_RANGES: Final = Path(__file__).parent / "ranges"
# Products of 8-bit numbers summed up in one instruction, without overflow on the way: VNNI on x86,
# the dot product on ARM. Without them 8 bits bring little, or need weights of 7.
_FAST_FLAGS: Final = frozenset({"avx512_vnni", "avx_vnni", "asimddp"})


def processor_is_fast_with_them(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this machine has the instructions; False where nothing tells."""
    if platform.system() != "Linux":
        return False
    try:
        text = cpuinfo.read_text(encoding="utf-8")
    except OSError:
        return False
    return any(
        _FAST_FLAGS & set(line.partition(":")[2].split())
        for line in text.splitlines()
        if line.startswith(("flags", "Features"))
    )


def known_ranges(weights_sha256: str) -> Ranges | None:
    """The ranges of these weights, None if they were not measured."""
    for path in sorted(_RANGES.glob("*.json")):
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["weights_sha256"] == weights_sha256:
            return {name: (low, high) for name, (low, high) in held["ranges"].items()}
    return None
