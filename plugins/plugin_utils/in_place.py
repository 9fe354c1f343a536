# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules from where the collection is installed, instead of from an archive made for each task.

Ansible packs a module with all that it imports, sends it to the host, and there Python compiles each file anew. On the
controller itself this is half of a run that changes nothing, and needless: the files are there, and compiled.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.vars.clean import remove_internal_keys

try:
    from ansible.module_utils.common.json import Direction, get_module_encoder
except ImportError:  # before ansible-core 2.19, where modules are told their arguments in another way
    get_module_encoder = None

STARTER = Path(__file__).with_name("start_in_place.py")
PROFILE = "legacy"


class InPlaceAction(NormalAction):
    """Like any module's action, but for tasks of this machine, this user and this Python."""

    def _execute_module(self, *arguments: Any, task_vars: Any = None, wrap_async: Any = False, **options: Any) -> dict[str, Any]:
        if arguments or options or wrap_async or not self._is_in_place(task_vars):
            return super()._execute_module(*arguments, task_vars=task_vars, wrap_async=wrap_async, **options)
        return self._run_in_place(task_vars)

    def _is_in_place(self, task_vars: Mapping[str, Any]) -> bool:
        """Whether the task would run by this user, on this machine and by the Python that runs Ansible."""
        if get_module_encoder is None or self._connection.transport not in ("local", "ansible.builtin.local"):
            return False
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter"))
        return not (self._connection.become or self._task.delegate_to) and interpreter == sys.executable

    def _run_in_place(self, task_vars: Mapping[str, Any]) -> dict[str, Any]:
        name, arguments = self._task.resolved_action, dict(self._task.args)
        self._update_module_args(name, arguments, task_vars)
        namespace, collection, module = name.split(".")
        request = {
            "profile": PROFILE,
            "module": f"ansible_collections.{namespace}.{collection}.plugins.modules.{module}",
            "collections": [str(Path(folder) / "ansible_collections") for folder in AnsibleCollectionConfig.collection_paths],
        }
        encoder = get_module_encoder(PROFILE, Direction.CONTROLLER_TO_MODULE)
        # Arguments may hold secrets: no file and no command line has them.
        lines = f"{json.dumps(request)}\n{json.dumps({'ANSIBLE_MODULE_ARGS': arguments}, cls=encoder)}"
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        done = subprocess.run(
            [sys.executable, str(STARTER)],
            input=lines.encode(),
            env={**os.environ, **environment},
            cwd=self._loader.get_basedir(),
            capture_output=True,
            check=False,
        )
        answer = {"rc": done.returncode, "stdout": done.stdout.decode(), "stderr": done.stderr.decode(errors="replace")}
        result = self._parse_returned_data(answer, PROFILE)
        remove_internal_keys(result)
        return result
