"""What reads pages, and which languages."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from contracts.errors import InvalidOption
from contracts.job_options import MAX_DPI, MIN_DPI
from contracts.languages import script_of
from ocr_node.engines import EngineName


class ReadingSettings(BaseSettings):
    """What reads pages, and which languages."""

    ocr_engine: Annotated[EngineName, Field(description="what reads the pages")] = "onnxruntime"
    ocr_model_dir: Annotated[
        Path | None,
        Field(
            description="folder with models *_det and *_rec, in place of or beside those of the "
            "install"
        ),
    ] = None
    ocr_language: Annotated[str, Field(description="language of documents that name none")] = "en"
    ocr_languages: Annotated[
        str,
        Field(description="languages that this machine reads, with commas; empty: all at hand"),
    ] = ""
    ocr_offline: Annotated[
        bool, Field(description="true: no model is ever fetched, whatever OCR_LANGUAGES names")
    ] = False
    ocr_eight_bits: Annotated[
        bool,
        Field(
            description="models in numbers of 8 bits where the processor is fast with them, else "
            "with fewer channels; engine onnxruntime only"
        ),
    ] = True
    ocr_cpu_threads: Annotated[
        int, Field(ge=0, le=256, description="threads of one engine; 0: cores shared evenly")
    ] = 0
    enable_mkldnn: Annotated[bool, Field(description="oneDNN, engine paddle only")] = True
    ocr_cache_dir: Annotated[Path, Field(description="where models are kept between starts")] = (
        Path("~/.cache/distributed-ocr")
    )
    ocr_echo_delay_ms: Annotated[
        int, Field(ge=0, le=3_600_000, description="ms that engine echo takes for a page")
    ] = 0
    ocr_echo_faults: Annotated[
        str, Field(description="faults of engine echo by page number: kill:3,hang:5,raise:7,eat:9")
    ] = ""
    default_dpi: Annotated[
        int, Field(ge=MIN_DPI, le=MAX_DPI, description="dots per inch at which PDFs are rendered")
    ] = 200

    @field_validator("ocr_language")
    @classmethod
    def _language_is_known(cls, language: str) -> str:
        try:
            script_of(language)
        except InvalidOption as wrong:
            raise InvalidOption(f"OCR_LANGUAGE is wrong: {wrong}") from None
        return language

    @field_validator("ocr_languages")
    @classmethod
    def _languages_are_known(cls, languages: str) -> str:
        names = [name for each in languages.split(",") if (name := each.strip())]
        for name in names:
            try:
                script_of(name)
            except InvalidOption as wrong:
                raise InvalidOption(f"OCR_LANGUAGES is wrong: {wrong}") from None
        return ",".join(names)

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of OCR_LANGUAGES."""
        return tuple(filter(None, self.ocr_languages.split(",")))
