"""`cxsim frontier`: levels as they are written."""

import click
import pytest

from cxsim.cli.frontier import read_targets


def test_levels_are_read():
    assert read_targets(("fcr_true=85%,80%", "sl=90%")) == {"fcr_true": [0.8, 0.85], "sl": [0.9]}


@pytest.mark.parametrize("text", ["asa=30s", "sl", "sl=much"])
def test_wrong_levels_are_refused(text):
    with pytest.raises(click.ClickException):
        read_targets((text,))
