# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one module as Ansible does: `python -m tests.faults.module_process NAME`, its arguments as JSON on stdin.

Ansible itself packs the module into an archive and starts that; the code that runs is the same.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import runpy
import sys
from pathlib import Path

from ansible.module_utils import basic
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).resolve().parents[2]


# Seconds after which no kind is awaited any longer: AWS's own times are too long for a test.
TIMEOUT = "FAULTS_KIND_TIMEOUT"


def main(module: str) -> None:
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections")], scan_sys_paths=True)._install()
    if TIMEOUT in os.environ:
        kinds = importlib.import_module("ansible_collections.terrace.aws.plugins.module_utils.registry").KINDS
        kinds.update({name: dataclasses.replace(kind, timeout=float(os.environ[TIMEOUT])) for name, kind in kinds.items()})
    basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
    basic._ANSIBLE_PROFILE = "legacy"
    runpy.run_module(f"ansible_collections.terrace.aws.plugins.modules.{module}", run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
