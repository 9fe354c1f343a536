# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What undoes a change of the firewall or of SSH: exactly one of confirmation and time decides."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

PROGRAM = Path(__file__).parents[3] / "roles" / "baseline" / "files" / "guard.py"


@pytest.fixture
def guard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program, with a state of its own and nothing that it could reload."""
    specification = importlib.util.spec_from_file_location("guard", PROGRAM)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    commands: list[tuple[str, ...]] = []
    monkeypatch.setattr(module, "STATE", tmp_path / "state")
    monkeypatch.setattr(module, "FIREWALL", tmp_path / "firewall.nft")
    monkeypatch.setattr(module.subprocess, "run", lambda command, check: commands.append(tuple(command)))
    module.commands = commands  # type: ignore[attr-defined]
    return module


def test_unconfirmed_changes_are_undone(guard: ModuleType, tmp_path: Path) -> None:
    firewall, sshd = tmp_path / "firewall.nft", tmp_path / "sshd.conf"
    firewall.write_text("good")
    guard.main("arm", str(firewall), str(sshd))
    firewall.write_text("bad")
    sshd.write_text("bad")
    guard.main("revert")
    assert firewall.read_text() == "good"
    assert not sshd.exists(), "a file that was not there has to go"
    assert ("nft", "--file", str(firewall)) in guard.commands


def test_a_first_firewall_goes_altogether(guard: ModuleType, tmp_path: Path) -> None:
    firewall = tmp_path / "firewall.nft"
    guard.main("arm", str(firewall))
    firewall.write_text("bad")
    guard.main("revert")
    assert ("nft", "delete", "table", "inet", "terrace") in guard.commands


def test_confirmed_changes_stay(guard: ModuleType, tmp_path: Path) -> None:
    firewall = tmp_path / "firewall.nft"
    guard.main("arm", str(firewall))
    firewall.write_text("new")
    guard.main("confirm")
    with pytest.raises(SystemExit, match="Nothing is pending"):
        guard.main("revert")
    assert firewall.read_text() == "new"


def test_a_confirmation_that_comes_too_late_fails(guard: ModuleType, tmp_path: Path) -> None:
    guard.main("arm", str(tmp_path / "firewall.nft"))
    guard.main("revert")
    with pytest.raises(SystemExit, match="Nothing is pending"):
        guard.main("confirm")


def test_two_changes_at_once_are_refused(guard: ModuleType, tmp_path: Path) -> None:
    firewall = tmp_path / "firewall.nft"
    firewall.write_text("good")
    guard.main("arm", str(firewall))
    firewall.write_text("bad")
    with pytest.raises(SystemExit, match="waits to be confirmed"):
        guard.main("arm", str(firewall))
    guard.main("revert")
    assert firewall.read_text() == "good"


def test_the_clock_runs_before_anything_is_pending(guard: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no systemd")

    monkeypatch.setattr(guard.subprocess, "run", fail)
    with pytest.raises(OSError, match="no systemd"):
        guard.main("arm", str(tmp_path / "firewall.nft"))
    assert not (guard.STATE / "pending").exists()
