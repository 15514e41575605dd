"""axe-core, which looks for what keeps people out of a web page. It comes from npm, once, into
`.tools/`: it is a tool of ours, and in no package."""

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Page

_VERSION: Final = "4.14.1"
_SHA512: Final = (
    "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
)
_KEPT: Final = Path(__file__).parents[2] / ".tools" / f"axe-core-{_VERSION}.js"


def axe_source() -> str | None:
    """Its script; None where there is no npm, or no registry."""
    if not _KEPT.exists():
        npm = shutil.which("npm")
        if npm is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            got = subprocess.run(
                [npm, "pack", "--silent", f"axe-core@{_VERSION}"],
                cwd=folder,
                check=False,
                timeout=120,
            )
            if got.returncode:
                return None
            (archive,) = Path(folder).iterdir()
            digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if digest != _SHA512:
                raise ValueError(f"{archive.name} is not the axe-core that is asked for")
            with tarfile.open(archive) as packed:
                script = packed.extractfile("package/axe.min.js")
                if script is None:
                    return None
                _KEPT.parent.mkdir(exist_ok=True)
                _KEPT.write_bytes(script.read())
    return _KEPT.read_text()


def findings(page: "Page", source: str) -> list[str]:
    """What it finds on a page: how bad, which rule, how often, and where first."""
    page.evaluate(source)
    told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['impact']}: {each['id']} ({len(each['nodes'])}), "
        f"{' '.join(map(str, each['nodes'][0]['target']))}"
        for each in told["violations"]
    ]
