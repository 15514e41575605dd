"""What a child process needs for its work; all else is taken from it before it sees user data."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Locks:
    """Beside the installed software and the fonts of this machine, which can always be read.

    `readable`: folders with all that is in them. `linked`: folders, and whatever file the links in
    them point to (models lie elsewhere). `writable`: folders in which files may be made, read and
    removed. `data_limit_bytes`: memory that is the process's own, whether it is used or not; None:
    as much as it likes. `cpu_s_per_call`: core-seconds of one call; None: any. `starts_programs`:
    its libraries run commands of the system while they are loaded, and not afterwards.
    """

    readable: tuple[Path, ...] = ()
    linked: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()
    data_limit_bytes: int | None = None
    cpu_s_per_call: float | None = None
    starts_programs: bool = False

    def to_wire(self) -> dict[str, Any]:
        """As `of_wire` takes it: paths absolute, since the child may have another folder."""
        folders = {
            name: [str(path.absolute()) for path in getattr(self, name)]
            for name in ("readable", "linked", "writable")
        }
        return asdict(self) | folders

    @classmethod
    def of_wire(cls, wire: dict[str, Any]) -> Self:
        """The locks that a parent sent."""
        return cls(
            readable=tuple(map(Path, wire["readable"])),
            linked=tuple(map(Path, wire["linked"])),
            writable=tuple(map(Path, wire["writable"])),
            data_limit_bytes=wire["data_limit_bytes"],
            cpu_s_per_call=wire["cpu_s_per_call"],
            starts_programs=wire["starts_programs"],
        )
