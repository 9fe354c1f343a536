# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runner of the gates tells the truth."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def runner(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """Return the runner with three stages of its own: the second fails in its first command."""
    specification = importlib.util.spec_from_file_location("stages", checkout / ".ci" / "stages.py")
    module = importlib.util.module_from_spec(specification)
    monkeypatch.setitem(sys.modules, "stages", module)
    specification.loader.exec_module(module)
    stages = (
        module.Stage("first", (("true",),)),
        module.Stage("second", (("sh", "-c", "echo the reason; exit 3"), ("echo", "reached all the same"))),
        module.Stage("third", (("true",),)),
    )
    monkeypatch.setattr(module, "stages", lambda *_arguments: stages)
    monkeypatch.setattr(module, "CHECKOUT", tmp_path)
    monkeypatch.setattr(module, "LOGS", tmp_path / "log")
    return module


def run(runner: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["stages.py", *arguments])
    return runner.main()


def test_a_failure_is_reported_and_does_not_stop_the_rest(
    runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(runner, monkeypatch) == 1
    output = capsys.readouterr().out
    assert "the reason" in output
    assert "reached all the same" in output
    assert output.splitlines()[-2:] == ["failed: second", "2 passed, 1 failed"]


def test_stages_can_be_chosen(runner: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(runner, monkeypatch, "third", "first") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 0 failed"


def test_an_unknown_stage_is_refused(runner: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(runner, monkeypatch, "fourth")
