"""Checks of this machine: cores, memory, folders, models."""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from broker.release import release
from contracts.errors import OcrError
from contracts.languages import scripts_of
from docr import machine
from docr.capacity import capacity
from docr.doctor.finding import Finding, good, noted, problem
from docr.node_languages import engine_settings
from docr.settings import Settings
from ocr_node.engines.recognition_models import missing_models, served_languages

_GB: Final = 2**30
# A document that is being rendered and a job's outputs that are being assembled lie there.
_LEAST_TEMP_BYTES: Final = 2**30
# Models that were fitted to the processor, and those of other languages.
_LEAST_CACHE_BYTES: Final = 2**29


def look_at_machine(settings: Settings) -> Iterator[Finding]:
    """What this machine has for engines and services."""
    yield good("release", f"distributed-ocr {release()}, Python {platform.python_version()}")
    yield _engines(settings)
    yield _folder("TEMP_DIR", settings.temp_dir, least=_LEAST_TEMP_BYTES)
    yield _cache(settings.ocr_cache_dir)
    yield from _models(settings)


def _engines(settings: Settings) -> Finding:
    has_gb = machine.memory_bytes() / _GB
    try:
        share = capacity(settings, nodes=None)
    except OcrError as wrong:
        return problem("engines", str(wrong))
    text = (
        f"{machine.cores()} cores and {has_gb:.1f} GB of memory: docr node starts "
        f"{share.nodes} engines of {share.threads_per_node} threads"
    )
    if has_gb < 2:
        return problem("engines", f"{text}; an engine needs 1.5 GB, give the machine more")
    return good("engines", text)


def _folder(setting: str, folder: Path, *, least: int) -> Finding:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return problem(
            setting, f"{folder} cannot be written by this user; set {setting} to a folder that can"
        )
    free = shutil.disk_usage(there).free
    text = f"{folder} has {free / _GB:.1f} GB free"
    if free < least:
        return problem(
            setting, f"{text}; {least / _GB:.1f} GB are needed, make room or set {setting}"
        )
    return good(setting, text)


def _cache(folder: Path) -> Finding:
    # As images have it: all that would be written is there (ocr_node/engines/fit_ahead.py).
    if any(folder.glob("fitted/*.onnx")) and not os.access(folder, os.W_OK):
        return good("OCR_CACHE_DIR", f"{folder} holds fitted models, and is only read")
    return _folder("OCR_CACHE_DIR", folder, least=_LEAST_CACHE_BYTES)


def _models(settings: Settings) -> Iterator[Finding]:
    wanted = engine_settings(settings)
    try:
        languages = served_languages(wanted)
        missing = missing_models(wanted)
    except OcrError as wrong:
        yield problem("models", str(wrong))
        return
    if settings.ocr_engine == "echo":
        yield noted("engine", "echo: it reads nothing, and is for tests; leave OCR_ENGINE out")
    scripts = ", ".join(scripts_of(languages))
    yield good("models", f"{settings.ocr_engine} reads {len(languages)} languages ({scripts})")
    for name, language in missing.items():
        remedy = (
            "put it into OCR_MODEL_DIR (docs/languages.md), since OCR_OFFLINE is true"
            if settings.ocr_offline
            else "docr node fetches it at its start"
        )
        text = f"language {language!r} needs model {name}, which is not here; {remedy}"
        yield problem("models", text) if settings.ocr_offline else noted("models", text)
