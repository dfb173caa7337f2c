"""The service fuzzed by schemathesis with its own OpenAPI page: no 500, no answer that this page does not name.

schemathesis needs a dozen other packages, so it is not part of `cxsim[dev]`: `pip install schemathesis`, in an
environment of its own if you like, and `CXSIM_SCHEMATHESIS=that/bin/st pytest tests/studio/test_schemathesis.py`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
from studio_world import SMALL, calls

ST = os.environ.get("CXSIM_SCHEMATHESIS") or shutil.which("st") or ""
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"
EXAMPLES = os.environ.get("CXSIM_SCHEMATHESIS_EXAMPLES", "10")  # of each address
KNOWN = {  # words that lead somewhere: chance would never find them
    "path": ["desk.yaml", "other.yaml", "example:quickstart", "../desk.yaml"],
    "name": ["calls.csv", "mine.yaml", "report.html"],
    "figure": ["sl", "asa"],
    "queue": ["help"],
    "group": ["desk", "back"],
    "files": ["calls.csv"],
    "since": ["erlang", "saved"],
}


def known(schema: object) -> None:
    """Put words that lead somewhere into an OpenAPI document: of parameters and of the fields of bodies."""
    if isinstance(schema, list):
        for one in schema:
            known(one)
    if isinstance(schema, dict):
        for name, field in [*schema.get("properties", {}).items(), (schema.get("name"), schema.get("schema"))]:
            if isinstance(name, str) and name in KNOWN and isinstance(field, dict):
                of = field.get("items", field) if field.get("type") == "array" else field
                if of.get("type") == "string":
                    of["enum"] = KNOWN[name]
        for one in schema.values():
            known(one)


@pytest.mark.slow
@pytest.mark.skipif(not ST, reason="schemathesis is not installed: pip install schemathesis")
def test_no_request_of_schemathesis_makes_an_error_of_the_server(tmp_path):
    folder = tmp_path / "fuzzed"
    folder.mkdir()
    (folder / "desk.yaml").write_text(SMALL, encoding="utf-8")
    (folder / "calls.csv").write_text(calls(days=2), encoding="utf-8")
    (folder / "report.html").write_text("<p>", encoding="utf-8")
    log = tmp_path / "stderr"
    with log.open("w") as errors:
        command = [sys.executable, "-m", "cxsim", "serve", str(folder)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert server.stdout is not None
            said = server.stdout.readline() + server.stdout.readline()
            url = re.search(r"(http://\S+?)/api/", said)[1]
            bearer = {"Authorization": f"Bearer {re.search(r'Token: (.+)', said)[1]}"}
            with urllib.request.urlopen(urllib.request.Request(f"{url}/api/openapi.json", headers=bearer)) as answer:
                schema = json.load(answer)
            schema["paths"].pop("/api/plan/events")  # a stream without end
            known([one.get("parameters") for path in schema["paths"].values() for one in path.values()])
            known(schema["components"]["schemas"])
            (tmp_path / "openapi.json").write_text(json.dumps(schema), encoding="utf-8")
            done = subprocess.run(
                [
                    ST, "run", str(tmp_path / "openapi.json"), "--url", url,
                    "-H", f"Authorization: {bearer['Authorization']}", "--phases", "coverage,fuzzing",
                    "--checks", CHECKS, "-n", EXAMPLES, "--seed", "1", "--no-shrink",
                    "--request-timeout", "60", "--continue-on-failure", "--warnings", "off",
                ],
                cwd=tmp_path, capture_output=True, text=True, timeout=1800,
            )  # fmt: skip
        finally:
            server.terminate()
            server.wait(20)
    assert done.returncode == 0, done.stdout[-20000:] + done.stderr[-2000:]
    assert "Traceback" not in log.read_text()
    assert {path.name for path in tmp_path.iterdir()} <= {
        "fuzzed",
        "stderr",
        "openapi.json",
        ".hypothesis",
        ".schemathesis",
    }
