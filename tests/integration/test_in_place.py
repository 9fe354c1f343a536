# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run where the collection is installed if that is where they are to run, and from an archive otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from local_cloud.emulator import Emulator
from tests.integration.described import CHECKOUT, playbook

# What Ansible says only when it packs a module.
PACKED = "Using module file"
STACK = {"name": "inplace", "account": "123456789012", "region": "eu-west-1"}


def run(emulator: Emulator, folder: Path, task: dict[str, Any], **variables: Any) -> tuple[dict[str, Any], str]:
    """Run a task alone, and return its result and what was printed."""
    copied = {"ansible.builtin.copy": {"content": "{{ done | to_json }}", "dest": str(folder / "result.json"), "mode": "0600"}}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables},
        "tasks": [{**task, "register": "done", "ignore_errors": True}, copied],
    }
    book = folder / "play.yml"
    book.write_text(json.dumps([play]))
    done = playbook(str(book), "-vvv", emulator=emulator, cwd=CHECKOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    packed = [line for line in done.stdout.splitlines() if PACKED in line and "copy" not in line and "stat" not in line]
    return json.loads((folder / "result.json").read_text()), "\n".join(packed)


def stack(**options: Any) -> dict[str, Any]:
    return {"terrace.aws.stack": {"stack": STACK, "monitoring": {"log_groups": [{"name": "app"}]}, **options}}


def test_both_ways_give_the_same_result(account: Emulator, tmp_path: Path) -> None:
    account.reset()
    (tmp_path / "python").symlink_to(sys.executable)
    results = []
    for variables, packs in (({}, False), ({"ansible_python_interpreter": str(tmp_path / "python")}, True)):
        result, packed = run(account, tmp_path, {**stack(), "check_mode": True, "diff": True}, **variables)
        assert bool(packed) is packs
        results.append(result)
    assert results[0]["changed"]
    assert [resource["action"] for resource in results[0]["resources"]] == ["create"]
    assert results[0] == results[1]


def test_a_refusal_is_told_the_same_way(account: Emulator, tmp_path: Path) -> None:
    result, packed = run(account, tmp_path, stack(stack={**STACK, "account": "1"}))
    assert not packed
    assert result["failed"]
    assert "stack.account" in result["msg"]


def test_the_tasks_environment_reaches_the_module(account: Emulator, tmp_path: Path) -> None:
    result, packed = run(account, tmp_path, {**stack(), "environment": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}})
    assert not packed
    assert "127.0.0.1:9" in result["msg"]


@pytest.mark.parametrize("keywords", [{"become": True}, {"delegate_to": "elsewhere"}])
def test_another_user_or_host_gets_an_archive(account: Emulator, tmp_path: Path, keywords: dict[str, Any]) -> None:
    """Whether that can work here is another matter."""
    _result, packed = run(account, tmp_path, {**stack(), **keywords, "check_mode": True})
    assert packed
