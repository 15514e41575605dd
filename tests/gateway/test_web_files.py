"""The files of the web page: whole, small, kept well, and without what could run a document."""

import re
from pathlib import Path
from typing import Final

import httpx
from hatchling.builders.wheel import WheelBuilder

from ingest.gateway.web.files import web_files

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "ingest" / "gateway" / "web" / "files"
# What makes markup, or a program, of text.
NEVER: Final = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
    r"|createContextualFragment|javascript:|https?://(?!www\.w3\.org/)"
)


def test_all_files_are_there_small_and_make_nothing_but_text_of_text() -> None:
    files = web_files()
    for name, file in files.by_name.items():
        text = file.content.decode()
        assert not NEVER.search(text), name
        for other in re.findall(r"(?:from|import\()\s*'\./([a-z_]+\.js)'", text):
            assert other in files.by_name, f"{name}: {other}"
        for other in re.findall(rf"web/files/{files.version}/([a-z_.]+)", text):
            assert other in files.by_name, f"{name}: {other}"
        if name.endswith(".html"):
            # Its policy forbids them.
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", text)
    # Of all views together; the first needs a part of them.
    assert sum(len(file.content) for file in files.by_name.values()) < 150_000
    assert sum(len(file.packed) for file in files.by_name.values()) < 60_000


def test_they_come_with_the_package() -> None:
    packed = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    for path in FOLDER.iterdir():
        assert f"ingest/gateway/web/files/{path.name}" in packed


def contrast(one: str, other: str) -> float:
    """As WCAG 2 has it, of two colours #rrggbb."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_every_text_can_be_read_on_its_ground_by_day_and_by_night() -> None:
    style = (FOLDER / "page.css").read_text()
    schemes = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in style.split("@")]
    light, dark = (each for each in schemes if "ink" in each)
    grounds = ("ground", "surface", "sunken")
    inks = ("ink", "muted", "accent", "good", "warn", "bad")
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs += [("accent-ink", "accent"), ("warn", "warn-soft"), ("bad", "bad-soft")]
    pairs += [("ink", f"{each}-soft") for each in ("accent", "warn", "bad")]
    for colours in (light, dark):
        for ink, ground in pairs:
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        # Edges of what is filled in.
        assert contrast(colours["line-strong"], colours["surface"]) >= 3.0


async def test_browsers_keep_them_and_run_nothing_else(http: httpx.AsyncClient) -> None:
    for page in ("/docs", "/"):
        first = await http.get(page)
        policy = first.headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'" in policy
        assert "unsafe" not in policy
    assert first.headers["cache-control"] == "no-cache"
    again = await http.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    version = web_files().version
    script = await http.get(f"/web/files/{version}/main.js")
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-encoding"] == "gzip"
    assert script.headers["content-type"].startswith("text/javascript")
    plain = await http.get(f"/web/files/{version}/main.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == script.content == (FOLDER / "main.js").read_bytes()
    # While releases change: another gateway's page, served from here, and not kept.
    other = await http.get(f"/web/files/{'0' * 16}/main.js")
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
    for wrong in ("none.js", "index.html", "docs.html", "..%2ffiles.py", "__init__.py"):
        assert (await http.get(f"/web/files/{version}/{wrong}")).status_code == 404
    # What is no file of the page keeps the policy of outputs.
    for path in ("/jobs", "/web/setup", "/health"):
        told = (await http.get(path)).headers["content-security-policy"]
        assert told == "default-src 'none'; frame-ancestors 'none'; sandbox"
    described = (await http.get("/openapi.json")).json()["paths"]
    assert not [path for path in described if path == "/" or path.startswith("/web")]
    assert (await http.post("/")).status_code == 405


async def test_pages_of_other_sites_are_refused_here_as_everywhere(http: httpx.AsyncClient) -> None:
    for path in ("/", "/web/setup"):
        for headers in ({"Origin": "https://other.example"}, {"Host": "rebound.example"}):
            assert (await http.get(path, headers=headers)).status_code == 403
