# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes no difference to a test but to its duration."""

from __future__ import annotations

import functools
import importlib

import botocore.session

from local_cloud.emulator import lifecycle

ENGINE = "ansible_collections.terrace.aws.plugins.module_utils.engine"
# Seconds. AWS takes minutes for what the emulator does not let anybody wait for.
FIRST_LOOK = 0.05
CHANGING = 0.04


@functools.cache
def read_services_once() -> None:
    """Let all sessions of this process share one loader: each would read boto's descriptions of the services anew."""
    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def look_often() -> None:
    """Let the engine look soon whether a change has come to its end. To be called when collections can be imported."""
    importlib.import_module(f"{ENGINE}.apply").POLL_FIRST = FIRST_LOOK


def settle_soon() -> None:
    """Let the emulator bring changes to an end soon. Nothing is done at once, as nothing is in AWS."""
    lifecycle.DEFAULT_SECONDS = CHANGING
