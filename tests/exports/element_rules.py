"""What a format allows of an element, in short: checked everywhere, with or without its schema."""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`children`: a regular expression of their names, each with a space behind it."""

    children: str = ""
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def rule(children: str = "", required: str = "", optional: str = "") -> Rule:
    return Rule(
        children=children,
        required=frozenset(required.split()),
        optional=frozenset(optional.split()),
    )


_SCHEMA_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_PLACE: Final = "HPOS VPOS WIDTH HEIGHT"

# Of ALTO 4.3 and 4.4, what we write.
ALTO: Final = {
    "alto": rule("Description Layout ", "", f"SCHEMAVERSION {_SCHEMA_LOCATION}"),
    "Description": rule("MeasurementUnit sourceImageInformation (OCRProcessing )?"),
    "MeasurementUnit": rule(),
    "sourceImageInformation": rule("fileName "),
    "fileName": rule(),
    "OCRProcessing": rule("ocrProcessingStep ", "ID"),
    "ocrProcessingStep": rule(
        "(processingDateTime )?(processingStepSettings )?(processingSoftware )?"
    ),
    "processingDateTime": rule(),
    "processingStepSettings": rule(),
    "processingSoftware": rule("(softwareName )?(softwareVersion )?"),
    "softwareName": rule(),
    "softwareVersion": rule(),
    "Layout": rule("(Page )+"),
    "Page": rule(
        "(PrintSpace )?", "ID PHYSICAL_IMG_NR", "WIDTH HEIGHT QUALITY_DETAIL PROCESSING PC"
    ),
    "PrintSpace": rule("(ComposedBlock )*", "", _PLACE),
    "ComposedBlock": rule("(TextBlock )*", "ID", _PLACE),
    "TextBlock": rule("(TextLine )*", "ID", f"{_PLACE} ROTATION LANG BASEDIRECTION"),
    "TextLine": rule("(Shape )?(String (SP )?)+(HYP )?", "", f"{_PLACE} ID BASELINE BASEDIRECTION"),
    "String": rule("(Shape )?", "CONTENT", f"{_PLACE} ID WC"),
    "SP": rule("", "", _PLACE),
    "HYP": rule("", "CONTENT", _PLACE),
    "Shape": rule("Polygon "),
    "Polygon": rule("", "POINTS"),
}

_LANGUAGE: Final = "primaryLanguage primaryScript"
# Of PAGE 2019-07-15, what we write.
PAGE: Final = {
    "PcGts": rule("Metadata Page ", "", _SCHEMA_LOCATION),
    "Metadata": rule("Creator Created LastChange (Comments )?"),
    "Creator": rule(),
    "Created": rule(),
    "LastChange": rule(),
    "Comments": rule(),
    "Page": rule(
        "(ReadingOrder )?(TextRegion )*",
        "imageFilename imageWidth imageHeight",
        f"imageXResolution imageYResolution imageResolutionUnit conf orientation {_LANGUAGE}",
    ),
    "ReadingOrder": rule("OrderedGroup "),
    "OrderedGroup": rule("(RegionRefIndexed )+", "id"),
    "RegionRefIndexed": rule("", "index regionRef"),
    "TextRegion": rule("Coords (TextLine )*(TextEquiv )*", "id", "type readingDirection"),
    "TextLine": rule("Coords (Baseline )?(Word )*(TextEquiv )*", "id", "readingDirection"),
    "Word": rule("Coords (TextEquiv )*", "id"),
    "Coords": rule("", "points"),
    "Baseline": rule("", "points"),
    "TextEquiv": rule("Unicode ", "", "conf"),
    "Unicode": rule(),
}


def broken_rules(root: etree.Element, rules: dict[str, Rule]) -> list[str]:
    """In words, each place where a document is not as the rules say."""
    broken: list[str] = []
    identities: list[str] = []
    for made in root.iter(etree.Element):
        tag = etree.QName(made).localname
        if (rule := rules.get(tag)) is None:
            broken.append(f"no element {tag}")
            continue
        children = "".join(f"{etree.QName(each).localname} " for each in made.iterchildren("*"))
        if re.fullmatch(rule.children, children) is None:
            broken.append(f"{tag} holds {children}")
        given = frozenset(made.attrib)
        if not rule.required <= given <= rule.required | rule.optional:
            broken.append(f"{tag} has {sorted(given)}")
        identities += [made.get(name) for name in ("ID", "id") if name in given]
    if len(set(identities)) < len(identities):
        broken.append("an ID stands twice")
    broken += [
        f"no {made.get(name)} to refer to"
        for name in ("regionRef", "PROCESSING")
        for made in root.iter(etree.Element)
        if name in made.attrib and made.get(name) not in identities
    ]
    return broken
