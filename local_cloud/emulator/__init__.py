# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The AWS emulator: moto in this process, with a fidelity layer and a log of every call.

from local_cloud.emulator import Emulator

with Emulator() as emulator:
    boto3.client("ec2", endpoint_url=emulator.endpoint, ...)
    emulator.calls     # one dict per request
    emulator.reset()   # an empty account again
"""

from local_cloud.emulator.environment import configure_moto
from local_cloud.emulator.server import Emulator

__all__ = ["Emulator"]

# Whichever part of this package is imported first imports moto.
configure_moto()
