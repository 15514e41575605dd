"""The text of all pages of a document, in one font."""

import pikepdf

from contracts.pages import PageSucceeded
from exports.pdf_font import GlyphlessFont, compressed
from exports.pdf_geometry import px_to_page
from exports.pdf_glyphless import FACES, Face
from exports.pdf_meaningless_text import silence
from exports.pdf_resources import add_font, font_name
from exports.pdf_text_layer import text_layer
from exports.pdf_visible_text import VisibleText


class TextLayers:
    """Adds text to one page after the other; `finish` writes the font that all of it shows."""

    def __init__(self, pdf: pikepdf.Pdf) -> None:
        self._pdf = pdf
        self._font = GlyphlessFont()
        # Pages refer to them from the first one on; what no page uses is not written.
        self._fonts = {face: pdf.make_indirect(pikepdf.Dictionary()) for face in FACES}
        self._used: set[Face] = set()

    def add(
        self, page: pikepdf.Page, result: PageSucceeded, *, visible: VisibleText | None = None
    ) -> None:
        """Adds the lines that were read; those of the page's own text layer are there already.

        `visible`: what pages say by themselves. Raises: pdf_hidden_text.DAMAGE on a page that is
        not what a page should be.
        """
        mapped = px_to_page(page, width_px=result.width_px, height_px=result.height_px)
        if visible is None:
            lines, is_silent = tuple(line for line in result.lines if line.source == "ocr"), False
        else:
            lines, is_silent = visible.to_lay(result, px_to_page=mapped)
        names = {
            face: font_name(page, font, wanted=face.name) for face, font in self._fonts.items()
        }
        content, faces = text_layer(
            lines,
            px_to_page=mapped,
            font=self._font,
            names=names,
        )
        if not content:
            return
        for face in faces:
            add_font(page, self._fonts[face], name=names[face])
        self._used |= faces
        if is_silent:
            silence(page, self._pdf)
        # In front: there the state of graphics is the one that a page begins with.
        page.contents_add(compressed(self._pdf, content), prepend=True)

    def finish(self) -> None:
        """To be called once, after the last page."""
        self._font.add_to(self._pdf, {face: self._fonts[face] for face in self._used})
