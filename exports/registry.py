"""The makers of output formats, by format. Imported one at a time: a PDF library is 30 MB."""

from importlib import import_module
from typing import Final, cast

from contracts.errors import FormatUnavailable
from contracts.output_formats import OutputFormat
from exports.exporting import Exporter

# module:function; what is not here is made when the job ends (aggregator/outputs.py).
_MAKERS: Final[dict[OutputFormat, str]] = {
    "pdf": "exports.searchable_pdf:write_pdf",
    "hocr": "exports.hocr:write_hocr",
    "alto": "exports.alto:write_alto",
    "tsv": "exports.tsv:write_tsv",
    "page": "exports.page_xml:write_page_xml",
}


def exporter(output_format: OutputFormat) -> Exporter:
    """Raises: FormatUnavailable for a format that is not made on demand."""
    target = _MAKERS.get(output_format)
    if target is None:
        raise FormatUnavailable(
            f"format {output_format!r} is not made on demand; it is stored when the job ends"
        )
    module, _, function = target.partition(":")
    try:
        return cast(Exporter, getattr(import_module(module), function))
    except ImportError as missing:
        raise FormatUnavailable(
            f"format {output_format!r} cannot be made where the aggregator runs ({missing}); "
            "install distributed-ocr there anew, with all it needs"
        ) from missing
