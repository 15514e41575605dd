"""Takes the invisible text of an earlier OCR off a page, so that no word is found twice."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Stream

from exports.pdf_font import compressed
from exports.pdf_hidden_operators import Stays, without_invisible_text

# Larger contents are drawings, or a trap: text that OCR lays under a page takes 0.1 MB at most, and
# parsed operators take thirty times their bytes.
_MOST_BYTES: Final = 4_000_000
# LZW makes at most 1,365 bytes of one; the other filters are bounded by qpdf.
_MOST_LZW_BYTES: Final = _MOST_BYTES // 1_365
_DEEPEST_FORM: Final = 8
_MOST_FORMS: Final = 1_000  # of one dictionary of resources
_SETS_INVISIBLE: Final = re.compile(rb"(?<![\d.])3\s+Tr(?![A-Za-z])")
_ABOUT_BYTES: Final = {"/Length", "/Filter", "/DecodeParms", "/F", "/FFilter", "/FDecodeParms"}
# What pikepdf raises on objects that are not what they should be.
DAMAGE: Final = (
    pikepdf.PikepdfError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    ArithmeticError,
)


class HiddenText:
    """Cleans pages of one document; a form XObject that several of them draw is cleaned once.

    What cannot be read (damaged, or larger than a text layer is) stays as it was.
    """

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._cleaned: dict[tuple[int, int], Object | None] = {}

    def remove(self, page: pikepdf.Page, *, stays: Stays | None = None) -> None:
        """Removes invisible text from the page and the forms that it draws.

        `stays`: of which text begins where it says so nothing is removed; forms are kept then,
        since what they show has no place of its own. Streams and resources are not changed, for
        other pages may share them: the page gets others.
        """
        with _bounded_decoding():
            if stays is None:
                resources = self._clean_resources(page.obj.get("/Resources"), depth=0)
                if resources is not None:
                    page.obj.Resources = resources
            content = _content_of(page.obj.get("/Contents"))
            clean = self._clean(content, stays or _nothing_stays)
            if clean is not None:
                page.obj.Contents = compressed(self._pdf, clean)

    def _clean(self, content: bytes | None, stays: Stays) -> bytes | None:
        """None if there is no invisible text in it."""
        if content is None or not _SETS_INVISIBLE.search(content):
            return None
        try:
            # In a document of its own: what is parsed goes with it.
            with pikepdf.new() as scratch:
                instructions = pikepdf.parse_content_stream(scratch.make_stream(content))
                kept = without_invisible_text(instructions, stays=stays)
                return None if kept is None else pikepdf.unparse_content_stream(kept)
        except DAMAGE:
            return None

    def _clean_resources(self, resources: object, *, depth: int) -> Object | None:
        """A copy with clean forms; None if there is nothing to clean."""
        if not isinstance(resources, Dictionary) or depth > _DEEPEST_FORM:
            return None
        objects = resources.get("/XObject")
        if not isinstance(objects, Dictionary) or len(objects) > _MOST_FORMS:
            return None
        clean = {
            name: form
            for name, each in objects.items()
            if isinstance(each, Stream)
            and each.get("/Subtype") == Name.Form
            and (form := self._clean_form(each, depth=depth)) is not None
        }
        if not clean:
            return None
        copy, copied_objects = resources.copy(), objects.copy()
        for name, form in clean.items():
            copied_objects[name] = form
        copy.XObject = copied_objects
        return copy

    def _clean_form(self, form: Stream, *, depth: int) -> Object | None:
        if form.objgen in self._cleaned:
            return self._cleaned[form.objgen]
        self._cleaned[form.objgen] = None  # one that draws itself ends here
        resources = self._clean_resources(form.get("/Resources"), depth=depth + 1)
        content = _content_of(form)
        clean = self._clean(content, _nothing_stays)
        if content is None or (clean is None and resources is None):
            return None
        copy = compressed(self._pdf, content if clean is None else clean)
        for key, value in form.stream_dict.items():
            if key not in _ABOUT_BYTES:
                copy[key] = value
        if resources is not None:
            copy.Resources = resources
        self._cleaned[form.objgen] = copy
        return copy


def _nothing_stays(_x: float, _y: float) -> bool:
    return False


def _content_of(contents: object) -> bytes | None:
    """The decoded bytes of a stream, or of an array of them; None if they cannot be had."""
    streams = list(contents) if isinstance(contents, Array) else [contents]
    parts, size = [], 0
    try:
        for stream in streams:
            if not isinstance(stream, Stream) or _may_be_too_large(stream):
                return None
            parts.append(stream.read_bytes())
            size += len(parts[-1])
            if size > _MOST_BYTES:
                return None
    except DAMAGE:
        return None
    # An operator does not reach over the end of a stream.
    return b"\n".join(parts)


def _may_be_too_large(stream: Stream) -> bool:
    filters = stream.get("/Filter")
    names = [str(each) for each in filters] if isinstance(filters, Array) else [str(filters)]
    size = len(stream.read_raw_bytes())
    return size > (_MOST_LZW_BYTES if {"/LZWDecode", "/LZW"} & {*names} else _MOST_BYTES)


@contextmanager
def _bounded_decoding() -> Iterator[None]:
    """qpdf's limits are the process's: put back afterwards."""
    before = pikepdf.settings.set_qpdf_limits(
        flate_max_memory=_MOST_BYTES,
        run_length_max_memory=_MOST_BYTES,
        png_max_memory=_MOST_BYTES,
        tiff_max_memory=_MOST_BYTES,
        max_stream_filters=4,
    )
    try:
        yield
    finally:
        pikepdf.settings.set_qpdf_limits(**before)  # type: ignore[arg-type]
