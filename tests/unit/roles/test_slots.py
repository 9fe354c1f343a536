# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that replaces an app in its slots, with a systemd that is played."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[3] / "roles/node_app/files/slots.py"


class Host:
    """A host with an app in slots: its files, its units, and what its releases are worth."""

    def __init__(self, directory: Path) -> None:
        self.program = runpy.run_path(str(PROGRAM))
        self.app, self.configuration = directory / "srv", directory / "etc"
        (self.app / "slots").mkdir(parents=True)
        self.configuration.mkdir()
        for name in ("environment", "secrets", "unit"):
            (self.configuration / name).write_text(f"{name} 1")
        self.settings = self.configuration / "slots.json"
        self.settings.write_text(
            json.dumps(
                {
                    "name": "app",
                    "group": "app",
                    "directory": str(self.app),
                    "configuration": str(self.configuration),
                    "unit": str(self.configuration / "unit"),
                    "ports": {"a": 13000, "b": 23000},
                    "health_path": "/health",
                    "successes": 3,
                    "timeout": 0,
                    "drain_timeout": 1,
                }
            )
        )
        self.running: dict[str, int] = {}
        self.enabled: set[str] = set()
        self.calls: list[str] = []
        self.answers: dict[str, list[bool]] = {}
        self.crashes = 0
        self.open = 0
        names = self.program["main"].__globals__
        names["systemctl"] = self.systemctl
        names["healthy"] = self.healthy
        names["connections"] = lambda _port: self.open
        names["PAUSE"] = names["SETTLE"] = 0
        names["shutil"].chown = lambda *_arguments: None

    def systemctl(self, command: str, *arguments: str) -> str:
        unit = arguments[-1]
        if command == "show":
            state = "active" if unit in self.running else "inactive"
            return f"ActiveState={state}\nMainPID={self.running.get(unit, 0)}\nNRestarts={self.crashes}\n"
        self.calls.append(f"{command} {unit}")
        if command == "restart":
            self.running[unit] = len(self.calls)
        elif command == "stop":
            self.running.pop(unit, None)
        elif command == "enable":
            self.enabled.add(unit)
        elif command == "disable":
            self.enabled.discard(unit)
        return ""

    def healthy(self, url: str) -> bool:
        slot = {"13000": "a", "23000": "b"}[url.removeprefix("http://127.0.0.1:").removesuffix("/health")]
        release = (self.app / "slots" / slot).readlink().name
        answers = self.answers.get(release, [])
        return answers.pop(0) if answers else True

    def replace(self, *arguments: str) -> int:
        status: int = self.program["main"](str(self.settings), *arguments)
        return status

    @property
    def current(self) -> str:
        return (self.app / "current").readlink().name


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    import shutil

    monkeypatch.setattr(shutil, "chown", shutil.chown)
    return Host(tmp_path)


def result(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_releases_take_turns(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    for release, slot in (("one", "b"), ("two", "a"), ("three", "b")):
        assert host.replace(release) == 0
        assert result(capsys)["slot"] == slot
        assert (host.current, set(host.running), host.enabled) == (release, {f"app@{slot}.service"}, {f"app@{slot}.service"})
        assert (host.app / "slots/b-is-active").exists() == (slot == "b")
    assert (host.configuration / "slots/b/port").read_text() == "PORT=23000\n"
    assert oct((host.configuration / "slots/b/secrets").stat().st_mode & 0o777) == "0o640"


def test_nothing_is_done_twice(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.replace("one")
    capsys.readouterr()
    before = list(host.calls)
    assert host.replace("one") == host.replace() == host.replace("one", "--check") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"changed": False, "slot": "b"}] * 3
    assert host.calls == before


@pytest.mark.parametrize("name", ["environment", "secrets", "unit"])
def test_other_settings_take_another_process(host: Host, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    host.replace("one")
    (host.configuration / name).write_text("other")
    capsys.readouterr()
    before = list(host.calls)
    assert host.replace("--check") == 0
    assert (result(capsys)["changed"], host.calls) == (True, before)
    assert host.replace() == 0
    assert result(capsys)["slot"] == "a"
    assert (host.configuration / "slots/a" / name).read_text() == "other"


def test_an_app_that_was_stopped_is_started(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.replace("one")
    host.running.clear()
    assert host.replace("one") == 0
    assert set(host.running) == {"app@a.service"}


@pytest.mark.parametrize(
    ("answers", "crashes", "reason"),
    [
        ([False] * 9, 0, "did not become healthy within 0 seconds"),
        ([True, True, False], 0, "did not stay healthy"),
        ([False] * 9, 3, "crashed 3 times"),
    ],
)
def test_what_runs_is_not_touched_by_a_candidate_that_fails(
    host: Host, capsys: pytest.CaptureFixture[str], answers: list[bool], crashes: int, reason: str
) -> None:
    host.replace("one")
    before = dict(host.running)
    host.answers["two"], host.crashes = answers, crashes
    assert host.replace("two") == 1
    assert reason in capsys.readouterr().err
    assert (host.running, host.enabled, host.current) == (before, {"app@b.service"}, "one")
    assert (host.app / "slots/b-is-active").exists()


def test_another_process_is_no_good_answer(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    """An app that crashes and restarts answers well in between."""
    healthy = host.healthy

    def crash(url: str) -> bool:
        host.running["app@b.service"] += 1
        return healthy(url)

    host.program["main"].__globals__["healthy"] = crash
    assert host.replace("one") == 1
    assert "did not stay healthy" in capsys.readouterr().err


def test_what_is_under_way_is_waited_for_but_not_for_ever(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    host.replace("one")
    host.open = 1
    capsys.readouterr()
    assert host.replace("two") == 0
    assert 1 <= result(capsys)["drained"] < 3
    assert set(host.running) == {"app@a.service"}


def test_connections_are_those_of_this_host(tmp_path: Path) -> None:
    """Counted as the kernel tells them, both ends of one on this host as one."""
    import socket

    connections = runpy.run_path(str(PROGRAM))["connections"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert connections(port) == 0
        with socket.create_connection(("127.0.0.1", port)), server.accept()[0]:
            assert connections(port) == 1
