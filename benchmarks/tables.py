"""Tables of text, for the terminal and for Markdown."""

from dataclasses import dataclass

import rich.table
from rich.console import Console

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a title; all columns but the first hold numbers."""

    title: str
    head: Row
    rows: list[Row]

    def show(self, console: Console) -> None:
        """Print it."""
        table = rich.table.Table(title=self.title, title_justify="left")
        for number, name in enumerate(self.head):
            table.add_column(name, justify="right" if number else "left")
        for row in self.rows:
            table.add_row(*row)
        console.print(table)

    def markdown(self) -> str:
        """Return it as Markdown."""
        rule = ("---", *["--:"] * (len(self.head) - 1))
        rows = [self.head, rule, *self.rows]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        return "\n".join([f"**{self.title}**", "", *lines, ""])
