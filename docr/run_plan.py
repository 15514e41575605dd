"""What a run of documents on one machine is to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.job_options import JobOptions
from docr.capacity import Capacity
from docr.output_names import Found


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """What a run is to do. `out`: folder for NAME.txt, NAME.md, NAME.json."""

    documents: Sequence[Found]
    options: JobOptions
    out: Path
    share: Capacity
    as_json: bool
    password: str | None = field(default=None, repr=False)  # of all documents that ask for one
