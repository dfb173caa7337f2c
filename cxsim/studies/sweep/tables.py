"""The tables of a sweep: its points, and the one long table made of the chunks, the same bytes however it ran."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from cxsim.studies.sweep.design import Design
from cxsim.studies.sweep.store import CHUNK, POINTS, TABLE, Store

ROWS = 1 << 17  # rows of a row group
SETTINGS: dict[str, Any] = {"compression": "zstd", "compression_level": 3, "version": "2.6", "write_statistics": True}


class Place(NamedTuple):
    """Where the rows of a point lie."""

    chunk: str
    start: int
    rows: int


def index(store: Store, version: str, mend: bool = False) -> dict[str, Place]:
    """Where the rows of each key lie, of all chunks of this version; to `mend`, chunks that are damaged are removed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: dict[str, Place] = {}
    for name in store.names("chunks"):
        if not CHUNK.fullmatch(f"chunks/{name}"):
            continue
        try:
            with store.open(f"chunks/{name}") as file:
                whole = pq.ParquetFile(file)
                facts = json.loads((whole.metadata.metadata or {})[b"cxsim"])
                if facts["model_version"] != version:
                    continue
                units = [(str(key), int(start), int(rows)) for key, start, rows in facts["units"]]
                if mend:
                    whole.read()  # the index at its end may be whole where the rows are not
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException):
            if mend:
                store.remove(f"chunks/{name}")
            continue
        for key, start, rows in units:
            found.setdefault(key, Place(name, start, rows))
    return found


def factor_columns(design: Design, points: Any) -> dict[str, Any]:
    """The factors' columns for an array of point numbers."""
    import pyarrow as pa

    out: dict[str, Any] = {}
    for factor, column in zip(design.factors, design.columns, strict=True):
        if factor.column == "str":
            words = pa.array([str(value) for value in factor.values], pa.string())
            out[factor.name] = words.take(pa.array(column[points]))
        else:
            out[factor.name] = pa.array(column[points])
    return out


def write_points(store: Store, design: Design, keys: Sequence[str]) -> None:
    """Write every point with its key, factors, block and role."""
    import pyarrow as pa

    everyone = np.arange(len(design))
    table = pa.table(
        {
            "point": pa.array(everyone),
            "key": pa.array(keys, pa.string()),
            **factor_columns(design, everyone),
            "block": pa.array(design.block),
            "role": pa.array(design.role, pa.string()),
        }
    )
    _write(store, POINTS, table.schema, iter([table]))


def write_table(store: Store, design: Design, keys: Sequence[str], places: dict[str, Place]) -> int:
    """Write the long table of all points that have rows, in order, and count them. Needs memory for a few chunks."""
    rows = 0
    pieces = _pieces(store, design, keys, places)
    first = next(pieces, None)
    if first is None:
        store.remove(TABLE)
        return 0

    def counted() -> Iterator[Any]:
        nonlocal rows
        for piece in _regular(first, pieces):
            rows += piece.num_rows
            yield piece

    _write(store, TABLE, first.schema, counted())
    return rows


def _write(store: Store, name: str, schema: Any, pieces: Iterator[Any]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def fill(target: Any) -> None:
        with pq.ParquetWriter(target, schema, **SETTINGS) as writer:
            for piece in pieces:
                writer.write_table(piece, row_group_size=ROWS)

    if store.remote:
        out = pa.BufferOutputStream()
        fill(out)
        store.write(name, bytes(out.getvalue()))
        return
    with store.writing(name) as part:
        fill(part)


def _regular(first: Any, pieces: Iterator[Any]) -> Iterator[Any]:
    """The same rows in pieces of ROWS, so that row groups do not depend on the chunks."""
    import pyarrow as pa

    held, count = [first], first.num_rows
    while True:
        while count < ROWS:
            more = next(pieces, None)
            if more is None:
                break
            held.append(more)
            count += more.num_rows
        whole = pa.concat_tables(held).combine_chunks()
        while whole.num_rows >= ROWS:
            yield whole.slice(0, ROWS).combine_chunks()
            whole = whole.slice(ROWS)
        held, count = [whole.combine_chunks()], whole.num_rows
        more = next(pieces, None)
        if more is None:
            break
        held.append(more)
        count += more.num_rows
    if count:
        yield pa.concat_tables(held).combine_chunks()


def _pieces(store: Store, design: Design, keys: Sequence[str], places: dict[str, Place]) -> Iterator[Any]:
    """Rows of neighbouring points that lie in one chunk, with the columns of the points put before them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    read: dict[str, Any] = {}
    run: list[int] = []

    def rows_of(points: list[int]) -> Any:
        at = [places[keys[point]] for point in points]
        if at[0].chunk not in read:
            if len(read) > 8:
                read.pop(next(iter(read)))
            with store.open(f"chunks/{at[0].chunk}") as file:
                read[at[0].chunk] = pq.read_table(file)
        whole = read[at[0].chunk]
        if all(b.start == a.start + a.rows for a, b in itertools.pairwise(at)):
            rows = whole.slice(at[0].start, sum(place.rows for place in at))
        else:
            rows = pa.concat_tables([whole.slice(place.start, place.rows) for place in at])
        repeated = np.repeat(np.array(points), [place.rows for place in at])
        before = {"point": pa.array(repeated), "key": rows["key"], **factor_columns(design, repeated)}
        rest = {name: rows[name] for name in rows.column_names if name != "key"}
        return pa.table({**before, **rest})

    for point, key in enumerate(keys):
        place = places.get(key)
        if place is None:
            continue
        if run and (places[keys[run[-1]]].chunk != place.chunk or len(run) >= 2000):
            yield rows_of(run)
            run = []
        run.append(point)
    if run:
        yield rows_of(run)
