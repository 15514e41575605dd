"""Where the software of this process lies, and what it looks up about the machine."""

import os
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.landlock import LIST, READ, RUN, WRITE

# Libraries, fonts, time zones; and what they ask of the machine: cores, memory, who I am.
_OF_THE_SYSTEM: Final = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec",
    "/usr/local/lib", "/usr/local/lib64", "/usr/share", "/usr/local/share/fonts",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/fonts", "/etc/localtime",
    "/etc/passwd", "/etc/group", "/etc/nsswitch.conf", "/etc/os-release", "/etc/ssl/openssl.cnf",
    "/etc/mime.types",
    "/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/loadavg",
    "/proc/version", "/proc/filesystems", "/proc/sys/vm", "/proc/sys/kernel",
    "/sys/devices/system/cpu", "/sys/devices/system/node", "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
    "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
_WHOLE: Final = {"site-packages", "dist-packages"}


def software_rules() -> Iterator[tuple[Path, int]]:
    """Rules for guard.landlock: whatever an import, now or later, reads or lists."""
    for path in _OF_THE_SYSTEM:
        yield Path(path), READ
    yield Path(os.devnull), WRITE
    homes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    homes |= {sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
    homes.add(str(Path(os.path.realpath(sys.executable)).parent))
    homes |= set(filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":")))
    if any(home.startswith("/nix/store/") for home in homes):
        homes.add("/nix/store")  # there, each library has a folder of its own
    for home in homes - {"/"}:
        yield Path(home), READ
    if sys.pycache_prefix is not None:
        yield Path(sys.pycache_prefix), READ
    # Our own folder too: some ways of installing a checkout do not put it on the path.
    for entry in {*map(Path, filter(None, sys.path)), Path(__file__).absolute().parents[1]}:
        if entry.is_file() or entry.name in _WHOLE:
            yield entry, READ
        else:
            yield from _importable(entry)


def program_rules() -> Iterator[tuple[Path, int]]:
    """Rules for the commands of the system, and for what loads them."""
    for path in ("/bin", "/usr/bin", "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/sbin"):
        yield Path(path), RUN


def _importable(folder: Path) -> Iterator[tuple[Path, int]]:
    """Of a checkout only its packages: it holds more than software. Python lists a folder again
    whenever something in it has changed: refused that, it would find no module there any more."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    yield folder, LIST
    for entry in entries:
        path = Path(entry.path)
        if path.suffix in {".py", ".so", ".pyc"} or (path / "__init__.py").exists():
            yield path, READ


def coverage_folder() -> Path | None:
    """Where this process's coverage is written when it ends, in a run that measures it."""
    coverage = sys.modules.get("coverage")
    if coverage is None or not any(name.startswith("COVERAGE_") for name in os.environ):
        return None
    try:
        return Path(coverage.Coverage.current().config.data_file).absolute().parent
    except AttributeError:  # it does not measure this process, or is of another release
        return None
