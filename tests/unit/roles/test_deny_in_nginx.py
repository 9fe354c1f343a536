# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx's list of banned addresses, as fail2ban has it changed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[3] / "roles" / "baseline" / "files" / "deny_in_nginx.py"
specification = importlib.util.spec_from_file_location("deny_in_nginx", PROGRAM)
assert specification and specification.loader
deny_in_nginx = importlib.util.module_from_spec(specification)
specification.loader.exec_module(deny_in_nginx)


@pytest.mark.parametrize(
    ("command", "address", "after"),
    [
        ("add", "192.0.2.2", ["# ours", "deny 192.0.2.1;", "deny 192.0.2.2;"]),
        ("add", "192.0.2.1", ["# ours", "deny 192.0.2.1;"]),
        ("add", "2001:db8::1", ["# ours", "deny 192.0.2.1;", "deny 2001:db8::1;"]),
        ("remove", "192.0.2.1", ["# ours"]),
        ("remove", "192.0.2.9", ["# ours", "deny 192.0.2.1;"]),
        ("flush", "", ["# ours"]),
    ],
)
def test_changes(command: str, address: str, after: list[str]) -> None:
    assert deny_in_nginx.change(["# ours", "deny 192.0.2.1;"], command, address) == after


@pytest.mark.parametrize("address", ["", "all", "192.0.2.1; allow all"])
def test_nothing_but_addresses_gets_in(address: str) -> None:
    with pytest.raises(ValueError, match="address"):
        deny_in_nginx.change([], "add", address)


def test_nginx_is_told_only_of_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(deny_in_nginx, "DENIED", tmp_path / "denied.conf")
    monkeypatch.setattr(deny_in_nginx.subprocess, "run", lambda command, check: told.append(command))
    for _ in range(2):
        deny_in_nginx.main("add", "192.0.2.1")
    assert (tmp_path / "denied.conf").read_text() == "deny 192.0.2.1;\n"
    assert len(told) == 1
