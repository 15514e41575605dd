"""What is measured: the node's own engine, and others that read pages on a CPU.

Each module but `ours` has a factory for guard.child: settings in, a function from
`{"path"}` to `{"text"}` out. What is not installed raises EngineUnavailable with the remedy.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, get_args

Peer = Literal["paddleocr", "paddle-onednn", "rapidocr", "tesseract"]
PEERS: Final[tuple[Peer, ...]] = get_args(Peer)
OURS: Final = "docr"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One of those that take turns.

    `target` and `settings`: what guard.child starts, `processes` of them, which share the files.
    `handles_bytes`: takes the node's request (image bytes), not a path. `starts_programs`: the
    process merely starts programs, which alone are measured.
    """

    name: str
    title: str
    target: str
    settings: dict[str, Any]
    processes: int = 1
    handles_bytes: bool = False
    starts_programs: bool = False


def peer(
    name: Peer, *, cores: int, threads: int | None, model_dir: Path | None, cache_dir: Path
) -> Subject:
    """A peer as its users run it: with a thread for each of `cores` where it must be told, else
    with `threads`, None for what it takes by itself.

    `model_dir`: weights in Paddle format; `cache_dir`: of those that came with the install.
    """
    settings: dict[str, Any] = {"threads": threads or cores, "cache_dir": str(cache_dir)}
    match name:
        case "paddleocr":
            return Subject(
                name=name,
                title="PaddleOCR, ONNX Runtime",
                target="bench.subjects.paddleocr:serve",
                settings={**settings, "engine": "onnxruntime", "model_dir": ""},
            )
        case "paddle-onednn":
            return Subject(
                name=name,
                title="PaddleOCR, Paddle and oneDNN",
                target="bench.subjects.paddleocr:serve",
                settings={
                    **settings,
                    "engine": "paddle",
                    "model_dir": str(model_dir) if model_dir else "",
                },
            )
        case "rapidocr":
            return Subject(
                name=name,
                title="RapidOCR, OpenVINO",
                target="bench.subjects.rapidocr:serve",
                settings={"threads": threads or 0},
            )
        case "tesseract":
            return Subject(
                name=name,
                title="Tesseract",
                target="bench.subjects.tesseract:serve",
                settings={},
                starts_programs=True,
            )
