"""What a PDF says about an image, read from the file itself: PDFium does not tell all of it."""

import mmap
import re
from pathlib import Path
from typing import Final

# A dictionary of an image has a few hundred bytes.
_LONGEST_DICTIONARY: Final = 4096
# Enough of a stream to find it by; the rest is compared then.
_HEAD_BYTES: Final = 512
# In a document whose streams cannot be found (it is encrypted, say) nobody goes on looking.
_MOST_MISSES: Final = 2

# `12 0 obj << ... >> stream`, where the stream begins.
_BEFORE_STREAM: Final = re.compile(rb"\d+\s+\d+\s+obj\s*(<<.*>>)\s*stream\r?\n\Z", re.DOTALL)
# Whatever makes the picture on the page another one than the pixels of the stream.
_CHANGES_PIXELS: Final = re.compile(
    rb"/(SMask|SMaskInData|Mask|ImageMask|Matte|Decode|OC|Alternates|Crypt|F)(?![A-Za-z0-9])"
    # YCbCr is what decoders take three channels for; parameters elsewhere are not looked up.
    rb"|/ColorTransform(?!\s+1\b)|/DecodeParms\s*\[?\s*\d"
)


class StreamDictionaries:
    """Finds streams of one file, which are mostly asked for in the order in which they stand."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._after = 0  # the stream that was found last
        self._misses = 0

    def shows_plain_pixels(self, stream: bytes) -> bool:
        """Whether the image with these bytes is shown as its pixels are, without masks or other
        decoding. False in doubt."""
        dictionary = self._dictionary_of(stream)
        return (
            dictionary is not None
            # Names in other spellings (/De#63ode) and texts are not worth understanding.
            and b"#" not in dictionary
            and b"(" not in dictionary
            and _CHANGES_PIXELS.search(dictionary) is None
        )

    def _dictionary_of(self, stream: bytes) -> bytes | None:
        if self._misses >= _MOST_MISSES:
            return None
        begin = self._file.find(stream[:_HEAD_BYTES], self._after)
        if begin < 0:
            begin = self._file.find(stream[:_HEAD_BYTES], 0, self._after)
        if begin < 0:
            self._misses += 1
            return None
        if self._file[begin : begin + len(stream)] != stream:
            return None
        self._after = begin
        before = self._file[max(0, begin - _LONGEST_DICTIONARY) : begin]
        # The last object that begins there; another one before it is none of this stream's.
        found = _BEFORE_STREAM.search(before, max(0, before.rfind(b" obj") - 24))
        return None if found is None else found[1]

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
