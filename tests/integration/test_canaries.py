# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret is in anything that a run leaves, however loudly it runs."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from local_cloud.emulator import Emulator
from tests.integration.canaries import PLACES, Loud
from tests.integration.described import CHECKOUT, description

STACK = "webapp-production"

CARELESS = """
- hosts: localhost
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - ansible.builtin.set_fact: {password: "{{ careless }}", cacheable: true}
    - ansible.builtin.command: {argv: [sh, -c, "sleep 0.3", "{{ careless }}"]}
"""


CREDENTIALS = {"AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI-canary-key", "AWS_SESSION_TOKEN": "FwoGZXIvYXdz-canary-token"}
# What the architecture has none of: a value with parts, a parameter, a user of a cache.
SECRETS = [
    {"name": "reports", "username": "reports", "fields": {"engine": "postgres"}, "recovery_window": 0},
    {"name": "reader-password", "recovery_window": 0},
    {"name": "signing-key", "value_key": "key", "exclude_punctuation": False, "recovery_window": 0},
]
PARAMETERS = [{"name": "app/token", "type": "SecureString"}]
USERS = [{"name": "reader", "access_string": "on ~* +@read", "password_secret": "reader-password"}]
LEAST = 8


def loud_in(directory: Path, account: Emulator) -> Loud:
    loud = Loud(directory / "left", account.client_environment())
    loud.directory.mkdir()
    return loud


def inventory_in(directory: Path) -> Path:
    """Write an inventory with the web application and some more."""
    described = description("webapp")
    described["secrets"]["secrets"] += SECRETS
    described["secrets"]["parameters"] = PARAMETERS
    described["cache"]["users"] = USERS
    variables = {f"terrace_{tier}": options for tier, options in described.items()}
    path = directory / "hosts.json"
    path.write_text(json.dumps({"all": {"hosts": {"localhost": {}}, "vars": variables}}))
    return path


def values_in(account: Emulator) -> dict[str, str]:
    """Return every secret value in the account, the parts of structured ones by themselves."""
    secrets, ssm = account.client("secretsmanager"), account.client("ssm")
    found = {s["Name"]: secrets.get_secret_value(SecretId=s["ARN"])["SecretString"] for s in secrets.list_secrets()["SecretList"]}
    values = {name: _generated(value) for name, value in found.items()}
    parameter = ssm.get_parameter(Name=f"/{STACK}/app/token", WithDecryption=True)["Parameter"]
    return {**values, parameter["Name"]: parameter["Value"]}


def _generated(value: str) -> str:
    """Return the part of a secret that is one."""
    if not value.startswith("{"):
        return value
    parts = json.loads(value)
    return parts.get("password") or parts["key"]


def test_the_search_finds_what_is_careless(account: Emulator, tmp_path: Path) -> None:
    secret = 'c"näry-$%7'
    playbook, inventory = tmp_path / "careless.yml", tmp_path / "hosts.yml"
    playbook.write_text(CARELESS)
    inventory.write_text(f"all: {{hosts: {{localhost: {{careless: '{secret}'}}}}}}")
    loud = loud_in(tmp_path, account)
    loud.under_runner(playbook, inventory)
    loud.with_json(playbook, inventory)
    assert loud.find({"careless": secret, "unused": "nobody-has-this"}) == {place: {"careless"} for place in PLACES}


def test_no_secret_of_a_stack_leaves_its_place(account: Emulator, tmp_path: Path) -> None:
    account.reset()
    loud, inventory = loud_in(tmp_path, account), inventory_in(tmp_path)
    loud.under_runner(CHECKOUT / "playbooks" / "provision.yml", inventory)
    secrets = values_in(account)
    tokens = account.client("secretsmanager")
    (auth,) = [name for name in secrets if name.endswith("/sessions-auth")]
    another = tokens.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
    tokens.put_secret_value(SecretId=auth, SecretString=another)
    # The runner itself writes down its whole environment.
    loud = dataclasses.replace(loud, environment={**loud.environment, **CREDENTIALS})
    loud.with_json(CHECKOUT / "playbooks" / "provision.yml", inventory)
    secrets |= {f"new {name}": value for name, value in values_in(account).items()} | CREDENTIALS
    loud.with_json(CHECKOUT / "playbooks" / "teardown.yml", inventory, "-e", f"confirm={STACK}")
    assert len(set(secrets.values())) > LEAST, secrets.keys()
    assert "sessions" in (loud.directory / "json").read_text()
    assert loud.find(secrets) == {}
