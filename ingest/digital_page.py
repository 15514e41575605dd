"""A PDF page as its text layer tells it: what can be trusted, and what is to be done with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_
from typing import TYPE_CHECKING

import pypdfium2

from ingest.layer_text import looks_like_language
from ingest.page_frame import PageFrame
from ingest.page_objects import objects_of, share_of
from ingest.text_boxes import Box
from ingest.text_layer import LayerWord, TextLayer
from ingest.trust import Choice, Facts, decide

if TYPE_CHECKING:
    from contracts.pages import Line

_POINTS_PER_INCH = 72.0


@dataclass(frozen=True, kw_only=True)
class Examined:
    """`lines`: those that can be trusted, or all of them in mode `text`; in PDFium's order."""

    choice: Choice
    lines: "tuple[Line, ...]" = ()
    facts: Facts = field(default_factory=lambda: Facts(any_ink=True))


def examine(page: pypdfium2.PdfPage, *, dpi: int) -> Examined:
    """Mode `auto`: measures and decides. Raises: PdfiumError."""
    objects = objects_of(page)
    if objects.objects == 0:
        # Annotations that show something have become objects (ingest.form_fields).
        return Examined(choice="blank", facts=Facts(any_ink=False))
    with TextLayer(page) as layer:
        words = _on_page(layer.words(), page.get_bbox())
        beneath = objects.beneath
        shown = [
            word
            for word in words
            if not word.run.hidden and (not beneath or word.object_address not in beneath)
        ]
        facts = Facts(
            any_ink=True,
            hidden=len(words) - len(shown),
            chars=sum([word.chars for word in shown]),
            unmapped_chars=sum([word.unmapped for word in shown]),
        )
        if not shown and (objects.pictures or words):
            # A scan, whose picture is not worth drawing twice.
            return Examined(choice="ocr", facts=facts)
        from ingest.page_ink import SmallPicture  # noqa: PLC0415 - NumPy, which scans do without

        ink = SmallPicture(page).ink([word.box for word in shown], objects.pictures)
        on_ink = list(compress(shown, ink.under_word))
        off_ink = list(compress(shown, map(not_, ink.under_word)))
        unmapped = [word for word in on_ink if word.unmapped]
        known = [word for word in on_ink if not word.unmapped] if unmapped else on_ink
        facts = replace(
            facts,
            any_ink=ink.any,
            on_ink=len(on_ink),
            off_ink=sum(not layer.fill_is_light(word) for word in off_ink),
            unmapped=len(unmapped),
            torn=sum(word.unmapped < word.chars or word.unmapped > 1 for word in unmapped),
            like_language=looks_like_language([word.text for word in known]),
            stray_shapes=ink.stray,
            picture_share=ink.picture_share,
            picture_steps=ink.picture_steps,
        )
    choice = decide(facts)
    if choice in {"ocr", "blank"}:
        return Examined(choice=choice, facts=facts)
    frame = PageFrame.of(page, scale=dpi / _POINTS_PER_INCH)
    return Examined(choice=choice, lines=_lines(known, frame), facts=facts)


def text_only(page: pypdfium2.PdfPage, *, dpi: int) -> Examined:
    """Mode `text`: whatever text layer there is, hidden or not, as far as it is mapped. A page
    that draws nothing at all is blank. Raises: PdfiumError."""
    with TextLayer(page) as layer:
        words = [word for word in _on_page(layer.words(), page.get_bbox()) if not word.unmapped]
    frame = PageFrame.of(page, scale=dpi / _POINTS_PER_INCH)
    lines = _lines(words, frame)
    if not lines and pypdfium2.raw.FPDFPage_CountObjects(page) == 0:
        return Examined(choice="blank", facts=Facts(any_ink=False))
    return Examined(choice="text_layer", lines=lines)


def _lines(words: Sequence[LayerWord], frame: PageFrame) -> "tuple[Line, ...]":
    from ingest.copies import once  # noqa: PLC0415 - NumPy and pydantic, as above
    from ingest.layer_lines import lines_of  # noqa: PLC0415

    return tuple(lines_of(once(words), frame))


def _on_page(words: Sequence[LayerWord], page_box: Box) -> list[LayerWord]:
    """Words of which at least half is to be seen."""
    left, bottom, right, top = page_box
    return [
        word
        for word in words
        if (word.box[0] >= left and word.box[2] <= right and word.box[1] >= bottom
            and word.box[3] <= top)
        or share_of(word.box, page_box) >= 0.5
    ]  # fmt: skip
