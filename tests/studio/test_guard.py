"""Who may speak to the studio, and how much they may say."""

import pytest
from studio_world import BEARER, HOST, TOKEN

from cxsim.studio.guard import LARGEST_BODY, POLICY


def said(answer):
    return answer.json()["faults"][0]["message"]


def test_nobody_is_let_in_without_the_cookie_or_the_token(stranger):
    answer = stranger.get("/api/session")
    assert answer.status_code == 401
    assert "use the address that `cxsim studio` printed" in said(answer)


def test_the_token_of_the_address_gives_a_cookie_once(stranger):
    answer = stranger.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie and TOKEN not in cookie
    assert stranger.get("/api/session").status_code == 200
    stranger.cookies.clear()
    assert stranger.get(f"/?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("token", ["", "other", TOKEN.upper(), TOKEN + "x"])
def test_another_token_gives_nothing(stranger, token):
    answer = stranger.get(f"/?token={token}")
    assert answer.status_code == 401 and "set-cookie" not in answer.headers


def test_a_forged_cookie_is_refused(stranger):
    stranger.cookies.set("cxsim-studio-8765", "k" * 42)
    assert stranger.get("/api/session").status_code == 401


def test_programs_bring_a_token_of_their_own(stranger):
    assert stranger.get("/api/session", headers={"authorization": f"Bearer {BEARER}"}).status_code == 200
    assert stranger.get("/api/session", headers={"authorization": "Bearer wrong"}).status_code == 401


@pytest.mark.parametrize("host", ["evil.example:8765", "127.0.0.1", "127.0.0.1:80", "", "localhost.evil.example:8765"])
def test_another_host_is_refused_even_with_the_cookie(client, host):
    assert client.get("/api/session", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:8765", "http://127.0.0.1:9999"])
def test_another_origin_is_refused_even_with_the_cookie(client, desk, origin):
    answer = client.post("/api/plan/undo", params=desk, headers={"origin": origin})
    assert answer.status_code == 403
    assert "another web page cannot use the studio" in said(answer)


def test_its_own_origin_is_not_refused(client):
    assert client.get("/api/session", headers={"origin": f"http://{HOST}"}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_another_site_started_is_refused(client, site):
    assert client.get("/api/session", headers={"sec-fetch-site": site}).status_code == 403


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(client, desk):
    large = b"[" + b" " * LARGEST_BODY + b"]"
    assert client.post("/api/plan/cells", params=desk, content=large).status_code == 413
    pieces = (large[i : i + 65536] for i in range(0, len(large), 65536))
    assert client.post("/api/plan/cells", params=desk, content=pieces).status_code == 413


@pytest.mark.parametrize("path", ["/api/session", "/api/nothing", "/"])
def test_every_answer_carries_the_strict_headers(client, path):
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY and "default-src 'none'" in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
