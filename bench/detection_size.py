"""What the size of the image that detection sees costs and brings, in PaddleOCR's own pipeline.

    ./dev python -m bench.detection_size IMAGES --sides 960,1280,1600,0 --rounds 3

Sides are px of the longer side, 0 for the full size. Sizes take turns. Prints core-seconds a page
(user and system, all threads), word F1, and the peak of resident memory of a process for each size.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.page_images import page_images
from bench.subjects.paddleocr import pipeline
from bench.word_f1 import word_f1


def _measure(images: Path, side: int) -> dict[str, Any]:
    limits = {"text_det_limit_side_len": side, "text_det_limit_type": "max"} if side else {}
    cache_dir = Path("~/.cache/distributed-ocr").expanduser()
    settings = {"engine": "onnxruntime", "threads": 1, "model_dir": "", "cache_dir": str(cache_dir)}
    ocr = pipeline(settings, text_recognition_batch_size=1, **limits)
    files = page_images(images, images)
    ocr.predict(str(files[0].path))  # start-up is not what is measured
    began, found = time.process_time(), {}
    for image in files:
        (page,) = ocr.predict(str(image.path))
        if image.true_text is not None:
            found[image.name] = word_f1("\n".join(page["rec_texts"]), image.true_text)
    return {
        "core_s": (time.process_time() - began) / len(files),
        "f1": mean(found.values()),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--sides", default="960,1280,1600,0")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", type=int, help="measure this side only, and print JSON")
    arguments = parser.parse_args()
    if arguments.one is not None:
        print(json.dumps(_measure(arguments.images, arguments.one)))
        return
    sides = [int(side) for side in arguments.sides.split(",")]
    measured: dict[int, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(arguments.rounds):
        for side in sides:
            command = [sys.executable, "-m", "bench.detection_size", str(arguments.images)]
            done = subprocess.run(
                [*command, "--one", str(side)], check=True, capture_output=True, text=True
            )
            measured[side].append(json.loads(done.stdout.splitlines()[-1]))
    for side, runs in measured.items():
        figures = {name: median(run[name] for run in runs) for name in runs[0]}
        print(
            f"side {side or 'full'}: {figures['core_s']:.2f} core-s a page, "
            f"word F1 {figures['f1']:.4f}, peak {figures['peak_mb']:.0f} MB"
        )


if __name__ == "__main__":
    main()
