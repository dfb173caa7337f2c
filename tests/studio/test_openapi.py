"""What the service says of itself, and what it loads before it listens."""

import subprocess
import sys

STREAMS = ("/api/what-if", "/api/customers", "/api/levers", "/api/explain", "/api/data/read", "/api/keep/report")


def test_the_description_names_every_answer_and_refusal(client):
    paths = client.get("/api/openapi.json").json()["paths"]
    for path, operations in paths.items():
        for method, one in operations.items():
            answers = one["responses"]
            assert {"200", "400", "401", "413", "422"} <= set(answers), (path, method)
            refusal = answers["422"]["content"]["application/json"]["schema"]
            assert set(answers["422"]["content"]) == {"application/json"} and refusal["required"] == ["faults"], path
    for path in STREAMS:
        assert list(paths[path]["post"]["responses"]["200"]["content"]) == ["application/x-ndjson"], path
    assert "text/event-stream" in paths["/api/plan/events"]["get"]["responses"]["200"]["content"]
    assert "text/html" in str(paths["/api/keep/file"]["get"]["responses"]["200"]["content"])


def test_a_body_that_is_not_text_is_refused_as_such(client, desk):
    told = client.post("/api/plan/cells", params=desk, content=b"\xff{", headers={"content-type": "application/json"})
    assert told.status_code == 400 and told.json()["faults"][0]["rule"] == "the body is not JSON in UTF-8"


def test_the_service_answers_before_it_loads_what_the_first_page_does_not_need():
    code = "import sys, cxsim.studio.app; print(*(name for name in sys.modules if name.startswith('cxsim.')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    later = ("cxsim.optimizer.optimize", "cxsim.optimizer.frontier", "cxsim.importing", "cxsim.calibrate")
    assert [name for name in done.stdout.split() if name.startswith((*later, "cxsim.studies"))] == []
