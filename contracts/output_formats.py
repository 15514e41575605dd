"""The forms in which a job's results can be taken away."""

from collections.abc import Iterable
from typing import Final, Literal, get_args

from contracts.errors import InvalidOption

# json: {metrics, results, combined_text, combined_markdown}; jsonl: one entry of `results` a line;
# pdf: the document as it was, with text that can be searched; tsv: Tesseract's columns; page:
# PAGE-XML 2019.
OutputFormat = Literal["text", "markdown", "json", "jsonl", "pdf", "hocr", "alto", "tsv", "page"]
OUTPUT_FORMATS: Final[tuple[OutputFormat, ...]] = get_args(OutputFormat)
# Every job has these when it ends; the others are made from them when somebody asks.
ALWAYS_MADE: Final[tuple[OutputFormat, ...]] = ("text", "markdown", "json", "jsonl")
MADE_WHEN_ASKED: Final[tuple[OutputFormat, ...]] = tuple(
    each for each in OUTPUT_FORMATS if each not in ALWAYS_MADE
)

MEDIA_TYPES: Final[dict[OutputFormat, str]] = {
    "text": "text/plain; charset=utf-8",
    "markdown": "text/markdown; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "pdf": "application/pdf",
    "hocr": "application/xhtml+xml; charset=utf-8",
    "alto": "application/alto+xml; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "page": "application/vnd.prima.page+xml; charset=utf-8",
}
# What a file of the format is called behind the document's name. PAGE holds one page a file, so
# that a document of several pages is a ZIP of them: the exporter says which.
SUFFIXES: Final[dict[OutputFormat, str]] = {
    "text": ".txt",
    "markdown": ".md",
    "json": ".json",
    "jsonl": ".jsonl",
    "pdf": ".pdf",
    "hocr": ".hocr",
    "alto": ".alto.xml",
    "tsv": ".tsv",
    "page": ".page.xml",
}
# Of a format whose file is a ZIP of several.
_ZIPPED: Final[dict[OutputFormat, str]] = {"page": ".page.zip"}
ZIP_MEDIA_TYPE: Final = "application/zip"


def suffixes_of(output_format: OutputFormat) -> tuple[str, ...]:
    """What a file of the format may be called behind the document's name, the usual one first."""
    zipped = _ZIPPED.get(output_format)
    return (SUFFIXES[output_format], *((zipped,) if zipped else ()))


def file_suffix(output_format: OutputFormat, *, head: bytes) -> str:
    """The same for a file that begins with `head`: one that is a ZIP says so by itself."""
    zipped = _ZIPPED.get(output_format)
    return zipped if zipped and head.startswith(b"PK\x03\x04") else SUFFIXES[output_format]


def suffix_of(name: str, output_format: OutputFormat) -> str:
    """The suffix of an output of this name in bucket OUTPUTS."""
    usual, *others = suffixes_of(output_format)
    return next((each for each in others if name.endswith(each)), usual)


def media_type_of(output_format: OutputFormat, *, suffix: str) -> str:
    """The media type of a file of the format with this suffix."""
    return ZIP_MEDIA_TYPE if suffix.endswith(".zip") else MEDIA_TYPES[output_format]


def made_format(name: str) -> OutputFormat:
    """The one format of this name. Raises: InvalidOption."""
    found = checked_formats([name])
    if not found:
        raise InvalidOption(f"no output format is named; choose from: {', '.join(OUTPUT_FORMATS)}")
    return found[0]


def checked_formats(names: Iterable[str]) -> tuple[OutputFormat, ...]:
    """The formats of these names, in our order, each once. Raises: InvalidOption."""
    wanted = {name.strip().lower() for name in names} - {""}
    unknown = sorted(wanted.difference(OUTPUT_FORMATS))
    if unknown:
        raise InvalidOption(
            f"{unknown[0][:80]!r} is no output format; choose from: {', '.join(OUTPUT_FORMATS)}"
        )
    return tuple(each for each in OUTPUT_FORMATS if each in wanted)
