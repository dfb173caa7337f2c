"""The forms of the Scenario screen: a text as a tree with lines, faults at their paths, and edits of the text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, Field

from cxsim.scenario.io import edit_text
from cxsim.scenario.io.faults import Fault, ScenarioError, dotted, shown
from cxsim.scenario.io.faults import Path as Place
from cxsim.scenario.io.form_schema import form_schema
from cxsim.scenario.io.renaming import NAMED, renaming
from cxsim.scenario.io.yaml_tree import Marks, load, plain_scalar
from cxsim.studio.fields import PathQuery, Text
from cxsim.studio.guard import LARGEST_BODY
from cxsim.studio.texts import faults

if TYPE_CHECKING:
    from cxsim.studio.desk import Desk

MOST_STEPS = 2000  # of one edit
_NAME = "text"  # of the file, in places of `load`
Step = Annotated[int, Field(ge=0, le=100_000)] | Text
At = Annotated[list[Step], Field(min_length=1, max_length=12)]


class Change(BaseModel):
    """One step of an edit.

    `put` writes a `value`, or one as it was `typed`: a number, truth value or text as YAML reads it without quotes, or
    a list or map in brackets or braces where `typed` begins with one. `remove` takes a key or an entry of a list out.
    `rename` gives a key the name `typed`, and what names it too where it is a queue, group, reason or the like.
    """

    do: Literal["put", "remove", "rename"]
    path: At
    typed: Annotated[str, Field(max_length=100_000)] | None = None
    value: Any = None


class FormEdit(BaseModel):
    """A text, and the steps that change it."""

    text: Annotated[str, Field(max_length=LARGEST_BODY)]
    steps: Annotated[list[Change], Field(max_length=MOST_STEPS)] = []


def add(app: FastAPI, desk: Desk) -> None:
    """Add the addresses of the forms."""

    @app.get("/api/scenario/schema")
    def schema() -> dict[str, Any]:
        """The JSON Schema of a scenario, with defaults as written, units, and the places that name its parts."""
        return form_schema()

    @app.post("/api/scenario/form")
    def form(path: PathQuery, edit: FormEdit) -> dict[str, Any]:
        """A text after steps: the text, its values by place, and every fault with line, column and place.

        Nothing is written. Steps that cannot be made are refused as a whole. Without steps the text may be anything;
        `tree` is null where it cannot be read as YAML.
        """
        text = edited(edit.text, edit.steps) if edit.steps else edit.text
        found = faults(desk.workspace, path, text, run_policies=desk.run_policies)
        tree, marks, broken = load(text.encode("utf-8", "replace"), _NAME)
        readable = not broken and isinstance(tree, dict)
        by_text = {dotted(at): at for at in marks}
        return {
            "text": text,
            "faults": [{**one, "at": _place(one["path"], by_text)} for one in found],
            "tree": _node(tree, (), marks) if readable else None,
        }


def edited(text: str, changes: list[Change]) -> str:
    """The text after changes, one after the other. ScenarioError where one cannot be made."""
    steps: list[edit_text.Step] = []
    for change in changes:
        at: Place = tuple(change.path)
        if change.do == "remove":
            steps.append(edit_text.Remove(at))
        elif change.do == "put":
            steps.append(edit_text.Put(at, change.value if change.typed is None else typed(change.typed, at)))
        elif not change.typed:
            raise ScenarioError([Fault("request", dotted(at), "", "has no name", "type a name")])
        elif len(at) == 2 and at[0] in NAMED:
            text = edit_text.applied(text, steps)
            tree, _, _ = load(text.encode(), _NAME)
            steps = renaming(tree, str(at[0]), str(at[1]), change.typed)
        else:
            steps.append(edit_text.Rename(at, change.typed))
    return edit_text.applied(text, steps)


def typed(text: str, at: Place) -> Any:
    """What was typed in a field, as a value: text is quoted where YAML would read it as something else.

    ScenarioError for a list or map that is not closed.
    """
    line = " ".join(text.split())
    if line[:1] not in ("[", "{"):
        return plain_scalar(line)
    tree, _, broken = load(f"v: {line}".encode(), _NAME)
    if broken or not isinstance(tree, dict):
        rule = broken[0].rule if broken else "is not a list or map"
        raise ScenarioError([Fault("request", dotted(at), shown(text), rule, "close every bracket and brace")])
    return tree["v"]


def _node(value: Any, at: Place, marks: Marks) -> dict[str, Any]:
    """A value with its line: `map` as pairs in their order, `list`, or `text` as it was written."""
    mark = marks[at]
    line = int(mark.key.split(":")[1])
    if isinstance(value, dict):
        return {"line": line, "map": [[key, _node(item, (*at, key), marks)] for key, item in value.items()]}
    if isinstance(value, list):
        return {"line": line, "list": [_node(item, (*at, n), marks) for n, item in enumerate(value)]}
    return {"line": line, "text": mark.text, "kind": "text" if isinstance(value, str) else "number"}


def _place(path: str, by_text: dict[str, Place]) -> list[str | int]:
    """The steps of a dotted path: as they are in the text, then what is not there."""
    steps = path.split(".") if path else []
    for n in range(len(steps), -1, -1):
        ahead = by_text.get(".".join(steps[:n]))
        for k in reversed(range(n)):  # one entry may stand for a list of one
            if ahead is None and steps[k] == "0":
                ahead = by_text.get(".".join(steps[:k] + steps[k + 1 : n]))
        if ahead is not None:
            return [*ahead, *(int(step) if step.isdigit() else step for step in steps[n:])]
    return []
