# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.terrace.aws.*` importable from the checkout, under plain pytest."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).resolve().parent.parent


def _install_collection_finder() -> None:
    """Register Ansible's own importer with the checkout's `.collections` before everything else."""
    bundled = str(Path(importlib.import_module("ansible_collections").__file__).parent.parent)
    finder = _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections"), bundled], scan_sys_paths=False)
    finder._install()  # pylint: disable=protected-access  # the only door there is


sys.path.insert(0, str(CHECKOUT))
_install_collection_finder()
