"""Prints the part of requirements.lock that a role needs: pins and hashes as they stand there.

python3 locked.py LOCK LIST...: each list names distributions, one a line; # begins a remark.
"""

import re
import sys
from pathlib import Path


def entries(lock: str) -> dict[str, str]:
    """Each entry of the lock, all its lines, by the name that it pins."""
    found = {}
    for entry in re.findall(r"^[A-Za-z0-9].*(?:\n[ ]+.*)*", lock, re.MULTILINE):
        found[entry.partition("==")[0].partition("[")[0].strip().lower()] = entry
    return found


def names(text: str) -> set[str]:
    """What a list names."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return {line.lower() for line in lines if line}


def main(lock: str, *lists: str) -> None:
    """Raises: SystemExit for a name that the lock does not have."""
    pinned = entries(Path(lock).read_text(encoding="utf-8"))
    wanted = set().union(*(names(Path(each).read_text(encoding="utf-8")) for each in lists))
    if unknown := sorted(wanted - pinned.keys()):
        sys.exit(f"{lock} does not pin {', '.join(unknown)}; correct {' or '.join(lists)}")
    sys.stdout.write("".join(f"{pinned[name]}\n" for name in sorted(wanted)))


if __name__ == "__main__":
    main(*sys.argv[1:])
