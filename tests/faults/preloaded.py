# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules' processes have imported and read when they begin, each a copy of the process that imports this.

Most of a run against the emulator would go by with it otherwise, a thousand times over.
"""

from __future__ import annotations

import gc
import importlib
from pathlib import Path

import boto3
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

from tests import quick

CHECKOUT = Path(__file__).resolve().parents[2]
# What modules ask besides the services of their kinds.
COMMON_SERVICES = {"resourcegroupstaggingapi", "s3", "sts"}


def load() -> None:
    _AnsibleCollectionFinder(paths=[str(CHECKOUT / ".collections")], scan_sys_paths=True)._install()
    quick.read_services_once()
    quick.look_often()
    kinds = importlib.import_module("ansible_collections.terrace.aws.plugins.module_utils.module").KINDS
    session = boto3.session.Session()
    for service in {kind.service for kind in kinds.values()} | COMMON_SERVICES:
        session.client(service, "eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")
    # What is here stays: no process has to look through it for garbage, which would also copy its pages.
    gc.collect()
    gc.freeze()


load()
