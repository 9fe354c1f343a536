# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The managed master password: a random one, for the user that was asked for. moto writes a fixed pair."""

import json
import secrets

from moto.rds.models import MasterUserSecret

from local_cloud.emulator.fidelity.patching import method


@method(MasterUserSecret)
def _generate_secret_string(self: MasterUserSecret) -> str:
    """Return the secret's JSON, as RDS writes it."""
    return json.dumps({"username": self.resource.master_username, "password": secrets.token_urlsafe(21)})
