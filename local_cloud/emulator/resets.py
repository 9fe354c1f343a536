# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a new account cheap: moto needs seconds to reset one, which is what each test begins with."""

import copy
import functools
from typing import Any, NamedTuple

from moto.core.base_backend import AccountSpecificBackend
from moto.ec2.models import amis
from moto.iam.models import AWSManagedPolicy, IAMBackend


class _Account(NamedTuple):
    """What moto's policies read of their backend."""

    account_id: str
    region_name: str


@functools.cache
def apply() -> None:
    """Patch moto, once per process."""
    # moto first initialises all backends anew and then throws them away: the second is enough.
    AccountSpecificBackend.reset = lambda _: None
    # Of the images of years ago each region gets only the newest Amazon Linux ones, which SSM parameters name.
    amis.AMIS.clear()
    load_resource = amis.load_resource
    amis.load_resource = functools.cache(lambda path: [] if "ecs/" in path else load_resource(path))
    read_policies = functools.cache(IAMBackend._init_aws_policies)

    def copy_policies(self: Any) -> list[AWSManagedPolicy]:
        return [copy.copy(policy) for policy in read_policies(_Account(self.account_id, self.region_name))]

    IAMBackend._init_aws_policies = copy_policies
