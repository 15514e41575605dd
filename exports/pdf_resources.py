"""Makes a font known to a page under a name of its own."""

import pikepdf
from pikepdf import Dictionary


def font_name(page: pikepdf.Page, font: pikepdf.Object, *, wanted: str) -> str:
    """The font's name in the page's resources, without the slash: `wanted` or, where that is taken,
    with a number behind it."""
    resources = page.obj.get("/Resources")
    fonts = resources.get("/Font") if isinstance(resources, Dictionary) else None
    if not isinstance(fonts, Dictionary):
        return wanted
    name, number = wanted, 0
    while f"/{name}" in fonts and not _is(fonts[f"/{name}"], font):
        number += 1
        name = f"{wanted}_{number}"
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
