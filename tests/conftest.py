# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes `ansible_collections.terrace.aws.*` importable from the checkout, under plain pytest."""

from __future__ import annotations

from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

CHECKOUT = Path(__file__).resolve().parent.parent


def _install_collection_finder() -> None:
    """Register Ansible's own importer: the checkout's `.collections` first, then what the environment bundles."""
    finder = _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections")], scan_sys_paths=True)
    finder._install()  # pylint: disable=protected-access  # the only door there is


_install_collection_finder()
