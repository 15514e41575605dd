"""Tables of figures, as every bench prints them."""

from rich import box
from rich.table import Table


def figures_table(title: str, *columns: str) -> Table:
    """Without rows: what the rows are about, and columns of figures."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(title)
    for name in columns:
        table.add_column(name, justify="right")
    return table
