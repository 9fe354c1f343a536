# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is in anything that a run leaves, however loudly it runs."""

from __future__ import annotations

from pathlib import Path

from local_cloud.emulator import Emulator
from tests.integration.canaries import PLACES, Loud

CARELESS = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - ansible.builtin.set_fact: {password: "{{ careless }}", cacheable: true}
    - ansible.builtin.command: {argv: [sh, -c, "sleep 0.3", "{{ careless }}"]}
"""


def test_the_search_finds_what_is_careless(account: Emulator, tmp_path: Path) -> None:
    secret = 'c"näry-$%7'
    playbook, inventory = tmp_path / "careless.yml", tmp_path / "hosts.yml"
    playbook.write_text(CARELESS)
    inventory.write_text(f"all: {{hosts: {{localhost: {{careless: '{secret}'}}}}}}")
    loud = Loud(tmp_path / "left", account.client_environment())
    loud.directory.mkdir()
    loud.play(playbook, inventory)
    assert loud.find({"careless": secret, "unused": "nobody-has-this"}) == {place: {"careless"} for place in PLACES}
