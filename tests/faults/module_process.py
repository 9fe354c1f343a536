# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a process does that is one module's own."""

from __future__ import annotations

import dataclasses
import importlib
import json
import os
import runpy
import signal
from collections.abc import Mapping
from typing import Any

from ansible.module_utils import basic

# Seconds after which no kind is awaited any longer: AWS's own times are too long for a test.
TIMEOUT = "FAULTS_KIND_TIMEOUT"
PLUGINS = "ansible_collections.terrace.aws.plugins"


def main(module: str, arguments: Mapping[str, Any], environment: Mapping[str, str], output: str, errors: str) -> None:
    """Run the module with nothing but `environment`; what it says goes to the files `output` and `errors`."""
    os.environ.clear()
    os.environ.update(environment)
    # What was started in the background ignores it, and so do the processes that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for path, descriptor in ((output, 1), (errors, 2)):
        os.dup2(os.open(path, os.O_WRONLY), descriptor)
    if TIMEOUT in os.environ:
        kinds = importlib.import_module(f"{PLUGINS}.module_utils.registry").KINDS
        kinds.update({name: dataclasses.replace(kind, timeout=float(os.environ[TIMEOUT])) for name, kind in kinds.items()})
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    runpy.run_module(f"{PLUGINS}.modules.{module}", run_name="__main__")
