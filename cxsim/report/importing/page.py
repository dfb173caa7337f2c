"""The report of an import in words, as lines for a terminal and as one page."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cxsim.report.common.pages import filled

if TYPE_CHECKING:
    from cxsim.importing.export import Export
    from cxsim.importing.quality import Note, Quality

WORDS = {
    "dropped": "left out",
    "joined": "joined to another row",
    "added": "added to another row",
    "repaired": "put right and kept",
}
SHOWN = 5


def by_reason(quality: Quality) -> list[tuple[str, str, int, str]]:
    """(what, why, rows, where) of all files together, the most rows first."""
    found: dict[tuple[str, str], list[Note]] = defaultdict(list)
    for note in quality.notes:
        found[note.what, note.why].append(note)
    rows = []
    for (what, why), notes in found.items():
        first = notes[0]
        lines = ", ".join(f"{line}" for line in sorted(first.lines)[:SHOWN])
        more = " …" if sum(len(note.lines) for note in notes) > SHOWN else ""
        where = f"{first.file}, line{'s' * (len(first.lines) > 1)} {lines}{more}"
        rows.append((WORDS[what], why, sum(len(note.lines) for note in notes), where))
    return sorted(rows, key=lambda row: -row[2])


def lines(export: Export) -> list[str]:
    """The report as lines of text."""
    quality = export.quality
    out = [
        f"{name}: {rows:,} rows read, {quality.kept.get(name, 0):,} kept ({quality.forms.get(name, '')})"
        for name, rows in quality.read.items()
    ]
    out += [f"{name}: {len(table['line']):,} rows" for name, table in export.tables.items()]
    reasons = by_reason(quality)
    if reasons:
        out += ["", "Rows that are not in the tables as they were:"]
        out += [f"  {count:>9,} {what}: {why} ({where})" for what, why, count, where in reasons]
    if quality.findings:
        out += ["", "Look at this before you use the tables:"]
        out += [f"  - {one.text}" + (f" ({one.fix})" if one.fix else "") for one in quality.findings]
    if quality.evidence:
        out += ["", "How it was read, and why (change a line in mapping.yaml, or with --set):"]
        out += [f"  {one.key}: {one.value}  ({one.why})" for one in quality.evidence]
    return out


def page(export: Export) -> str:
    """The report as one HTML page with nothing beside it."""
    quality = export.quality
    columns = list(dict.fromkeys(key for row in quality.figures for key in row))
    return filled(
        "import.html.j2",
        files=[
            (name, quality.forms.get(name, ""), f"{rows:,}", f"{quality.kept.get(name, 0):,}")
            for name, rows in quality.read.items()
        ],
        tables=[(name, f"{len(table['line']):,}") for name, table in export.tables.items()],
        reasons=[(what, why, f"{count:,}", where) for what, why, count, where in by_reason(quality)],
        findings=quality.findings,
        evidence=quality.evidence,
        columns=[column.replace("_s", " (s)") if column.endswith("_s") else column for column in columns],
        figures=[[_shown(row.get(key)) for key in columns] for row in quality.figures],
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
