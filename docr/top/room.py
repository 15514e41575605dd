"""How the lines of a screen are shared between nodes and jobs: pure arithmetic."""


def shares(room: int, *, nodes: int, jobs: int) -> tuple[int, int]:
    """Lines for each of the two, which want one line an entry: half of what there is, or what the
    other one leaves."""
    room = max(room, 0)
    for_jobs = min(jobs, max(room - nodes, room - room // 2))
    return min(nodes, room - for_jobs), for_jobs


def rows(lines: int, entries: int) -> int:
    """How many entries so many lines show, one of which tells of those that it does not show."""
    return entries if entries <= lines else max(lines - 1, 0)
