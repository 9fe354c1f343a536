# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command that can reach the local cloud's API and nobody's AWS account."""

import ipaddress
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from local_cloud.emulator.environment import client_environment

# botocore and boto read these; whatever they hold belongs to the user's own accounts.
FOREIGN = ("AWS_", "BOTO")
DIRECT = "127.0.0.1,localhost"


class UnsafeError(Exception):
    """The command must not be run."""


def environment(original: Mapping[str, str], endpoint: str) -> dict[str, str]:
    """Return the environment without any AWS setting of the caller's, and with ours."""
    host = urlsplit(endpoint).hostname or ""
    if not _is_loopback(host):
        raise UnsafeError(f"{endpoint} is not on this machine's loopback interface")
    kept = {name: value for name, value in original.items() if not name.upper().startswith(FOREIGN)}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [kept.get(name), DIRECT]))
    return kept | client_environment(endpoint)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def become(command: list[str], endpoint: str, settings: Mapping[str, str]) -> NoReturn:
    """Replace this process by the command; the tools of this Python's environment come first.

    `settings` are further variables, which `inventories/local` reads.
    """
    if not command:
        raise UnsafeError("nothing to run")
    safe = environment(os.environ, endpoint)
    safe |= settings
    safe["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), safe.get("PATH", os.defpath)])
    try:
        os.execvpe(command[0], command, safe)  # noqa: S606 this is what the user asked for
    except OSError as error:
        raise UnsafeError(f"cannot run {command[0]}: {error.strerror}") from error
