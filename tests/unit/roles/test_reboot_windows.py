# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When hosts install updates and reboot, as the role's own variables say it for the hosts of an inventory."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROLE = Path(__file__).parents[3] / "roles" / "baseline"
HOSTS = [f"i-{number:02}" for number in range(12)]
FLEET = ["i-03", "i-07"]


# Of each host whether it reboots, and two times of the day.
SAY = """
{%- set said = {} -%}
{%- for host in groups.aws_ec2 -%}
  {%- set its = hostvars[host] -%}
  {%- set times = dict(update=its.__baseline_update_time, reboot=its.__baseline_reboot_time) -%}
  {%- set _ = said.update({host: times | combine({"reboots": its.__baseline_reboots})}) -%}
{%- endfor -%}
{{ said | to_json }}
"""


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the role's variables say, by host."""
    directory = tmp_path_factory.mktemp("windows")
    files = [yaml.safe_load((ROLE / folder / "main.yml").read_text()) for folder in ("defaults", "vars")]
    variables = files[0] | files[1] | {"baseline_updates_reboot_time": "22:00"}
    children = {"aws_ec2": {"hosts": dict.fromkeys(HOSTS)}, "terrace_fleets": {"hosts": dict.fromkeys(FLEET)}}
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": children, "vars": variables}}))
    (directory / "said.j2").write_text(SAY)
    said = directory / "said.json"
    task = {"ansible.builtin.template": {"src": str(directory / "said.j2"), "dest": str(said), "mode": "0600"}}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [task]}
    (directory / "play.yml").write_text(yaml.safe_dump([play]))
    subprocess.run(["ansible-playbook", "-i", "hosts.yml", "play.yml"], cwd=directory, check=True)
    return json.loads(said.read_text())


def minutes(time: str) -> int:
    return int(time[:2]) * 60 + int(time[3:])


def test_windows_of_peers_do_not_overlap(windows: dict[str, Any]) -> None:
    starts = sorted((minutes(windows[host]["update"]) - 22 * 60) % 1440 for host in HOSTS if host not in FLEET)
    assert starts == [30 * place for place in range(10)]


def test_reboots_are_within_the_windows(windows: dict[str, Any]) -> None:
    assert {(minutes(one["reboot"]) - minutes(one["update"])) % 1440 for one in windows.values()} == {15}


def test_members_of_fleets_never_reboot(windows: dict[str, Any]) -> None:
    assert [host for host in HOSTS if windows[host]["reboots"] is False] == FLEET
