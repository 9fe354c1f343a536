# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program with which hosts notice new versions of their secrets, with an app that is played."""

import json
import os
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROLE = Path(__file__).parents[3] / "roles/node_app"
NASTY = ['plain "value" with $5', "%h \\backslash\\ 'single' `id` #;= åäö\\", '-----\nline 1 \\n $1 "2"\n\n  line 3\n', ""]


@pytest.fixture
def program() -> dict[str, Any]:
    return runpy.run_path(str(ROLE / "files/refresh.py"))


class Secrets:
    """As much of Secrets Manager as the program asks for, and how often."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.version = 1
        self.read = 0

    def describe_secret(self, **arguments: str) -> dict[str, Any]:
        name = arguments["SecretId"]
        if name not in self.values:
            return {"VersionIdsToStages": {}}
        return {"VersionIdsToStages": {f"{name}-{self.version}": ["AWSCURRENT"], "old": ["AWSPREVIOUS"]}}

    def get_secret_value(self, **arguments: str) -> dict[str, Any]:
        name = arguments["SecretId"]
        assert arguments["VersionId"] == f"{name}-{self.version}"
        self.read += 1
        return {"SecretString": self.values[name]}

    def put(self, **values: str) -> None:
        self.values |= values
        self.version += 1


class Host:
    """An app on a host: its file, and what it was started with."""

    def __init__(self, program: dict[str, Any], directory: Path) -> None:
        self.program = program
        self.state = directory / "applied.json"
        settings = {
            "unit": "app.service",
            "replace": [],
            "secrets": [{"secret": "user", "variables": {"PGPASSWORD": "password"}}, {"secret": "key", "variable": "KEY"}],
            "file": str(directory / "secrets"),
        }
        self.app = program["App"](settings)
        self.file = Path(settings["file"])
        self.started_with = ""
        self.restarts = 0
        self.running = True
        self.bad = "bad"
        self.app.process = lambda: 7 if self.running else 0
        self.app.has = lambda wanted: (
            not self.running or all(program["assign"](name, value) in self.started_with for name, value in wanted.items())
        )
        self.app.write = self.file.write_text
        self.app.restart = self._restart

    def _restart(self) -> None:
        self.restarts += 1
        self.started_with = self.file.read_text()
        if self.bad in self.started_with:
            raise self.program["refresh"].__globals__["Unable"]("app.service did not become healthy within 60 seconds")

    def deploy(self, text: str) -> None:
        """Do what the role does."""
        self.file.write_text("# Ansible managed\n" + text)
        self.started_with = self.file.read_text()

    def refresh(self, secrets: Secrets) -> str:
        done: str = self.program["refresh"](self.app, secrets, self.state)
        return done


@pytest.fixture
def host(program: dict[str, Any], tmp_path: Path) -> Host:
    host = Host(program, tmp_path)
    host.deploy('PGPASSWORD="one"\nKEY="k"\n')
    return host


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(user='{"password": "one"}', key="k")


def test_a_release_has_the_values_already(host: Host, secrets: Secrets) -> None:
    assert host.refresh(secrets) == "the app has them already"
    assert host.refresh(secrets) == "nothing new"
    assert (host.restarts, secrets.read) == (0, 2)


def test_new_values_restart_the_app_once(host: Host, secrets: Secrets) -> None:
    host.refresh(secrets)
    secrets.put(user='{"password": "two"}')
    assert host.refresh(secrets) == "the app was restarted with new values"
    assert host.started_with == '# Ansible managed\nPGPASSWORD="two"\nKEY="k"\n'
    assert host.refresh(secrets) == "nothing new"
    assert host.restarts == 1
    assert "two" not in host.state.read_text()


def test_an_unhealthy_app_gets_back_what_it_had(host: Host, secrets: Secrets, program: dict[str, Any]) -> None:
    unable = program["Unable"]
    host.refresh(secrets)
    secrets.put(user='{"password": "bad"}')
    with pytest.raises(unable, match="it runs with the values of before"):
        host.refresh(secrets)
    assert host.started_with == '# Ansible managed\nPGPASSWORD="one"\nKEY="k"\n'
    with pytest.raises(unable, match="tried again within the hour"):
        host.refresh(secrets)
    assert host.restarts == 2
    secrets.put(user='{"password": "three"}')
    assert host.refresh(secrets) == "the app was restarted with new values"


def test_an_app_that_nothing_makes_healthy_is_told_so(host: Host, secrets: Secrets, program: dict[str, Any]) -> None:
    host.bad = "KEY"
    secrets.put(user='{"password": "two"}')
    with pytest.raises(program["Unable"], match=r"with the values of before: app\.service did not become healthy"):
        host.refresh(secrets)


def test_a_run_that_was_killed_before_the_restart_is_made_good(host: Host, secrets: Secrets) -> None:
    host.refresh(secrets)
    secrets.put(user='{"password": "two"}')
    host.file.write_text('# Ansible managed\nPGPASSWORD="two"\nKEY="k"\n')
    assert host.refresh(secrets) == "the app was restarted with new values"


def test_a_release_with_older_values_is_made_good(host: Host, secrets: Secrets) -> None:
    secrets.put(user='{"password": "two"}')
    host.refresh(secrets)
    host.file.unlink()
    host.deploy('PGPASSWORD="one"\nKEY="k"\n')
    assert host.refresh(secrets) == "the app was restarted with new values"


def test_an_app_that_does_not_run_is_not_started(host: Host, secrets: Secrets) -> None:
    host.running = False
    secrets.put(user='{"password": "two"}')
    host.refresh(secrets)
    assert host.restarts == 0
    assert 'PGPASSWORD="two"' in host.file.read_text()


@pytest.mark.parametrize("value", ["canary", '"canary"', '{"username": "canary"}', "[]"])
def test_values_of_another_form_are_refused(host: Host, program: dict[str, Any], value: str) -> None:
    with pytest.raises(program["Unable"], match=r"^secret user is no JSON object with password$") as refusal:
        host.refresh(Secrets(user=value, key="k"))
    assert refusal.value.__cause__ is None
    with pytest.raises(program["Unable"], match=r"^secret key has no value$"):
        host.refresh(Secrets(user='{"password": "one"}'))


@pytest.mark.parametrize("value", NASTY)
def test_values_are_written_as_the_role_writes_them(program: dict[str, Any], value: str) -> None:
    from ansible.parsing.dataloader import DataLoader
    from ansible.template import Templar, trust_as_template

    source = (ROLE / "templates/assign.j2").read_text() + "{{ assign('NAME', value) }}"
    rendered = Templar(loader=DataLoader(), variables={"value": value}).template(
        trust_as_template(source), escape_backslashes=False
    )
    assert rendered.strip("\n") + "\n" == program["assign"]("NAME", value)


def test_files_are_for_root_and_the_app(program: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners: list[tuple[str, str]] = []
    monkeypatch.setattr(
        program["App"].write.__globals__["shutil"], "chown", lambda _file, user, group: owners.append((user, group))
    )
    file = tmp_path / "secrets"
    app = program["App"]({"replace": [], "file": str(file), "group": "app"})
    app.write("A=1\n")
    assert (oct(file.stat().st_mode & 0o777), owners, [*tmp_path.iterdir()]) == ("0o640", [("root", "app")], [file])


def test_an_app_in_slots_is_replaced(program: dict[str, Any], tmp_path: Path) -> None:
    """Another program does it, and says which unit serves and why it could not."""
    replace = tmp_path / "replace"
    replace.write_text('#!/bin/sh\n[ "$1" = --unit ] && echo app@b.service && exit\necho it crashed >&2\nexit 1\n')
    replace.chmod(0o700)
    app = program["App"]({"replace": [str(replace)], "file": str(tmp_path / "secrets")})
    assert app.unit == "app@b.service"
    with pytest.raises(program["Unable"], match=r"^it crashed$"):
        app.restart()


def test_a_release_under_way_is_left_alone(program: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "refresh.json"
    settings.write_text(json.dumps({"state": str(tmp_path), "unit": "app.service", "replace": [], "file": "none", "region": ""}))
    ran: list[SimpleNamespace] = []
    program["main"].__globals__["_run"] = lambda *arguments: ran.append(SimpleNamespace(arguments=arguments)) or 0
    assert program["main"]([str(settings), "hold"]) == 0
    assert program["main"]([str(settings)]) == 0
    assert "a release is being activated" in capsys.readouterr().out
    assert not ran
    # A hold that nobody released.
    os.utime(tmp_path / "hold", (1, 1))
    program["main"]([str(settings)])
    program["main"]([str(settings), "release"])
    program["main"]([str(settings)])
    assert len(ran) == 2
