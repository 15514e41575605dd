"""`./dev web-figures [loads] [frames] [memory] [axe]`: what the web page weighs, how quick
it is, what a tab needs, what axe finds.

Prints Markdown. Chromium works on the same machine as the system that it looks at.
"""

import os
import statistics
import sys
from collections.abc import Callable
from typing import Any, Final

import psutil
from playwright.sync_api import Browser, sync_playwright

from tests.web.axe import axe_source, findings
from tests.web.busy_system import A3_AT_600_DPI, LONG, View, prepare, running, say
from tests.web.conftest import chromium_options
from tests.web.plain_tab import PlainTab

_LOADS: Final = 9
_WIDTHS: Final = (360, 2560)
_FRAMES: Final = 240
_MB: Final = 1e6
# When it can be seen: a frame after it came.
_SEEN: Final = """(shown => {
    const look = () => document.querySelector(shown)
        ? requestAnimationFrame(now => { window.seen = performance.now(); })
        : requestAnimationFrame(look);
    look();
})(%r)"""
_WEIGHT: Final = """(() => {
    const all = ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind));
    const sum = what => all.reduce((total, each) => total + each[what], 0);
    return [sum("transferSize"), sum("decodedBodySize"), all.length];
})()"""
_TIMES: Final = """([frames, move]) => new Promise(done => {
    const view = document.querySelector(".sheet-view");
    const moves = {
        pan: now => view.scrollTo(2000 * Math.sin(now / 700) ** 2, 3000 * Math.sin(now / 900) ** 2),
        zoom: now => view.dispatchEvent(new WheelEvent("wheel", { ctrlKey: true, cancelable: true,
            deltaY: 40 * Math.sin(now / 500), clientX: 400, clientY: 500 })),
    };
    const times = [];
    let before = 0;
    const step = now => {
        if (before) times.push(now - before);
        before = now;
        if (times.length >= frames) return done(times);
        moves[move](now);
        requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
})"""

# Pages that were looked at, one after the other, when memory is looked at.
_LOOKS: Final = (1, 100, 250, 500, LONG)
_STEP: Final = """(async () => {
    const find = selector => document.querySelector(selector);
    const number = find(".page-number");
    // The image of the page before goes as soon as the next one is there.
    const isShown = () => find(".pictured")
        && find(".shapes").ariaLabel.startsWith(`Page ${number.value},`);
    for (let left = %d; left > 0; left -= 1) {
        const before = number.value;
        const patience = performance.now() + 120_000;
        find("[aria-label='Next page']").click();
        while (number.value === before || !isShown()) {
            if (performance.now() > patience) throw new Error(`page ${number.value} is not shown: `
                + find(".panes").innerText.slice(0, 300));
            await new Promise(done => setTimeout(done, 5));
        }
    }
})()"""


def main() -> None:
    with running() as (system, address, locked):
        prepared = prepare(system, address, locked)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**chromium_options())
            measures: dict[str, Callable[[], None]] = {
                "loads": lambda: tell_loads(browser, prepared.views),
                "frames": lambda: tell_frames(browser, prepared.large),
                "memory": lambda: tell_memory(browser, prepared.long),
                "axe": lambda: tell_axe(browser, prepared.views),
            }
            for name, measure in measures.items():
                if not sys.argv[1:] or name in sys.argv[1:]:
                    measure()
            browser.close()


def tell_loads(browser: Browser, views: list[View]) -> None:
    tell(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")
    tell("| view | requests | KB sent | KB of files | seen after, ms: median | least | CPU |")
    tell("|---|---|---|---|---|---|---|")
    for view in views:
        seen: list[float] = []
        spent: list[float] = []
        for _ in range(_LOADS):
            context = browser.new_context(viewport={"width": 1280, "height": 900})
            page = context.new_page()
            # What the page's thread computes, however busy the machine is otherwise.
            session = context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.add_init_script(_SEEN % view.shown)
            page.goto(view.address)
            page.wait_for_function("() => window.seen")
            seen.append(float(page.evaluate("window.seen")))
            told = session.send("Performance.getMetrics")["metrics"]
            spent += [1e3 * each["value"] for each in told if each["name"] == "TaskDuration"]
            sent, whole, count = page.evaluate(_WEIGHT)
            context.close()
        times = f"{statistics.median(seen):.0f} | {min(seen):.0f} | {statistics.median(spent):.0f}"
        tell(f"| {view.name} | {count} | {sent / 1e3:.0f} | {whole / 1e3:.0f} | {times} |")


def tell_frames(browser: Browser, address: str) -> None:
    width, height = A3_AT_600_DPI
    tell(f"\nA page of {width} x {height} px; frame times in ms:\n")
    tell("| | median | p95 | worst |\n|---|---|---|---|")
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(address)
    page.locator(".paper.pictured").wait_for()
    words = page.locator(".shapes polygon").count()
    for move, zoomed in (("pan", 8), ("zoom", 0)):
        for _ in range(zoomed):
            page.get_by_label("Larger").click()
        page.wait_for_load_state("networkidle")
        times = sorted(page.evaluate(_TIMES, [_FRAMES, move]))
        told = (statistics.median(times), times[int(len(times) * 0.95)], times[-1])
        tell(f"| {move}, {words} words | {' | '.join(f'{each:.1f}' for each in told)} |")
    page.context.close()


def tell_memory(browser: Browser, address: str) -> None:
    tell(f"\nA tab on {LONG} pages, in MB:\n")
    tell("| pages looked at | scripts | elements | its process | of it shared: code, pictures |")
    tell("|---|---|---|---|---|")
    tab = PlainTab(browser, address)
    looked_at = 1
    tab.wait_for(".paper.pictured")
    for pages in _LOOKS:
        tab.run(_STEP % (pages - looked_at))
        looked_at = pages
        tell(f"| {pages} | {memory_of(tab)} |")
    # What the browser would give back by itself where memory gets short.
    tab.call("Memory.simulatePressureNotification", level="critical")
    tab.run("new Promise(done => setTimeout(done, 1000))")
    tell(f"| {looked_at}, where memory is short | {memory_of(tab)} |")
    tab.close()


def memory_of(tab: PlainTab) -> str:
    tab.call("HeapProfiler.collectGarbage")
    scripts = tab.call("Runtime.getHeapUsage")["usedSize"] / _MB
    elements = tab.run("document.querySelectorAll('*').length")
    largest = max(tabs(), key=lambda each: each.memory_info().rss).memory_info()
    return f"{scripts:.1f} | {elements} | {largest.rss / _MB:.0f} | {largest.shared / _MB:.0f}"


def tell_axe(browser: Browser, views: list[View]) -> None:
    source = axe_source()
    if source is None:
        say("axe-core is not here: it takes npm, and a registry")
        return
    tell("\naxe, on every view, at 360 and 2560 px, light and dark:")
    total = 0
    for view in views:
        for width in _WIDTHS:
            for scheme in ("light", "dark"):
                options: dict[str, Any] = {"color_scheme": scheme}
                size: Any = {"width": width, "height": 900}
                page = browser.new_context(viewport=size, **options).new_page()
                page.goto(view.address)
                page.locator(view.shown).first.wait_for()
                # Opened, so that all that is there is looked at.
                page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
                page.wait_for_load_state("networkidle")
                for each in findings(page, source):
                    total += 1
                    tell(f"- {view.name}, {width} px, {scheme}: {each}")
                page.context.close()
    tell(f"- {total} findings")


def tabs() -> list[psutil.Process]:
    return [each for each in psutil.Process().children(recursive=True) if is_tab(each)]


def is_tab(process: psutil.Process) -> bool:
    try:
        return "--type=renderer" in process.cmdline()
    except psutil.Error:
        return False


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
