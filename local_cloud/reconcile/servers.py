# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the database servers have in common: how one is configured and asked."""

from collections.abc import Callable
from dataclasses import dataclass

from local_cloud.reconcile.desired import Database

# The user by whom replicas read from their source, with a certificate instead of a password.
REPLICATION_USER = "rdsrepladmin"


@dataclass(frozen=True)
class Server:
    """A database server in an image of ours.

    `settings` are files for /etc/terrace that are written again when they change, after which `reload` runs as root.
    `setup` is SQL that makes the server what the account wants, as often as it is run; `run` is the shell command, as
    `user`, that executes what is in the variable SQL. `environment` is for the container.
    """

    image: str
    user: str
    settings: Callable[[Database], dict[str, bytes]]
    setup: Callable[[Database], str]
    environment: Callable[[Database], dict[str, str]]
    run: str
    reload: str
