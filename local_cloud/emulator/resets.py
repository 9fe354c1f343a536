# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a new account cheap: moto needs seconds to reset one, which is what each test begins with."""

import copy
import functools
from typing import Any, NamedTuple

from moto.core.base_backend import AccountSpecificBackend
from moto.ec2.models import amis
from moto.iam.models import IAMBackend, ManagedPolicy

from local_cloud.emulator.fidelity.patching import around


class _Account(NamedTuple):
    """What moto's policies read of their backend."""

    account_id: str
    region_name: str


@functools.cache
def apply() -> None:
    """Patch moto, once per process."""
    # moto first initialises all backends anew and then throws them away: the second is enough.
    around(AccountSpecificBackend, "reset")(lambda _original, _self: None)
    around(IAMBackend, "_init_aws_policies")(_copy_policies)
    # Of the images of years ago each region gets only the newest Amazon Linux ones, which SSM parameters name.
    amis.AMIS.clear()
    load_resource = amis.load_resource
    amis.load_resource = functools.cache(lambda path: [] if "ecs/" in path else load_resource(path))


def _copy_policies(original: Any, self: Any) -> list[ManagedPolicy]:
    """Read AWS's managed policies once and give each account its own copies."""
    return [copy.copy(policy) for policy in _read_policies(original, _Account(self.account_id, self.region_name))]


@functools.cache
def _read_policies(original: Any, account: _Account) -> list[ManagedPolicy]:
    return original(account)
