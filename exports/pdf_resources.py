"""Makes a font known to a page under a name of its own."""

from typing import Final

import pikepdf
from pikepdf import Dictionary

_NAME: Final = "OCR"


def font_name(page: pikepdf.Page, font: pikepdf.Object) -> str:
    """A name without slash that is free in the page's resources, or that of the font there."""
    resources = page.obj.get("/Resources")
    fonts = resources.get("/Font") if isinstance(resources, Dictionary) else None
    if not isinstance(fonts, Dictionary):
        return _NAME
    name, number = _NAME, 0
    while f"/{name}" in fonts and not _is(fonts[f"/{name}"], font):
        number += 1
        name = f"{_NAME}{number}"
    return name


def add_font(page: pikepdf.Page, font: pikepdf.Object, *, name: str) -> None:
    """Adds the font to the page's resources.

    Resources that pages share get it once: one font more in them changes nothing for the others.
    """
    if not isinstance(page.obj.get("/Resources"), Dictionary):
        page.obj.Resources = Dictionary()
    resources = page.obj.Resources
    if not isinstance(resources.get("/Font"), Dictionary):
        resources.Font = Dictionary()
    resources.Font[f"/{name}"] = font


def _is(one: object, other: pikepdf.Object) -> bool:
    return isinstance(one, pikepdf.Object) and one.objgen == other.objgen
