"""The engine as a node runs it: a guarded child for each, which share the pages."""

from dataclasses import asdict
from typing import Any

from bench.subjects import OURS, Subject
from ocr_node.engine_process import ENGINE_CHILD
from ocr_node.engines import EngineSettings


def ours(engine: EngineSettings, *, engines: int) -> Subject:
    """`engines` processes, each with the threads that `engine` says."""
    return Subject(
        name=OURS,
        title=f"docr, {engines} x {engine.name}",
        target=ENGINE_CHILD,
        settings=as_child_settings(engine),
        processes=engines,
        handles_bytes=True,
    )


def as_child_settings(engine: EngineSettings) -> dict[str, Any]:
    """As a node sends them to its engine's process: paths are text."""
    return {
        **asdict(engine),
        "model_dir": str(engine.model_dir) if engine.model_dir else "",
        "cache_dir": str(engine.cache_dir),
    }
