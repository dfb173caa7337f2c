"""A roster of named people in words, and as tables for the terminal."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rich.text import Text

from cxsim.report.common.formats import day_label, listing, plural
from cxsim.report.common.terminal import plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cxsim.rostering.people_roster import PeopleRoster

MOST_DAYS = 7
MOST_ROWS = 40
SAME = 1e-6
KINDS = {"late": "late shifts", "weekend": "weekend shifts", "refused": "refused requests"}


def short_day(text: str) -> str:
    """A date such as 2026-11-06 as Fri 6 Nov."""
    return day_label(date.fromisoformat(text))


def sentences(found: PeopleRoster) -> list[str]:
    """The answer: cover, requests, fairness."""
    return [_cover(found), *_requests(found), *_fairness(found)]


def _cover(found: PeopleRoster) -> str:
    needed, missing = int(found.cover["needed"].sum()), int(found.cover["missing"].sum())
    people = plural(len(found.grid), "person", "people")
    if found.complete:
        return f"All {needed:,} shifts of {people} are covered, and every rule holds."
    days = found.cover[found.cover["missing"] > 0].groupby("date", sort=False)["missing"].sum()
    worst = days.sort_values(ascending=False, kind="stable")
    named = [f"{short_day(str(day))} ({count})" for day, count in worst.head(5).items()]
    named += [plural(len(worst) - 5, "more day")] if len(worst) > 5 else []
    told = f"{missing:,} of {needed:,} shifts ({found.missing_hours:,.1f} h) have nobody: {listing(named)}."
    if found.proved:
        return f"{told} No roster of {people} that keeps the rules misses fewer hours; this is proved."
    return f"{told} Every rule holds; no such roster misses fewer than {found.missing_bound:,.1f} h."


def _requests(found: PeopleRoster) -> list[str]:
    asked = found.requests
    if not len(asked):
        return []
    yes = asked[asked["answer"] == "granted"]
    told = f"{len(yes):,} of {plural(len(asked), 'request')} are granted"
    out = [f"{told} ({yes['weight'].sum():g} of {asked['weight'].sum():g} by weight)."]
    gap = found.worth - found.worth_bound
    if gap > max(0.01, 1e-3 * abs(found.worth)):
        out.append(f"A longer --time-limit may grant more or be fairer: by at most {gap:.2g} in weights of requests.")
    return out


def _fairness(found: PeopleRoster) -> list[str]:
    out = []
    for kind, words in KINDS.items():
        table = found.fairness[found.fairness[f"{kind}_fair"].notna()]
        total = table[kind] + table[f"{kind}_before"]
        above = total - table[f"{kind}_fair"]
        if table[kind].sum() > SAME:
            worst = int(above.to_numpy().argmax())
            row, has = table.iloc[worst], f"{total.iloc[worst]:g}"
            what = words.capitalize() + (" by weight" if kind == "refused" else "")
            if above.iloc[worst] < 0.05:
                out.append(f"{what} are shared exactly, past counts included.")
            else:
                far = f"{row['name']} is furthest above the fair share, with {has} instead of {row[f'{kind}_fair']:.1f}"
                out.append(f"{what}, past counts included: {far}.")
    return out


def summary(found: PeopleRoster) -> list[RenderableType]:
    """What the terminal shows."""
    out: list[RenderableType] = [Text(f"{found.scenario.name}: roster", style="bold"), Text()]
    out += [Text(one) for one in sentences(found)]
    out += [Text(one, style="yellow") for one in found.messages]
    out += [Text(), _grid(found)]
    gaps = found.cover[found.cover["missing"] > 0]
    if len(gaps):
        out += [Text(), _gaps(found)]
    if (found.requests["answer"] == "refused").any():
        out += [Text(), _refused(found)]
    return out


def _grid(found: PeopleRoster) -> RenderableType:
    days = list(found.grid.columns[2:])
    more = f"; {len(days) - MOST_DAYS} more days are in the workbook" if len(days) > MOST_DAYS else ""
    rest = f"; the first {MOST_ROWS} of {len(found.grid)} people" if len(found.grid) > MOST_ROWS else ""
    table = plain_table(f"Who works when{more}{rest}")
    table.add_column("name", no_wrap=True)
    for day in days[:MOST_DAYS]:
        table.add_column(f"{date.fromisoformat(day):%a} {date.fromisoformat(day).day}", no_wrap=True)
    for row in found.grid.head(MOST_ROWS).to_dict("records"):
        table.add_row(row["name"], *(_cell(row[day]) for day in days[:MOST_DAYS]))
    return table


def _cell(text: str) -> str:
    return text.replace(":00", "").partition(" ")[0] if text not in ("off", "leave") else {"off": "·"}.get(text, text)


def _gaps(found: PeopleRoster) -> RenderableType:
    gaps = found.cover[found.cover["missing"] > 0]
    table = plain_table("Open shifts" + (f"; the first {MOST_ROWS} of {len(gaps)}" if len(gaps) > MOST_ROWS else ""))
    for head, side in (("day", "left"), ("team", "left"), ("shift", "left"), ("missing", "right"), ("why", "left")):
        table.add_column(head, justify="right" if side == "right" else "left")
    for row in gaps.head(MOST_ROWS).to_dict("records"):
        table.add_row(short_day(row["date"]), row["team"], row["shift"], f"{row['missing']}", row["why"])
    return table


def _refused(found: PeopleRoster) -> RenderableType:
    rows = found.requests[found.requests["answer"] == "refused"]
    table = plain_table("Refused" + (f"; the first {MOST_ROWS} of {len(rows)}" if len(rows) > MOST_ROWS else ""))
    for head in ("name", "day", "request", "weight", "rule", "why"):
        table.add_column(head, justify="right" if head == "weight" else "left")
    for row in rows.head(MOST_ROWS).to_dict("records"):
        cells = (row["name"], short_day(row["date"]), row["request"], f"{row['weight']:g}", row["rule"], row["why"])
        table.add_row(*cells)
    return table
