"""From the command line of `docr run` to a plan: everything that can be wrong before it starts."""

from pathlib import Path
from typing import Any

from contracts.job_options import JobOptions, checked_dpi
from contracts.languages import script_of
from contracts.page_ranges import PageRanges
from docr.capacity import capacity
from docr.client.asking import checked_choice
from docr.default_options import default_options
from docr.documents import find_documents
from docr.format_files import check_inputs_are_safe, further_formats
from docr.node_languages import reading_also
from docr.output_folder import make_writable
from docr.password_option import password_given
from docr.run_plan import RunPlan
from docr.settings import Settings, load_settings


def prepare_run(
    *,
    paths: list[str],
    out: Path,
    language: str | None,
    dpi: int | None,
    pages: str | None,
    formats: list[str] | None,
    nodes: int | None,
    engine: str | None,
    as_json: bool,
    mode: str | None = None,
    quality: str | None = None,
    running_heads: str | None = None,
    password: str | None = None,
) -> tuple[RunPlan, Settings, tuple[str, ...]]:
    """The plan, the settings, and a sentence for each path that leads nowhere.

    Raises: InvalidOption; EngineUnavailable if OCR_MODEL_DIR is not what it must be.
    """
    settings = load_settings(ocr_engine=engine)
    changes: dict[str, Any] = {}
    if language is not None:
        script_of(language)
        changes["language"] = language
    if dpi is not None:
        changes["dpi"] = checked_dpi(dpi)
    if pages is not None:
        changes["pages"] = PageRanges.parse(pages)
    changes["formats"] = further_formats(formats)
    chosen = {"mode": mode, "quality": quality, "running_heads": running_heads}
    changes |= {
        name: checked_choice(name, choice) for name, choice in chosen.items() if choice is not None
    }
    options: JobOptions = default_options(settings).model_copy(update=changes)
    search = find_documents(paths)
    plan = RunPlan(
        documents=search.documents,
        options=options,
        out=out,
        share=capacity(settings, nodes=nodes),
        as_json=as_json,
        password=password_given(password),
    )
    settings = reading_also(settings, options.language)
    if plan.documents:
        check_inputs_are_safe(plan.documents, options.formats, out)
        make_writable(out)
    return plan, settings, search.problems
