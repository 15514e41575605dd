"""The OCR engines that a node can run, by the names that setting OCR_ENGINE takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from contracts.errors import EngineUnavailable
from ocr_node.engine import Engine

EngineName = Literal["onnxruntime", "paddle", "echo"]
ENGINE_NAMES: Final[tuple[EngineName, ...]] = ("onnxruntime", "paddle", "echo")


@dataclass(frozen=True, kw_only=True)
class EngineSettings:
    """Which engine, and how it may use the machine.

    `model_dir`: a folder with a folder for each model (`*_det`, `*_rec`), None for the weights that
    came with the install. `cpu_threads`: of one engine. `cache_dir`: where unpacked models are kept
    between starts. `languages`: those that the node shall serve, empty for all whose models are at
    hand. `offline`: no model is ever fetched. `eight_bits`: models in numbers of 8 bits, where the
    processor is fast with them and it is known that accuracy holds, else with fewer channels.
    """

    name: EngineName = "onnxruntime"
    model_dir: Path | None = None
    cpu_threads: int = 1
    enable_mkldnn: bool = True  # engine `paddle` only
    cache_dir: Path
    languages: tuple[str, ...] = ()
    offline: bool = False
    eight_bits: bool = True  # engine `onnxruntime` only
    echo_delay_ms: int = 0
    echo_faults: str = ""


def load_engine(settings: EngineSettings) -> Engine:
    """Loads an engine; imports of the others are not paid for.

    Raises: EngineUnavailable with what to install or set.
    """
    match settings.name:
        case "echo":
            from ocr_node.engines.echo import EchoEngine  # noqa: PLC0415
            from ocr_node.engines.echo_faults import parse_faults  # noqa: PLC0415

            return EchoEngine(
                delay_s=settings.echo_delay_ms / 1000.0, faults=parse_faults(settings.echo_faults)
            )
        case "onnxruntime":
            from ocr_node.engines.onnx_engine import OnnxEngine  # noqa: PLC0415

            return OnnxEngine(settings)
        case "paddle":
            from ocr_node.engines.paddle_engine import PaddleEngine  # noqa: PLC0415

            return PaddleEngine(settings)
    raise EngineUnavailable(
        f"engine {settings.name!r} is not known; set OCR_ENGINE to one of: "
        f"{', '.join(ENGINE_NAMES)}"
    )
