"""Several faults of tables told at once, and questions that only the user can answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cxsim.tables.reader import TableError

MOST_SHOWN = 100


class ExportError(ValueError):
    """Files cannot be read as they are.

    Parameters
    ----------
    faults : iterable of TableError
        What is wrong. Duplicates are dropped.

    Attributes
    ----------
    faults : list of TableError
        Each has `place` (file, line, column), `value`, `rule` and `fix`. A question, where two readings are possible,
        also has the `key` of the mapping that decides and its `choices`.
    """

    def __init__(self, faults: Iterable[TableError]) -> None:
        self.faults: list[TableError] = list({str(fault): fault for fault in faults}.values())
        super().__init__(self.faults)

    def __str__(self) -> str:
        more = len(self.faults) - MOST_SHOWN
        return "\n".join(map(str, self.faults[:MOST_SHOWN])) + (f"\n… and {more} more" if more > 0 else "")


class Unset(TableError):
    """A key of the mapping must be set; `option` is KEY=VALUE with a value that it may have."""

    def __init__(self, place: str, value: object, rule: str, key: str, example: str) -> None:
        self.key, self.option = key, f"{key}={example}"
        super().__init__(place, value, rule, f"add '{_line(key, example)}' to the mapping")

    def __reduce__(self) -> tuple[type[Unset], tuple[Any, ...]]:
        return Unset, (self.place, self.value, self.rule, self.key, self.option.partition("=")[2])


class Question(TableError):
    """Two readings are possible: `key` of the mapping decides, `choices` are its possible values.

    `option` is KEY=VALUE with the first of them.
    """

    def __init__(
        self, place: str, value: object, rule: str, key: str, choices: tuple[str, ...], hint: str = ""
    ) -> None:
        self.key, self.choices, self.hint = key, choices, hint
        self.option = f"{key}={choices[0]}"
        lines = " or ".join(f"'{_line(key, choice)}'" for choice in choices)
        super().__init__(place, value, rule, f"add {lines} to the mapping{hint}")

    def __reduce__(self) -> tuple[type[Question], tuple[Any, ...]]:
        return Question, (self.place, self.value, self.rule, self.key, self.choices, self.hint)


def _line(key: str, choice: str) -> str:
    """The line of a mapping that sets a key: `dates: dmy`, `columns: {aht: {unit: s}}`, `demand: {Type: [in]}`."""
    head, _, rest = key.partition(".")
    choice = f'"{choice}"' if choice in ",." else choice
    if not rest:
        return f"{key}: {choice}"
    if head == "demand":
        return f"demand: {{{rest}: [{choice}]}}"
    role, _, part = rest.partition(".")
    return f"{head}: {{{role}: {{{part}: {choice}}}}}" if part else f"{head}: {{{role}: {choice}}}"
