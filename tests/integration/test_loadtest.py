# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load tests of a small target on this machine: what passes, what fails, and where they do not go."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
ROLE = CHECKOUT / "roles" / "loadtest" / "files"
TARGET = CHECKOUT / "molecule" / "loadtest" / "files" / "target.py"
POST = {"path": "/messages", "method": "POST", "body": {"text": "message {n}"}, "expect": [201]}
OWN_SCENARIO = {
    "locustfile.py": "from journey import PATH\nfrom locust import FastHttpUser, constant, task\n"
    "class Visitor(FastHttpUser):\n"
    "    wait_time = constant(0.2)\n"
    "    @task\n"
    "    def look(self): self.client.get(PATH)\n",
    "journey.py": "PATH = '/own'\n",
}
# requests, which HttpUser uses, instead of geventhttpclient.
AWAY_SCENARIO = (
    "from locust import HttpUser, constant, task\n"
    "class Visitor(HttpUser):\n"
    "    wait_time = constant(0.2)\n"
    "    @task\n"
    "    def look(self): self.client.get('/away')\n"
)


@dataclass
class Result:
    """What a run left."""

    status: int
    report: dict[str, Any]
    junit: ElementTree.Element

    @property
    def line(self) -> str:
        return self.report["line"]

    @property
    def endpoints(self) -> set[str]:
        return {endpoint["name"] for endpoint in self.report["endpoints"]}


@pytest.fixture
def target() -> Iterator[str]:
    process = subprocess.Popen([sys.executable, TARGET, "0"], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.terminate()
    process.communicate()


Load = Callable[..., Result]


@pytest.fixture
def load(target: str, tmp_path: Path) -> Load:
    """Run a load test of the target, with what differs from a short one that passes."""
    usual = {"url": target, "scenario": "node", "users": 10, "duration": 4, "think_time": [0.1, 0.2], "timeout": 5}

    def run(**options: Any) -> Result:
        settings = tmp_path / "settings.json"
        output = tmp_path / "reports"
        settings.write_text(json.dumps(usual | {"output": str(output), "requests": [{"path": "/"}]} | options))
        done = subprocess.run([sys.executable, "-m", "terrace_loadtest", settings], cwd=ROLE, capture_output=True, text=True)
        assert (output / "loadtest.json").exists(), done.stderr
        report = json.loads((output / "loadtest.json").read_text())
        assert report["line"] in done.stdout
        assert "</html>" in (output / "loadtest.html").read_text()
        assert (report["verdict"] == "pass") == (done.returncode == 0) == report["line"].startswith("PASS")
        return Result(done.returncode, report, ElementTree.parse(output / "loadtest.xml").getroot())  # noqa: S314 our own

    return run


def asked(target: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{target}/asked") as answer:  # noqa: S310 ours
        return json.load(answer)


def test_requests_by_weight_with_unique_bodies(load: Load, target: str) -> None:
    thresholds = [{"error_rate": 0, "p95": 20000, "requests_per_second": 0.5}, {"endpoint": "POST /messages", "p99": 20000}]
    result = load(requests=[{"path": "/things?page={n}", "weight": 3}, POST], thresholds=thresholds)
    assert result.status == 0, result.line
    assert result.line.startswith("PASS: 10 users, ")
    assert result.endpoints == {"GET /things", "POST /messages"}
    counts = {endpoint["name"]: endpoint["requests"] for endpoint in result.report["endpoints"]}
    assert counts["GET /things"] > counts["POST /messages"] > 0
    assert asked(target)["GET /things"] == counts["GET /things"]
    assert (result.junit.get("tests"), result.junit.get("failures")) == ("9", "0")


def test_a_missed_threshold_of_one_endpoint_fails(load: Load) -> None:
    thresholds = [{"p50": 60000}, {"endpoint": "GET /slow", "p95": 200}, {"endpoint": "GET /none", "p95": 200}]
    result = load(requests=[{"path": "/slow"}, {"path": "/"}], thresholds=thresholds)
    assert result.status == 1
    assert "p50 of" not in result.line
    assert "p95 of GET /slow is " in result.line
    assert "p95 of GET /none was not measured" in result.line
    assert [case.get("name") for case in result.junit if case.find("failure") is not None] == [
        "p95 of GET /slow at most 200 ms",
        "p95 of GET /none at most 200 ms",
    ]


def test_unexpected_statuses_fail(load: Load) -> None:
    result = load(requests=[POST | {"body": "again"}], thresholds=[{"error_rate": 0}], abort_seconds=60)
    assert result.status == 1
    assert result.report["total"]["requests"] - result.report["total"]["failures"] == 1
    assert result.report["errors"][0]["error"] == "status 409, not 201"


@pytest.mark.parametrize("custom", [False, True], ids=["geventhttpclient", "requests"])
def test_redirects_to_other_hosts_are_refused(load: Load, tmp_path: Path, custom: bool) -> None:
    file = tmp_path / "away.py"
    file.write_text(AWAY_SCENARIO)
    result = load(requests=[{"path": "/away"}], **({"scenario": "custom", "locustfile": str(file)} if custom else {}))
    assert result.status == 1
    assert set(result.report["refused"]) == {"elsewhere.example.com"}
    assert "refused: elsewhere.example.com (" in result.line


@pytest.mark.parametrize("allowed", [[], ["*.example.com", "example.org"]])
def test_hosts_that_are_not_on_the_list_are_not_asked(load: Load, allowed: list[str]) -> None:
    result = load(url="http://notexample.com", allowed_hosts=allowed)
    assert result.status == 1
    assert set(result.report["refused"]) == {"notexample.com"}
    assert "no request was answered" in result.line


def test_hopeless_runs_end_early(load: Load) -> None:
    result = load(requests=[{"path": "/broken"}], abort_seconds=1, duration=120)
    assert result.status == 1
    assert result.report["seconds"] < 60
    assert "requests failed within 1 s" in result.line


def test_nobody_there(load: Load) -> None:
    result = load(url="http://127.0.0.1:9")
    assert result.status == 1
    assert "no request was answered" in result.line


def test_users_who_are_not_reached_fail_a_run(load: Load) -> None:
    result = load(users=60, spawn_rate=5)
    assert result.status == 1
    assert " of 60 users were reached" in result.line


def test_own_scenario_in_two_processes_under_another_name(load: Load, target: str, tmp_path: Path) -> None:
    for name, content in OWN_SCENARIO.items():
        (tmp_path / name).write_text(content)
    result = load(
        url=target.replace("127.0.0.1", "shop.example.com"),
        addresses={"shop.example.com": "127.0.0.1"},
        scenario="custom",
        locustfile=str(tmp_path / "locustfile.py"),
        processes=2,
        duration=6,
    )
    assert result.status == 0, result.line
    assert result.endpoints == {"GET /own"}
    assert len(result.report["generator"]["processes"]) == 2


def test_readers_and_members_of_a_site(load: Load, target: str) -> None:
    site = {"member_share": 0.5, "user": "reader", "password": "secret"}
    result = load(scenario="wordpress", wordpress=site, users=20, duration=5)
    assert result.status == 0, result.line
    assert {"GET home", "GET post", "GET feed", "GET member post", "POST log in"} <= result.endpoints
    seen = asked(target)
    # The feed calls the site by another name, which nobody asks.
    assert seen["GET /2026/hello/"] > 0
    assert 0 < seen["member"] < sum(count for path, count in seen.items() if path.startswith("GET"))


def test_members_with_a_wrong_password_fail(load: Load) -> None:
    site = {"member_share": 1, "user": "reader", "password": "wrong"}
    result = load(scenario="wordpress", wordpress=site, thresholds=[{"error_rate": 0}])
    assert result.status == 1
    assert {error["endpoint"] for error in result.report["errors"]} == {"POST log in"}


def test_pages_that_are_cut_off_fail(load: Load) -> None:
    result = load(scenario="wordpress", wordpress={"posts": ["/half"], "weights": {"home": 0, "feed": 0, "search": 0}})
    assert result.status == 1
    assert result.report["errors"][0]["error"] == "no </html> in the answer"
