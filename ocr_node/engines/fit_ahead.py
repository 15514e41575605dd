"""Makes all that engines would make of the bundled weights at their first start, for any processor.

`python -m ocr_node.engines.fit_ahead FOLDER`: for images, whose OCR_CACHE_DIR cannot be written.
"""

import sys
from pathlib import Path

from contracts.errors import EngineUnavailable
from contracts.languages import BUNDLED_SCRIPTS
from ocr_node.engines.bundled_models import DETECTION, RECOGNITION, bundled_models
from ocr_node.engines.fitted_files import fitted_in
from ocr_node.engines.fitted_models import fitted_detection, fitted_recognition


def fit_ahead(cache_dir: Path) -> list[Path]:
    """The files that lie in `cache_dir` afterwards. Raises: EngineUnavailable."""
    models = bundled_models(cache_dir)
    fitted_detection(models / DETECTION, cache_dir, anywhere=True)
    for script in BUNDLED_SCRIPTS:
        fitted_recognition(models / RECOGNITION, script, cache_dir, anywhere=True)
    # Made by one user, root for an image, and read by another.
    for path in (cache_dir, *cache_dir.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return sorted(fitted_in(cache_dir).iterdir())


def main(arguments: list[str]) -> int:
    """Exit code of the command."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m ocr_node.engines.fit_ahead FOLDER\n")
        return 2
    try:
        made = fit_ahead(Path(arguments[0]).absolute())
    except EngineUnavailable as wrong:
        sys.stderr.write(f"fit_ahead: {wrong}\n")
        return 1
    for path in made:
        sys.stdout.write(f"{path} {path.stat().st_size / 1e6:.1f} MB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
