"""What a document is read with that names nothing else."""

from contracts.job_options import JobOptions
from docr.settings import Settings


def default_options(settings: Settings) -> JobOptions:
    """As the settings say."""
    return JobOptions(
        language=settings.ocr_language,
        dpi=settings.default_dpi,
        deadline_s=settings.job_deadline_seconds,
    )
