"""The published schemas, where somebody has put them: their licences keep them out of here.

EXPORT_SCHEMAS names a folder with alto-4-4.xsd (or an earlier one of version 4) and xlink.xsd, from
github.com/altoxml/schema and loc.gov, and pagecontent.xsd, from github.com/PRImA-Research-Lab. The
sdist of kraken 4.3 has all three in tests/resources; the wheel `ocrd` has the last as page.xsd.
"""

import importlib.util
import os
from pathlib import Path

import pytest
from lxml import etree

_XLINK = "http://www.w3.org/1999/xlink"


class _BesideIt(etree.Resolver):  # type: ignore[misc]  # lxml has no types
    """Finds what a schema imports from the network beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def resolve(self, url: str, _public_id: str | None, context: object) -> object:
        return self.resolve_filename(str(self._folder / Path(url).name), context)


def schema(*names: str) -> etree.XMLSchema:
    """The first schema of these names that is at hand; skips the test where there is none."""
    folders = [Path(given)] if (given := os.environ.get("EXPORT_SCHEMAS")) else []
    if (found := importlib.util.find_spec("ocrd_validators")) and found.origin:
        folders.append(Path(found.origin).parent)
    for folder in folders:
        for name in names:
            if (folder / name).exists():
                parser = etree.XMLParser(no_network=True)
                parser.resolvers.add(_BesideIt(folder))
                return etree.XMLSchema(etree.parse(folder / name, parser))
    pytest.skip(f"no {names[0]} at hand: set EXPORT_SCHEMAS to a folder that has it")


def complaints(checked_by: etree.XMLSchema, document: bytes) -> list[str]:
    """What the schema has against a document."""
    checked_by.validate(etree.fromstring(document))
    return [str(error) for error in checked_by.error_log]
