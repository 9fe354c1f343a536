# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that hosts of a group would have, as the inventory has them: templates are not rendered.

The group need have no host yet. Inventories that ask a service are left out: what they would add are hosts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

try:
    from ansible.template import is_trusted_as_template
except ImportError:  # before ansible-core 2.19, which knows what text may be a template
    from ansible.utils.unsafe_proxy import AnsibleUnsafe

    def is_trusted_as_template(value: Any) -> bool:
        return not isinstance(value, AnsibleUnsafe)


HOST = "terrace-bundle"
ALL_INSTANCES = "aws_ec2"
# Descriptions and connections are the controller's matter.
SHARED, ANSIBLE = "terrace_", "ansible_"
KEPT = ("ansible_python_interpreter", "ansible_become", "ansible_become_method", "ansible_become_user")
OUTPUTS = "terrace_outputs"
WORD = re.compile(r"[A-Za-z_]\w*")
TEMPLATE = re.compile(r"{{|{%")
SECRET = re.compile(r"(^|_)(password|passwd|passphrase|private_key|api_key|secret_key|auth_token)$", re.IGNORECASE)
YAML = (".yml", ".yaml")


class Described:
    """One group as the inventory describes it."""

    def __init__(self, loader: DataLoader, sources: Iterable[str], group: str) -> None:
        inventory = _inventory(loader, sources, group)
        host = inventory.get_host(HOST)
        manager = VariableManager(loader=loader, inventory=inventory)
        self.groups = sorted({found.name for found in host.get_groups()} - {"all", "ungrouped"})
        self.all: dict[str, Any] = manager.get_vars(host=host, include_hostvars=False)
        self._extra = set(manager.extra_vars)
        manager._extra_vars = {}
        self._described = set(manager.get_vars(host=host, include_hostvars=False))
        magic = VariableManager(loader=loader, inventory=InventoryManager(loader, parse=False))
        magic._extra_vars = {}
        self._magic = set(magic.get_vars()) | {
            "inventory_hostname",
            "inventory_hostname_short",
            "group_names",
            "inventory_dir",
            "inventory_file",
        }

    def variables(self, roles: Iterable[str]) -> dict[str, Any]:
        """Return the variables that hosts need: all but the shared ones, and whatever those mention.

        Of the command line's, that is those of `roles` and those that the inventory has or mentions. Raises AnsibleError for
        secrets.
        """
        prefixes = tuple(f"{role}_" for role in roles)
        names = {name for name in self._described - self._magic if not name.startswith((SHARED, ANSIBLE)) or name in KEPT}
        names |= {name for name in self._extra if name.startswith(prefixes)}
        pending = set(names)
        while pending:
            mentioned = {word for name in pending for text in _texts(self.all[name]) for word in WORD.findall(text)}
            pending = (mentioned & (self._described | self._extra)) - names - self._magic
            names |= pending
        found = {plain(name, ""): plain(self.all[name], name) for name in sorted(names)}
        for name, value in found.items():
            _refuse_secrets(name, value, name)
        return found


def _inventory(loader: DataLoader, sources: Iterable[str], group: str) -> InventoryManager:
    paths = [source for source in sources if "," not in source]
    inventory = InventoryManager(loader, sources=paths, parse=False)
    for file in _static_files(loader, paths):
        inventory.parse_source(str(file))
    for name in (ALL_INSTANCES, group):
        inventory.add_group(name)
        inventory.add_host(HOST, name)
    inventory.reconcile_inventory()
    return inventory


def _static_files(loader: DataLoader, sources: Iterable[str]) -> Iterator[Path]:
    """Yield the inventory files that ask no service, as Ansible orders them."""
    for source in map(Path, sources):
        files = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else [source]
        for file in files:
            if file.name.startswith(".") or (source.is_dir() and file.suffix not in (*YAML, ".json", ".ini", "")):
                continue
            content = loader.load_from_file(str(file)) if file.suffix in YAML else None
            if not (isinstance(content, Mapping) and "plugin" in content):
                yield file


def plain(value: Any, path: str) -> Any:
    """Return a value in plain types, so that it can be written. Raises AnsibleError for what is encrypted."""
    if "Encrypted" in type(value).__name__:
        raise AnsibleError(f"{path} is encrypted with Ansible Vault, and instances cannot decrypt it: {INSTEAD}")
    if isinstance(value, Mapping):
        return {plain(key, path): plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item, f"{path}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, str) and TEMPLATE.search(value) and not is_trusted_as_template(value):
        raise AnsibleError(f"{path} is text with braces that must not be rendered (!unsafe), which instances would render")
    # Ansible's own types of text and numbers know where they come from.
    return json.loads(json.dumps(value, default=str))


INSTEAD = "put it into Secrets Manager, and let the role look it up by its name"


def _refuse_secrets(key: str, value: Any, path: str) -> None:
    """A bundle can be read by whoever may read the bucket. Next to `secret`, keys are names in that secret."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            if "secret" not in value:
                _refuse_secrets(name, item, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_secrets("", item, f"{path}[{index}]")
    elif isinstance(value, str) and value and SECRET.search(key) and not TEMPLATE.search(value):
        raise AnsibleError(f"{path} looks like a secret, and instances would get it in a bundle: {INSTEAD}")


def _texts(value: Any) -> Iterator[str]:
    """Yield the templates inside a value."""
    if isinstance(value, str):
        if TEMPLATE.search(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _texts(item)


def outputs_of(variables: Mapping[str, Any]) -> list[str]:
    """Return which of the stack's outputs the variables use, as ``kind/name/attribute``. Raises AnsibleError."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 only parsed
    found: set[str] = set()
    for name, value in variables.items():
        for text in _texts(value):
            if OUTPUTS not in text:
                continue
            tree = environment.parse(text)
            chains = [chain for node in tree.find_all((jinja2.nodes.Getattr, jinja2.nodes.Getitem)) if (chain := _chain(node))]
            whole = ["/".join(chain) for chain in chains if len(chain) == 3]
            if len(whole) != sum(node.name == OUTPUTS for node in tree.find_all(jinja2.nodes.Name)):
                raise AnsibleError(
                    f"{name} has to say which of the stack's outputs it means, such as {OUTPUTS}.db_instance.main.endpoint: "
                    "instances that configure themselves know only those"
                )
            found.update(whole)
    return sorted(found)


def _chain(node: Any) -> list[str]:
    """Return the names of ``terrace_outputs.a['b'].c``, nothing for other expressions."""
    names: list[str] = []
    while isinstance(node, (jinja2.nodes.Getattr, jinja2.nodes.Getitem)):
        if isinstance(node, jinja2.nodes.Getattr):
            names.insert(0, node.attr)
        elif isinstance(node.arg, jinja2.nodes.Const):
            names.insert(0, str(node.arg.value))
        else:
            return []
        node = node.node
    return names if isinstance(node, jinja2.nodes.Name) and node.name == OUTPUTS else []
