"""Kinds of image that Pillow can decode, once it is told which decoder fits."""

import importlib
import warnings
from typing import Final

from PIL import Image, TiffImagePlugin

_LITTLE: Final = b"II"
_BIG: Final = b"MM"
_Kind = tuple[bytes, int, tuple[int], int, tuple[int, ...], tuple[int, ...]]
# As Pillow has them: byte order, photometric interpretation (0: counted from white), sample format
# (1: unsigned, 2: signed, 3: floating point), fill order, bits, extra samples.
_KINDS: Final[dict[_Kind, tuple[str, str]]] = {
    (_LITTLE, 0, (1,), 1, (32,), ()): ("I", "I;32N"),
    (_BIG, 0, (1,), 1, (32,), ()): ("I", "I;32N"),
    (_BIG, 1, (1,), 1, (32,), ()): ("I", "I;32N"),
    (_LITTLE, 0, (2,), 1, (16,), ()): ("I", "I;16S"),
    (_BIG, 0, (2,), 1, (16,), ()): ("I", "I;16S"),
    (_BIG, 1, (2,), 1, (16,), ()): ("I", "I;16S"),
    (_BIG, 1, (2,), 1, (32,), ()): ("I", "I;32S"),
    (_LITTLE, 0, (3,), 1, (64,), ()): ("F", "F;64NF"),
    (_BIG, 0, (3,), 1, (64,), ()): ("F", "F;64NF"),
    (_LITTLE, 1, (3,), 1, (64,), ()): ("F", "F;64NF"),
    (_BIG, 1, (3,), 1, (64,), ()): ("F", "F;64NF"),
}


def know_more_kinds() -> None:
    """Tells Pillow of kinds of TIFF, and not to warn; doing so again changes nothing."""
    # Of bombs it warns at half of the bound at which it refuses them, ...
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    # ... and of metadata that is broken: the pixels may be whole all the same.
    warnings.simplefilter("ignore", UserWarning)
    # Its own reader takes planes of 16 bits for planes of 8; libtiff does not. What libtiff gives
    # is in this machine's own order of bytes, whatever the file's is.
    TiffImagePlugin.READ_LIBTIFF = True
    TiffImagePlugin.OPEN_INFO.update(_KINDS)


def know_heic() -> bool:
    """Whether the extra `heic` is installed; makes Pillow know it."""
    try:
        importlib.import_module("pillow_heif").register_heif_opener()
    except ImportError:
        return False
    return True
