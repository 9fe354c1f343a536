# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all tests: they import the collection from the checkout, and nothing reaches AWS by accident."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from local_cloud.emulator.environment import configure_moto
from tests import quick

CHECKOUT = Path(__file__).resolve().parent.parent
SAFE_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    # Port 9 discards: a client that was not told its emulator gets no answer.
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
}


def _install_collection_finder() -> None:
    """Register Ansible's own importer: the checkout's `.collections` first, then what the environment bundles."""
    finder = _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections")], scan_sys_paths=True)
    finder._install()  # pylint: disable=protected-access  # the only door there is


def _forget_the_users_account() -> None:
    """Replace every AWS and boto setting of the caller's environment by harmless ones."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO"))]:
        del os.environ[name]
    os.environ.update(SAFE_ENVIRONMENT)


_forget_the_users_account()
configure_moto()
quick.read_services_once()
_install_collection_finder()
quick.look_often()
