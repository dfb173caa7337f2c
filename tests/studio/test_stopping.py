"""Imports and calibrations tell how far they are, and end without a trace when the page stops them."""

import json

import pytest
from studio_world import calls

SETTLED = {"dates": "dmy", "timezone": "Europe/Paris", "columns.wait.unit": "s", "columns.talk.unit": "s"}


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def imported(client):
    sent = client.post("/api/data/upload", params={"name": "calls.csv"}, content=calls(days=2).encode())
    assert sent.status_code == 200, sent.text
    return client.post("/api/data/import", json={"files": ["calls.csv"], "settings": SETTLED, "folder": "march"})


def test_an_import_and_a_calibration_tell_how_far_they_are(client, monkeypatch):
    from cxsim.studio import streams

    monkeypatch.setattr(streams, "OFTEN", 0.0)
    asked = {"folders": ["results/march"], "folder": "made", "replications": 2}
    for told in (lines(imported(client)), lines(client.post("/api/data/calibrate", json=asked))):
        steps = [line["progress"] for line in told if "progress" in line]
        assert len(steps) >= 4 and steps == sorted(steps) and steps[-1][0] == steps[-1][1]
        assert "result" in told[-1]


@pytest.mark.parametrize("calls_before", [1, 3])
def test_what_is_stopped_writes_nothing(client, folder, calls_before):
    from cxsim.studio.calibrating import calibrated
    from cxsim.studio.streams import GivenUp

    assert lines(imported(client))[-1]["result"]["folder"] == "results/march"
    count = 0

    def tell(done, expected):
        nonlocal count
        count += 1
        if count > calls_before:
            raise GivenUp

    before = {path.name for path in (folder / "results").iterdir()}
    with pytest.raises(GivenUp):
        calibrated([folder / "results" / "march"], folder / "results" / "made", "", 1800.0, 2, tell)
    assert {path.name for path in (folder / "results").iterdir()} == before
