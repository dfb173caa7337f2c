"""The example scenarios that come with the program, each with the tables, policies and scenarios that it names."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath

from cxsim.scenario.model.nearest_names import nearest

PACKAGE = Path(__file__).parents[1]
_FILE = re.compile(r"(?:file|policy|scenario):\s*[\"']?([\w./-]+\.(?:csv|xlsx|py|yaml))")


@cache
def folder() -> Path:
    """Where the examples are: in the package, or in the repository of one that runs from its sources."""
    places = (PACKAGE / "examples", PACKAGE.parent / "scenarios")
    return next((place for place in places if (place / "quickstart.yaml").is_file()), places[0])


@cache
def names() -> tuple[str, ...]:
    """The examples by name: their path below `folder` without its ending."""
    found = (path.relative_to(folder()).with_suffix("").as_posix() for path in folder().rglob("*.yaml"))
    return tuple(sorted(found, key=lambda name: (name.count("/"), name)))


def named(name: str) -> str:
    """The example of a name, in full or by its last part. ValueError with what there is."""
    plain = name.removesuffix(".yaml").removeprefix("scenarios/")
    fits = [one for one in names() if plain == one] or [one for one in names() if one.endswith(f"/{plain}")]
    if len(fits) == 1:
        return fits[0]
    near = nearest(plain, names())
    fix = f"did you mean {near!r}? " if near else ""
    raise ValueError(f"{name!r} is not an example; {fix}the examples are {', '.join(names())}")


def files(name: str) -> tuple[str, ...]:
    """The files of an example, itself first: paths below `folder`, each named by one before it.

    Tables for other commands, such as the people of a roster, lie in the folder of the example's name.
    """
    found = [f"{name}.yaml"]
    for one in found:  # grows on the way
        path = folder() / one
        if path.suffix == ".yaml":
            for given in _FILE.findall(path.read_text(encoding="utf-8")):
                inside = (path.parent / given).resolve()
                place = inside.relative_to(folder().resolve()).as_posix()
                if place not in found:
                    found.append(place)
        notice = PurePosixPath(one).parent / "NOTICE.md"
        if notice.as_posix() not in found and (folder() / notice).is_file():
            found.append(notice.as_posix())
    others = sorted((folder() / name).glob("*.csv"))
    found += [f"{name}/{one.name}" for one in others if f"{name}/{one.name}" not in found]
    return tuple(found)
