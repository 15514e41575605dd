"""The functions of PDFium that are called for every word, without ctypes' look at each argument.

That look takes two thirds of a call. Who calls them gives what PDFium's headers ask for: handles as
they came from pypdfium2, ints, and references to doubles; nothing else is converted.
"""

import ctypes
from typing import Any, Final

import pypdfium2.raw as pdfium


def _unchecked(function: Any, answer: Any = ctypes.c_int) -> Any:
    # The lock of the interpreter is kept: none of them takes longer than giving it away. More
    # arguments than were declared are allowed where C's own calling convention is used.
    address = ctypes.cast(function, ctypes.c_void_p).value or 0  # which no function has
    return ctypes.PYFUNCTYPE(answer)(address)


count_rects: Final = _unchecked(pdfium.FPDFText_CountRects)
get_rect: Final = _unchecked(pdfium.FPDFText_GetRect)
has_unicode_map_error: Final = _unchecked(pdfium.FPDFText_HasUnicodeMapError)
# The address of the text object; None where PDFium knows none.
get_text_object: Final = _unchecked(pdfium.FPDFText_GetTextObject, ctypes.c_void_p)
get_text_render_mode: Final = _unchecked(pdfium.FPDFTextObj_GetTextRenderMode)
