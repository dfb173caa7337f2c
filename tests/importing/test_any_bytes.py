"""Whatever the bytes of a file: it is read and saved, or refused with faults; nothing else happens."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest
from made import CONTACTS, INTERVALS

import cxsim
from cxsim.importing.sources import sources

HERE = Path(__file__).with_name("files")
ROSTER = b"Agent,Team,Mon,Tue,Wed,Thu,Fri,Lunch\nA,x,8:00-16:30,off,8-16,leave,9:00-15:00,30 min\n"
BITS = [b",", b";", b"\n", b'"', b"0", b"-", b"24:00", b"99", b"\xe9", b"\xff", b"Total", b"%", b"1e400", b"1e200"]
BITS += [b"nan", b"2026-03-29T02:30:00", b"9999-99-99", b"{", b"}", b"\t", b"=1+1", b"0001-01-01", b"2300-01-01 08:00"]


def spoilt(text: bytes, rng: random.Random) -> bytes:
    out = bytearray(text)
    for _ in range(rng.randint(0, 6)):
        at = rng.randrange(len(out) + 1)
        if rng.random() < 0.5:
            out[at:at] = rng.choice(BITS)
        else:
            del out[at : at + rng.randint(1, 12)]
    return bytes(out)


@pytest.mark.parametrize("seed", range(4))
def test_any_bytes_are_read_or_refused(seed, tmp_path):
    rng = random.Random(seed)
    texts = [path.read_bytes() for path in sorted(HERE.iterdir())] + [CONTACTS.encode(), INTERVALS.encode(), ROSTER]
    choices = {
        "timezone": ("local", "Europe/London", "America/New_York"),
        "dates": ("dmy", "mdy", "ymd"),
        "layout": ("contacts", "segments", "intervals", "staffing", "events", "roster"),
        "duplicates": ("add", "first", "last", "drop"),
        "unreadable": ("drop",),
        "week_of": ("2026-11-02",),
    }
    read = 0
    for _ in range(100):
        path = tmp_path / "a.txt"
        path.write_bytes(spoilt(rng.choice(texts), rng))
        given = {key: rng.choice(some) for key, some in choices.items() if rng.random() < 0.4}
        source = rng.choice(list(sources())) if rng.random() < 0.2 else None
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                cxsim.read_export(path, set=given, source=source).save(tmp_path / "out")
                read += 1
            except cxsim.ExportError as error:
                assert error.faults and all(fault.rule and fault.fix for fault in error.faults)
    assert read > 2
