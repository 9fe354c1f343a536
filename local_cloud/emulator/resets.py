# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a new account cheap, and each call to it: moto needs seconds to reset one, which is what each test begins with."""

import functools
from typing import Any, NamedTuple

from moto import backends
from moto.core import responses
from moto.core.base_backend import AccountSpecificBackend
from moto.ec2.models import amis
from moto.iam.models import IAMBackend, ManagedPolicy

from local_cloud.emulator.fidelity.patching import around

# What regions of this emulator are in.
PARTITION = "aws"


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
    # Each call asks for the names of all services, and for those of all operations of its own.
    services = backends.list_of_moto_modules
    backends.list_of_moto_modules = functools.cache(lambda: frozenset(services()))
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)


def _copy_policies(original: Any, self: Any) -> list[ManagedPolicy]:
    """Read AWS's managed policies once and give each account its own copies.

    Whose key a request is signed with moto looks up in all partitions, and makes an account in each: they need no policies.
    """
    if self.region_name != PARTITION:
        return []
    return [_copy_policy(policy) for policy in _read_policies(original, _Account(self.account_id, self.region_name))]


def _copy_policy(policy: ManagedPolicy) -> ManagedPolicy:
    """Copy without moto's list of all that there is, of which thousands of policies would be the most."""
    copied = object.__new__(type(policy))
    copied.__dict__.update(policy.__dict__)
    return copied


@functools.cache
def _read_policies(original: Any, account: _Account) -> list[ManagedPolicy]:
    return original(account)
