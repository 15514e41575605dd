"""`docr run` against a plain PaddleOCR script: wall time of the whole command, and accuracy.

    ./dev python -m bench.run_against_plain IMAGES --rounds 3

Same files, weights, runtime and number of threads; the two take turns, so that a noisy machine
slows both. Prints each round, the median of the ratios, and word F1 of both.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bench.corpus import images_in, scores, summary


def _wall_s(command: list[str]) -> float:
    began = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    images, threads = arguments.images, arguments.threads
    docr = str(Path(sys.executable).parent / "docr")
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Path(folder, "ours"), Path(folder, "plain")
        files = [str(image) for image in images_in(images)]
        for number in range(1, arguments.rounds + 1):
            plain_s = _wall_s(
                [
                    *(sys.executable, "-m", "bench.plain_paddleocr"),
                    *(str(images), str(plain), "--threads", str(threads)),
                ]
            )
            ours_s = _wall_s([docr, "run", *files, "--out", str(ours), "--nodes", str(threads)])
            ratios.append(plain_s / ours_s)
            print(
                f"round {number}: plain PaddleOCR {plain_s:.1f} s, docr run {ours_s:.1f} s, "
                f"ratio {ratios[-1]:.2f}",
                flush=True,
            )
        print(f"median ratio {median(ratios):.2f} over {len(files)} files, {threads} threads")
        ours_f1, plain_f1 = scores(images, ours), scores(images, plain)
    for name in ours_f1:
        print(f"  {name}: docr {ours_f1[name]:.4f}, plain {plain_f1[name]:.4f}")
    print(f"docr run: {summary(ours_f1)}")
    print(f"plain PaddleOCR: {summary(plain_f1)}")


if __name__ == "__main__":
    main()
