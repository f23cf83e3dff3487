"""A table in Markdown that is readable as text."""

from collections.abc import Callable, Sequence


def show_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column is words, the others are figures."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str], pad: Callable[[str, int], str] = str.rjust) -> str:
        texts = [pad(cell, width) for cell, width in zip(cells, widths, strict=True)]
        texts[0] = cells[0].ljust(widths[0])
        return f"| {' | '.join(texts)} |"

    rule = "|" + "|".join(
        ("-" * (width + 1)) + ("-" if number == 0 else ":") for number, width in enumerate(widths)
    )
    return "\n".join([line(head), f"{rule}|", *map(line, rows)])
