"""The parts of the reference that the code itself knows: keys, laws, figures, commands.

`conf.py` calls `fill` on every page as it is read: a line `<!-- generated: NAME -->` becomes what NAME makes,
so these pages cannot go stale. `python docs/generate.py NAME` prints one of them.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AliasChoices, BaseModel, PlainValidator
from pydantic.fields import FieldInfo

from cxsim.metrics import REGISTRY, SL_DEFINITIONS, Figure
from cxsim.published.catalogue import RESULTS
from cxsim.randomness.distributions import LAWS
from cxsim.report.common import table_schema
from cxsim.scenario.io.form_schema import written_default
from cxsim.scenario.io.paths import shape_of
from cxsim.scenario.model import fields
from cxsim.scenario.model.scenario import Scenario

# How each kind of value is written.
WRITTEN = {
    "Name": "a name",
    "Text": "text",
    "Flag": "`true` or `false`",
    "Count": "a whole number",
    "Positive": "a whole number ≥ 1",
    "Whole": "a whole number",
    "Seconds": "a time, `45s`",
    "Days": "whole days, `7 days`",
    "Share": "a share, `80%`",
    "Ways": "a node or queue, or the share of each",
    "NamedFor": "a name, or names by segment (with `others`)",
    "Slowdown": "factors, `[1, 1.15, 1.35]`",
    "SharesOf": "a share, or shares by reason",
    "Spread": "a share, may exceed 100%",
    "Points": "points, `+9 points`",
    "Factor": "a factor, `1.2` or `120%`",
    "Amount": "a bare number",
    "Clock": "a time of day, `08:30`",
    "Day": "a date, `2026-03-02`",
    "Weekdays": "weekdays, `mon-fri` or `sat, sun`",
    "Weights": "a map, `{mon: 1.25, fri: 0.9}`",
    "Span": "a span, `12:00-12:30`",
    "LawOf": "a [law](#laws)",
    "FactorLaw": "a [law](#laws) of a factor, `{gamma: {cv: 10%}}`",
    "Rates": "a number, a list, or `24/h`",
    "Contacts": "a bare number",
    "ManyContacts": "a number or a list",
    "Profile": "a list of weights",
    "Agents": "a whole number or a list",
    "Shrinkage": "a share, or `{planned: 18%, unplanned: 9%}`",
    "SkillTime": "a factor, `120%`, or a mean, `4 min`",
    "SkillResolution": "`+9 points`, or a share",
    "Limit": "as the figure: `80%`, `20s`, `1.2`; or `target`",
    "Exceptions": "hours by date, `{2026-12-24: 08:00-14:00, 2026-12-31: closed}`",
    "RoutingParts": "`true`, `false`, or a list of `ranks`, `skills`, `reserves`, `delays`",
    "Opening": "`08:00-20:00`, or by weekday `{mon-fri: 08:00-20:00}`",
    "SegmentPatience": "a [law](#laws), or `{factor: 0.7}`",
    "Moment": "`08:30:05` or `2026-03-02T08:30:05Z`",
    "Month": "a month, `2026-07`",
    "Months": "whole months, `2 months`",
    "People": "a whole number of people",
    "LeavingOf": "`2.5% per month`, `30% per year`, or a map of both kinds of people",
    "WeekHours": "hours, `38 h`",
    "Training": "a time, `4 weeks`",
    "Productivity": "a list of shares, `[60%, 80%]`, or `{handle_time: [160%, 125%]}`",
    "Shrinkages": "a share, or a list by month",
    "Columns": "a map, `{date: Call Date}`",
}
# Defaults that depend on other values: `cxsim.scenario.io.defaults` fills them in.
FILLED_IN = {"segments.share": "what the others leave", "reasons.queue": "the reason's name"}
FILLED_IN |= {"after_contact.balked": "as `abandoned`", "after_contact.closed": "as `blocked`"}
LETTERS = {"total": "T", "queue": "Q", "reason": "R", "segment": "S", "group": "G"}


# --- The scenario ---------------------------------------------------------------------------------------------------


def scenario() -> str:
    """Every part of the format: where it stands, its keys, how they are written, their defaults."""
    places: dict[type[BaseModel], list[str]] = {}
    for place, model in _parts(Scenario, ""):
        places.setdefault(model, []).append(place)
    out = []
    for model, where in places.items():
        if not all(info.description for info in model.model_fields.values()):
            continue  # small maps, written out where they are used
        heading = f"`{where[0]}`" if where[0] else "The file"
        out += [f"### {heading}", "", (model.__doc__ or "").strip(), ""]
        if len(where) > 1:
            out += ["Also at " + ", ".join(f"`{one}`" for one in where[1:]) + ".", ""]
        out += ["| key | written as | default | meaning |", "|---|---|---|---|"]
        part = where[0].removesuffix(".NAME").rpartition(".")[2]
        out += [_row(name, info, part) for name, info in model.model_fields.items()]
        out.append("")
    return "\n".join(out)


def _parts(model: type[BaseModel], place: str) -> Iterator[tuple[str, type[BaseModel]]]:
    yield place, model
    for name, info in model.model_fields.items():
        here = f"{place}.{_key(name, info)}".lstrip(".")
        at = shape_of(info)
        if at.kind in ("map", "list") and at.item is not None:
            here, at = here + (".NAME" if at.kind == "map" else "[…]"), at.item
        if at.model is not None:
            yield from _parts(at.model, here)


def _key(name: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    return str(info.alias or (alias.choices[0] if isinstance(alias, AliasChoices) else name))


def _row(name: str, info: FieldInfo, part: str) -> str:
    key = _key(name, info)
    default = FILLED_IN.get(f"{part}.{key}") or _default(info)
    return f"| `{key}` | {_written(info)} | {default} | {_cell(info.description or '')} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "\\{").replace("}", "\\}")


def _written(info: FieldInfo) -> str:
    at = shape_of(info)
    if at.model is not None:
        inner = at.model.model_fields
        if not all(one.description for one in inner.values()):
            return "`{" + ", ".join(f"{key}: {_example(one)}" for key, one in inner.items()) + "}`"
        return "a map, below"
    if at.kind in ("map", "list") and at.item is not None and at.item.model is not None:
        return "a map by name, below" if at.kind == "map" else "a list of maps, below"
    kind = _kind(info)
    if at.kind in ("map", "list"):
        inside = next(iter(_kinds(info.annotation)), "")
        if at.kind == "map":
            return "a map by name: " + WRITTEN.get(inside, "anything")
        return f"a list: {WRITTEN.get(inside, 'text')}"
    choices = _choices(info.annotation)
    if choices:
        return " or ".join(f"`{choice}`" for choice in choices)
    if kind:
        return WRITTEN[kind]
    return "a map of paths to values" if get_origin(info.annotation) is dict else "see below"


def _example(info: FieldInfo) -> str:
    return {"Share": "80%", "Seconds": "20s"}[_kind(info)]


_BY_VALIDATOR = {
    id(part): name
    for name, annotation in vars(fields).items()
    if get_origin(annotation) is Annotated
    for part in get_args(annotation)
    if isinstance(part, PlainValidator)
}


def _kind(info: FieldInfo) -> str:
    """The name in `cxsim.scenario.model.fields` of what a field takes; empty for none of them."""
    for part in info.metadata:
        if isinstance(part, PlainValidator):
            return _BY_VALIDATOR[id(part)]
    if get_origin(info.annotation) in (Union, types.UnionType):
        return next(iter(_kinds(info.annotation)), "")
    return ""


def _kinds(annotation: Any) -> Iterator[str]:
    """What a map or list holds, the keys left out."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from (_BY_VALIDATOR[id(part)] for part in inner if isinstance(part, PlainValidator))
    else:
        for part in inner[1:] if origin is dict else inner:
            yield from _kinds(part)


def _choices(annotation: Any) -> tuple[Any, ...]:
    from typing import Literal

    if get_origin(annotation) is Literal:
        return get_args(annotation)
    for part in get_args(annotation):
        if found := _choices(part):
            return found
    return ()


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = written_default(info)
    if value is None:
        return "–"
    if isinstance(value, dict) and "exponential" in value:
        return f"`{value['exponential']['mean']}`, exponential"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


# --- Laws, figures, commands ----------------------------------------------------------------------------------------


def laws_of_time() -> str:
    """Every law with its parameters."""
    out = ["| law | takes | is |", "|---|---|---|"]
    for name, entry in LAWS.items():
        forms = " or ".join(" and ".join(f"`{one}`" for one in form) for form in entry.forms if form) or "nothing"
        if entry.optional:
            forms += "; perhaps " + ", ".join(f"`{one}`" for one in entry.optional)
        out.append(f"| `{name}` | {forms} | {entry.sentence} |")
    out += ["", "| parameter | of | is |", "|---|---|---|"]
    seen: dict[tuple[str, str], list[str]] = {}
    for name, entry in LAWS.items():
        for key, parameter in entry.parameters.items():
            seen.setdefault((key, parameter.sentence), []).append(name)
    for (key, sentence), names in seen.items():
        out.append(f"| `{key}` | {', '.join(names)} | {sentence} |")
    return "\n".join(out)


def figures() -> str:
    """Every figure of the registry, those that follow a service level by name left to `sl_definitions`."""
    out = ["| figure | formula | unit | scopes |", "|---|---|---|---|"]
    named = {f"sl_{name}" for name in SL_DEFINITIONS}
    return "\n".join([*out, *(_figure(figure) for name, figure in REGISTRY.items() if name not in named)])


def _figure(figure: Figure) -> str:
    scopes = " ".join(letter for scope, letter in LETTERS.items() if scope in figure.scopes)
    title = "" if figure.title == figure.name else f"**{figure.title}**: "
    return f"| `{figure.name}` | {title}{figure.formula} | {figure.unit or 'number'} | {scopes} |"


def sl_definitions() -> str:
    """The service levels by name."""
    rows = [f"| `{name}` | `sl_{name}` | {definition.formula} |" for name, definition in SL_DEFINITIONS.items()]
    return "\n".join(["| definition | figure | formula |", "|---|---|---|", *rows])


def import_tables() -> str:
    """The tables of an import, column by column."""
    from cxsim.importing.canonical import TABLES

    out = []
    for name, columns in TABLES.items():
        out += [f"### {name}.csv", "", "| column | holds | meaning |", "|---|---|---|"]
        out += [f"| `{column.name}` | {column.kind} | {_cell(column.says)} |" for column in columns] + [""]
    return "\n".join(out)


def import_keys() -> str:
    """The keys of a mapping, the roles of each layout, and what events may mean."""
    from cxsim.importing.canonical import NEEDED, ROLES, SAYS
    from cxsim.importing.mapping import CHOICES, EVENTS, KEYS

    out = ["| key | meaning | written as |", "|---|---|---|"]
    for key, says in KEYS.items():
        written = " or ".join(f"`{choice}`" for choice in CHOICES.get(key, ()) if choice) or "see below"
        out.append(f"| `{key}` | {_cell(says)} | {written if key in CHOICES else '–'} |")
    out += ["", "| layout | needs | may have |", "|---|---|---|"]
    for layout, roles in ROLES.items():
        rest = [role for role in roles if role not in NEEDED[layout] and role not in ("on", "shift")]
        needs = ", ".join(f"`{role}`" for role in NEEDED[layout])
        out.append(f"| `{layout}` | {needs} | {', '.join(f'`{role}`' for role in rest)} |")
    out += ["", "| role | meaning |", "|---|---|"]
    out += [f"| `{role}` | {says} |" for role, says in SAYS.items()]
    out += ["", "| event | a contact or agent … |", "|---|---|"]
    out += [f"| `{event}` | {says} |" for event, says in EVENTS.items()]
    return "\n".join(out)


def import_sources() -> str:
    """The known sources as a table with a link to the page of each."""
    from cxsim.importing.sources import sources

    out = ["| source | what it is | layout | recognized by its columns |", "|---|---|---|---|"]
    for name, one in sources().items():
        known = "yes" if one.signature else "no, name it with `--source`"
        out.append(f"| [`{name}`](sources/{name}.md) | {_cell(one.title)} | `{one.plan.layout}` | {known} |")
    return "\n".join(out)


def import_source(name: str) -> str:
    """One source: each column that is read and what it means, which rows count, and what the file cannot tell."""
    from cxsim.importing.canonical import ROLES, SAYS, TABLES
    from cxsim.importing.mapping import EVENTS
    from cxsim.importing.sources import sources

    one = sources()[name]
    plan, kinds = one.plan, ROLES[one.plan.layout]
    meant = {column.name.removesuffix("_s"): column.says for table in TABLES.values() for column in table} | SAYS
    meant |= {column.name: column.says for column in TABLES.get(plan.layout, ())}
    known = "the file is recognized by its columns." if one.signature else "the file has no header that tells it."
    out = [f"Columns from: {_cell(one.columns_from)}.", "", "```sh", f"cxsim import FILE --source {name}", "```", ""]
    out += [
        f"Each row is {_ROWS[plan.layout]}; {known}",
        "",
        "| column of the file | read as | meaning | unit, values |",
    ]
    out.append("|---|---|---|---|")
    for role, spec in plan.columns.items():
        notes = [spec.unit] if spec.unit else []
        notes += ["a total, divided by its contacts"] if spec.per == "total" else []
        notes += [f"{_code(text)} is {_code(what)}" for text, what in spec.values.items()]
        notes += [f"{' and '.join(map(_code, spec.blanks))} stand for nothing"] if spec.blanks else []
        notes += ["a part of its text"] if spec.pattern else []
        where = " + ".join(map(_code, spec.columns)) or f"always {_code(spec.value)}"
        says = meant.get(role, kinds[role]).partition(", or how many")[0]
        out.append(f"| {where} | `{role}` | {_cell(says)} | {', '.join(notes) or '–'} |")
    rules = [f"Demand are rows whose {_code(c)} is {' or '.join(map(_code, v))}." for c, v in plan.demand.items()]
    rules += [f"Rows whose {_code(c)} is {' or '.join(map(_code, v))} are left out." for c, v in plan.drop.items()]
    rules += [f"Its times are of the zone {plan.timezone}."] if plan.timezone else []
    rules += ["Rows of the same interval are added."] if plan.duplicates == "add" else []
    rules += ["A blank cell is 0."] if plan.blanks == "zero" else []
    rules += ["Shares are fractions, 0 to 1."] if plan.percent == "fraction" else []
    rules += [f"The file has no header; its columns are {', '.join(map(_code, plan.names))}."] if plan.names else []
    out += ["", *(f"- {rule}" for rule in rules)]
    if plan.events:
        out += ["", "| event of the file | the contact or agent … |", "|---|---|"]
        out += [f"| {_code(text)} | {EVENTS[str(what)]} |" for text, what in plan.events.items()]
    if one.limits:
        out += ["", "What it cannot tell, or what to know:", "", *(f"- {_cell(limit)}" for limit in one.limits)]
    return "\n".join(out)


def _code(text: object) -> str:
    return f"`{_cell(str(text))}`"


_ROWS = {
    "contacts": "a contact",
    "segments": "a segment (leg) of a contact",
    "events": "an event of a contact or agent",
    "intervals": "an interval of a queue",
    "staffing": "a spell or a change of state of an agent",
    "roster": "an agent, with a column for each day",
}


def commands() -> str:
    """The help of every command."""
    import click

    from cxsim.cli import COMMANDS, cli

    out = []
    for name in COMMANDS:
        context = click.Context(cli, info_name="cxsim")
        command = cli.get_command(context, name)  # type: ignore[attr-defined]
        inner = click.Context(command, info_name=name, parent=context, terminal_width=84, max_content_width=84)
        out += [f"## `cxsim {name}`", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(out)


def search_params() -> str:
    """Every constant of the search."""
    from cxsim.optimizer.search_params import SearchParams

    rows = [
        f"| `{row['name']}` | {row['default']:g} | {row['unit']} | {row['range']} | {_cell(row['why'])} |"
        for row in SearchParams.table()
    ]
    return "\n".join(["| field | default | unit | range | what and why |", "|---|---|---|---|---|", *rows])


def published() -> str:
    """The published results: what each says, its source, the command, the chart."""
    parts = []
    for name, one in RESULTS.items():
        kinds = sorted({check.kind for check in one.checks} | ({"printed"} if one.printed else set()))
        beside = {"exact": "exact values", "limit": "limits or approximations", "printed": "printed values"}
        against = " and ".join(beside[kind] for kind in kinds)
        findings = "".join(f" Finding: {finding.says}." for finding in one.findings)
        parts.append(
            f"## {one.title}\n\n{one.says} *Source: {one.source}.* Compared with {against}.{findings}\n\n"
            f"`cxsim reproduce {name}` runs `scenarios/{one.scenario}.yaml`.\n\n"
            f"![{one.title}: every figure in per cent of its reference](../images/published/{name}.png)\n"
        )
    return "\n".join(parts)


MAKERS: dict[str, Callable[[], str]] = {
    "scenario": scenario,
    "laws": laws_of_time,
    "figures": figures,
    "published": published,
    "sl-definitions": sl_definitions,
    "commands": commands,
    "import-tables": import_tables,
    "import-keys": import_keys,
    "import-sources": import_sources,
    "search-params": search_params,
    "result-tables": table_schema.pages,
}
OF_SOURCE = "source-"
_MARK = re.compile(r"^<!-- generated: ([\w-]+) -->$", re.MULTILINE)


def fill(text: str) -> str:
    """A page with its generated parts in place; KeyError for one that nothing makes."""
    return _MARK.sub(lambda match: _made(match[1]), text)


def _made(name: str) -> str:
    return import_source(name.removeprefix(OF_SOURCE)) if name.startswith(OF_SOURCE) else MAKERS[name]()


if __name__ == "__main__":
    print(_made(sys.argv[1]))
