# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes into a bundle, and that the same goes in everywhere."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader

from ansible_collections.terrace.aws.plugins.filter.with_bundles import with_bundles
from ansible_collections.terrace.aws.plugins.plugin_utils.bundle_archive import Contents, add_collections, add_playbooks, roles_in
from ansible_collections.terrace.aws.plugins.plugin_utils.bundle_variables import Described, outputs_of

GROUPS = """
all:
  children:
    node_app:
      children:
        app:
    other: {hosts: {elsewhere: {}}}
"""
ALL = """
terrace_stack: {name: demo}
terrace_network: {vpc: {cidr: 10.0.0.0/16}}
terrace_domain: "{{ terrace_zone }}.example.com"
terrace_zone: www
shared: "{{ terrace_domain }}"
port: 1
"""
APP = """
port: 3000
host: "{{ terrace_outputs.db_instance.main.endpoint }}:{{ port }}"
arn: "{{ terrace_outputs.secret['app-database'].arn | upper }}"
ansible_connection: amazon.aws.aws_ssm
ansible_python_interpreter: /usr/bin/python3
"""


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "groups.yml").write_text(GROUPS)
    (tmp_path / "aws_ec2.yml").write_text("plugin: amazon.aws.aws_ec2\n")
    (tmp_path / "group_vars" / "all.yml").write_text(ALL)
    (tmp_path / "group_vars" / "node_app.yml").write_text(APP)
    (tmp_path / "group_vars" / "other.yml").write_text("not: ours\n")
    return tmp_path


def described(inventory: Path, group: str = "app") -> Described:
    return Described(DataLoader(), [str(inventory)], group)


def test_a_group_without_hosts_has_the_variables_that_its_hosts_would_have(inventory: Path) -> None:
    found = described(inventory)
    assert found.groups == ["app", "aws_ec2", "node_app"]
    assert found.variables([]) == {
        "ansible_python_interpreter": "/usr/bin/python3",
        "arn": "{{ terrace_outputs.secret['app-database'].arn | upper }}",
        "host": "{{ terrace_outputs.db_instance.main.endpoint }}:{{ port }}",
        "port": 3000,
        "shared": "{{ terrace_domain }}",
        "terrace_domain": "{{ terrace_zone }}.example.com",
        "terrace_zone": "www",
    }


def test_a_later_inventory_wins(inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    overlay = tmp_path_factory.mktemp("overlay")
    (overlay / "hosts.yml").write_text("all: {}\n")
    (overlay / "group_vars").mkdir()
    (overlay / "group_vars" / "node_app.yml").write_text("port: 8080\n")
    assert Described(DataLoader(), [str(inventory), str(overlay)], "app").variables([])["port"] == 8080


@pytest.mark.parametrize("text", ["app_password: hunter22", "app: {api_key: hunter22}", "app: [{private_key: hunter22}]"])
def test_secrets_are_refused(inventory: Path, text: str) -> None:
    (inventory / "group_vars" / "app.yml").write_text(f"{text}\n")
    with pytest.raises(AnsibleError, match="looks like a secret") as error:
        described(inventory).variables([])
    assert "hunter22" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["app_password: '{{ lookup(\"x\") }}'", "app: [{secret: x, variables: {DB_PASSWORD: password}}]"]
)
def test_names_of_secrets_are_none(inventory: Path, text: str) -> None:
    (inventory / "group_vars" / "app.yml").write_text(f"{text}\n")
    assert "port" in described(inventory).variables([])


def test_what_is_encrypted_is_refused(inventory: Path) -> None:
    (inventory / "group_vars" / "app.yml").write_text("app: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6162\n")
    with pytest.raises(AnsibleError, match="encrypted with Ansible Vault"):
        described(inventory).variables([])


def test_what_must_not_be_rendered_is_refused(inventory: Path) -> None:
    (inventory / "group_vars" / "app.yml").write_text("app: !unsafe '{{ 1 }}'\n")
    with pytest.raises(AnsibleError, match="must not be rendered"):
        described(inventory).variables([])


def test_only_the_outputs_that_are_mentioned_are_asked_for() -> None:
    variables = {
        "a": "{{ terrace_outputs.db_instance.main.endpoint }}",
        "b": [{"c": "{{ 'x' ~ terrace_outputs.secret['app-database'].arn | default(terrace_outputs['bucket']['logs']['id']) }}"}],
    }
    assert outputs_of(variables) == ["bucket/logs/id", "db_instance/main/endpoint", "secret/app-database/arn"]


@pytest.mark.parametrize(
    "text", ["{{ terrace_outputs }}", "{{ terrace_outputs.db_instance.main }}", "{{ terrace_outputs[kind].a.b }}"]
)
def test_an_output_has_to_be_named(text: str) -> None:
    with pytest.raises(AnsibleError, match="has to say which"):
        outputs_of({"a": text})


def test_the_same_files_make_the_same_bundle(tmp_path: Path) -> None:
    digests = set()
    for number, mode in enumerate((0o600, 0o664)):
        root = tmp_path / str(number)
        (root / "src").mkdir(parents=True)
        names = ["b", "src/a", "src/left.log"]
        for name in names if number else reversed(names):
            (root / name).write_text(name)
            (root / name).chmod(mode)
            os.utime(root / name, (number, number))
        contents = Contents()
        contents.add("files/app", root, ["*.log"])
        contents.add_text("manifest.json", "{}")
        digests.add(contents.pack(tmp_path / f"{number}.tar"))
    assert len(digests) == 1
    with tarfile.open(tmp_path / "0.tar") as archive:
        assert archive.getnames() == ["files/app/b", "files/app/src/a", "manifest.json"]
        assert {(member.mode, member.mtime, member.uid) for member in archive} == {(0o644, 0, 0)}


def test_a_bundle_has_what_its_playbooks_use_and_no_more(tmp_path: Path) -> None:
    contents = Contents()
    add_playbooks(contents, ["terrace.aws.baseline", "terrace.aws.node_app"], tmp_path)
    assert roles_in(contents) == ["baseline", "database_user", "nginx", "node_app", "nodejs"]
    add_collections(contents)
    contents.pack(tmp_path / "tar")
    with tarfile.open(tmp_path / "tar") as archive:
        names = archive.getnames()
    assert "collections/ansible_collections/terrace/aws/playbooks/node_app.yml" in names
    assert "collections/ansible_collections/amazon/aws/plugins/lookup/secretsmanager_secret.py" in names
    assert not [name for name in names if name.endswith(".pyc") or "/terrace/aws/plugins/module_utils/" in name]


def test_a_playbook_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    for playbook in ("terrace.aws.nothing", "missing.yml"):
        with pytest.raises(AnsibleError, match="fleet_bootstrap_playbooks"):
            add_playbooks(Contents(), [playbook], tmp_path)


def test_groups_get_their_bundles() -> None:
    bundle = {"bundle": "b/k", "sha256": "1" * 64, "outputs": ["secret/app/arn"]}
    groups: list[dict[str, Any]] = [
        {"name": "app", "bootstrap": {"timeout": 600}},
        {"name": "jobs", "bootstrap": None},
        {"name": "old"},
    ]
    done = with_bundles({"groups": groups}, {"app": bundle})["groups"]
    assert done[0]["bootstrap"] == {"timeout": 600, **bundle}
    assert done[1]["bootstrap"]["sha256"] == "0" * 64
    assert done[2] == {"name": "old"}
    assert with_bundles({}, {}) == {}
