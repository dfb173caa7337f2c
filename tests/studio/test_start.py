"""What is loaded until the first answer is there, which is how long a planner waits for the page."""

import os
import subprocess
import sys

import pytest

pytest.importorskip("fastapi", reason="the studio's tests need FastAPI: pip install 'cxsim[studio]'")

# What simulating one plan and answering for it does not need: each takes 20 to 150 ms to load.
LATER = (
    "pandas",
    "pyarrow",
    "xlsxwriter",
    "matplotlib",
    "scipy.optimize",
    "highspy",
    "pulp",
    "cxsim.optimizer.search",
    "fastapi",
)
OPENED = """
import os, sys, tempfile
from pathlib import Path
from cxsim.studio.service import Service
from cxsim.studio.workspace import Workspace
service = Service(Workspace(Path(tempfile.mkdtemp())), "example:multi-skill-day")
assert service.desk.open("example:multi-skill-day").answered.wait(120)
print(*sys.modules, flush=True)
os._exit(0)  # nothing of the other screens is waited for
"""


def test_the_first_answer_loads_neither_tables_nor_workbooks_nor_the_optimizer_and_one_loop_of_the_engine():
    done = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True, check=True, env=os.environ)
    loaded = done.stdout.split()
    assert [name for name in loaded if name.startswith(LATER)] == []
    loops = {name.split(".")[3] for name in loaded if name.startswith("cxsim.engines.clock.") and "_loop" in name}
    assert loops == {"plain_loop"}
