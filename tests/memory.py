"""How much memory processes have, by /proc."""

from pathlib import Path

from tests.processes import children_of


def resident_mb(pid: int) -> float:
    """Resident memory of one process, in MB of 2**20 bytes; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def family_mb(pid: int) -> dict[int, float]:
    """Resident memory of a process and its direct children, by pid."""
    return {each: resident_mb(each) for each in (pid, *children_of(pid))}
