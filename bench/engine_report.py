"""What `docr bench engine` found, for people and for programs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bench.engine_figures import Ratios, Spread, SubjectFigures
from bench.subjects import Subject
from bench.tables import figures_table


@dataclass(frozen=True, kw_only=True)
class EngineReport:
    """`conditions`: under which it was measured, for the JSON file. The first subject is ours."""

    subjects: Sequence[Subject]
    figures: Mapping[str, SubjectFigures]
    ratios: Mapping[str, Ratios]
    missing: Mapping[str, str]
    conditions: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            **self.conditions,
            "subjects": {
                subject.name: {
                    "title": subject.title,
                    "processes": subject.processes,
                    **asdict(self.figures[subject.name]),
                }
                for subject in self.subjects
                if subject.name in self.figures
            },
            "ratios": {name: asdict(each) for name, each in self.ratios.items()},
            "missing": dict(self.missing),
        }

    def draw(self, console: Console) -> None:
        """Table of subjects, of files, and what is missing."""
        console.print(Group(*self._parts()), soft_wrap=False)

    def _parts(self) -> list[RenderableType]:
        parts: list[RenderableType] = [self._table(), *self._others()]
        if any(each.word_f1 is not None for each in self.figures.values()):
            parts.append(self._files())
        parts += [
            Text(f"missing: {subject.title}: {self.missing[subject.name]}")
            for subject in self.subjects
            if subject.name in self.missing
        ]
        for subject in self.subjects:
            figures = self.figures.get(subject.name)
            for name, file in figures.files.items() if figures else ():
                if file.error:
                    parts.append(Text(f"failed: {subject.title}, {name}: {file.error}"))
        return parts

    def _others(self) -> list[Text]:
        shares = [each.others_share for each in self.figures.values()]
        if not shares:
            return []
        least, most = min(each.min for each in shares), max(each.max for each in shares)
        return [Text(f"Other work took {least:.0%} to {most:.0%} of the machine meanwhile.")]

    def _table(self) -> Table:
        names = ("core-s/page", "ratio", "s/page", "ratio", "peak MB", "ratio", "word F1")
        table = figures_table("subject", *names)
        for subject in self.subjects:
            figures = self.figures.get(subject.name)
            if figures is None:
                table.add_row(subject.title, "missing" if subject.name in self.missing else "")
                continue
            ratios = self.ratios.get(subject.name)
            table.add_row(
                subject.title,
                f"{figures.core_s.median:.3f}",
                _range(ratios.core_s) if ratios else "",
                f"{figures.wall_s.median:.3f}",
                f"{ratios.wall_s.median:.2f}" if ratios else "",
                f"{figures.peak_mb.median:.0f}",
                f"{ratios.peak_mb.median:.2f}" if ratios else "",
                _score(figures.word_f1),
            )
            if subject.processes > 1:
                table.add_row(
                    "  of which one process", *[""] * 4, f"{figures.process_mb.median:.0f}"
                )
        return table

    def _files(self) -> Table:
        measured = [subject for subject in self.subjects if subject.name in self.figures]
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        table.add_column("word F1", overflow="fold")
        for subject in measured:
            table.add_column(subject.name, justify="right")
        for name in self.figures[measured[0].name].files:
            table.add_row(
                name,
                *(_score(self.figures[each.name].files[name].word_f1) for each in measured),
            )
        return table


def _range(spread: Spread) -> str:
    return f"{spread.median:.2f} ({spread.min:.2f} to {spread.max:.2f})"


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:.4f}"
