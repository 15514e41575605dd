"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version


def product_version() -> str:
    """The release, as installed; 0.0.0 where the files were merely copied."""
    try:
        return version("distributed-ocr")
    except PackageNotFoundError:
        return "0.0.0"
