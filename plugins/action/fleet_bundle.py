# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The half of terrace.aws.fleet_bundle that runs on the controller: what goes into the bundles."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.template import Templar

from ansible_collections.terrace.aws.plugins.plugin_utils.bundle_archive import (
    IGNORED,
    OWN_ROOT,
    Contents,
    add_collections,
    add_playbooks,
    roles_in,
)
from ansible_collections.terrace.aws.plugins.plugin_utils.bundle_variables import Described, outputs_of

ROLE = OWN_ROOT / "roles" / "fleet_bootstrap"
MODULE = "terrace.aws.fleet_bundle"
# Where instances find what is a file on the controller.
ON_INSTANCE = "{{ terrace_bundle }}/files"


class ActionModule(ActionBase):
    """Packs one bundle for each group, and has the module publish them."""

    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        given = dict(self._task.args)
        with tempfile.TemporaryDirectory(prefix="terrace-") as scratch:
            groups = given.pop("groups", None) or []
            bundles = [self._bundle(group, Path(scratch) / group, task_vars) for group in groups]
            given["archives"] = [{name: bundle[name] for name in ("group", "path", "sha256")} for bundle in bundles]
            result |= self._execute_module(module_name=MODULE, module_args=given, task_vars=task_vars)
        published = result.get("bundles")
        if published is not None:
            for bundle in bundles:
                published[bundle["group"]]["outputs"] = bundle["outputs"]
        return result

    def _bundle(self, group: str, path: Path, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        """Pack the bundle of a group and return its group, path, sha256 and outputs."""
        described = Described(self._loader, task_vars["ansible_inventory_sources"], group)
        project = Path(task_vars["playbook_dir"])
        known = {**described.all, "playbook_dir": str(project), "group_names": described.groups, "inventory_hostname": group}
        templar = Templar(loader=self._loader, variables=known)

        def setting(name: str) -> Any:
            value = described.all.get(f"fleet_bootstrap_{name}", task_vars[f"fleet_bootstrap_{name}"])
            return templar.template(value)

        contents = Contents()
        playbooks = setting("playbooks")
        for file in setting("files"):
            contents.add(f"project/{file}", project / file)
        add_playbooks(contents, playbooks, project)
        variables = described.variables(roles_in(contents))
        for name in [name for name in variables if name.startswith("fleet_bootstrap_")]:
            del variables[name]
        excluded = (*IGNORED, *variables.get("node_app_artifact_exclude", task_vars["fleet_bootstrap_exclude"]))
        for name in setting("file_variables"):
            if name in variables:
                variables[name] = _with_files(contents, name, templar.template(described.all[name]), excluded)
        contents.add_text("variables.yml", yaml.safe_dump(variables, allow_unicode=True, width=10**6))
        add_collections(contents)
        contents.add_text("manifest.json", json.dumps({"groups": described.groups, "playbooks": playbooks}, sort_keys=True))
        for name in ("ansible.cfg", "configure.py", "requirements.txt"):
            contents.add(name, ROLE / "files" / name)
        return {"group": group, "path": str(path), "sha256": contents.pack(path), "outputs": outputs_of(variables)}


def _with_files(contents: Contents, name: str, value: Any, excluded: tuple[str, ...]) -> Any:
    """Add the files that a variable names, and return the variable's value on instances. URLs, and what is no name, stay."""
    if isinstance(value, list):
        return [_with_files(contents, f"{name}/{index}", item, excluded) for index, item in enumerate(value)]
    if not isinstance(value, str) or not value or "://" in value:
        return value
    path = Path(value).expanduser().resolve()
    if not path.exists():
        raise AnsibleError(f"{name.partition('/')[0]} names {path}, which does not exist")
    place = f"{name}/{path.name}"
    contents.add(f"files/{place}", path, excluded)
    # Where a list of checksums or the like lies beside it.
    beside = path.with_name(f"{path.name}.sha256")
    if beside.is_file():
        contents.add(f"files/{place}.sha256", beside)
    return f"{ON_INSTANCE}/{place}"
