"""What a PDF says about an image, read from the file itself: PDFium does not tell all of it."""

import mmap
import re
from pathlib import Path
from typing import Final

# A dictionary of an image has a few hundred bytes.
_LONGEST_DICTIONARY: Final = 4096
# What streams are looked for by. Those of one scanner begin alike, with the same tables: the rest
# is compared, from the end on, where they differ.
_HEAD_BYTES: Final = 512
# More streams than that which begin alike are made to keep others busy.
_MOST_ALIKE: Final = 20_000
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
        self._last = 0, 0  # begin and end of the stream that was found last
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
        begin = self._place_of(stream)
        if begin is None:
            self._misses += 1
            return None
        self._last = begin, begin + len(stream)
        before = self._file[max(0, begin - _LONGEST_DICTIONARY) : begin]
        # The last object that begins there; another one before it is none of this stream's.
        found = _BEFORE_STREAM.search(before, max(0, before.rfind(b" obj") - 24))
        return None if found is None else found[1]

    def _place_of(self, stream: bytes) -> int | None:
        """Where the stream begins: where the last one did, behind it, or before it."""
        head, tail = stream[:_HEAD_BYTES], stream[-_HEAD_BYTES:]
        size, alike = len(stream), 0
        begin_of_last, after = self._last
        places = (begin_of_last, begin_of_last + len(head)), (after, len(self._file)), (0, after)
        for first, last in places:
            begin = self._file.find(head, first, last)
            while begin >= 0 and alike < _MOST_ALIKE:
                end = begin + size
                if self._file[end - len(tail) : end] == tail and self._file[begin:end] == stream:
                    return begin
                alike += 1
                begin = self._file.find(head, begin + 1, last)
        return None

    def close(self) -> None:
        """Lets go of the file."""
        self._file.close()
