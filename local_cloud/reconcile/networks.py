# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bridge per VPC."""

from collections.abc import Iterable

import docker
from docker.models.networks import Network as DockerNetwork
from docker.types import IPAMConfig, IPAMPool

from local_cloud.reconcile import engine
from local_cloud.reconcile.desired import Network


def name_of(vpc: str) -> str:
    """Return the name of a VPC's network."""
    return f"terrace-{vpc}"


def existing(client: docker.DockerClient) -> dict[str, DockerNetwork]:
    """Return the networks by VPC."""
    found = client.networks.list(filters=engine.belonging(engine.NETWORK))
    return {network.attrs["Labels"][f"{engine.LABEL}.id"]: network for network in found}


def create_missing(client: docker.DockerClient, wanted: Iterable[Network]) -> None:
    """Create the networks that are not there."""
    present = existing(client)
    for network in wanted:
        if network.vpc not in present:
            client.networks.create(
                name_of(network.vpc),
                driver="bridge",
                ipam=IPAMConfig(pool_configs=[IPAMPool(subnet=network.cidr)]),
                labels=engine.labels(engine.NETWORK, network.vpc),
            )


def remove_unwanted(client: docker.DockerClient, wanted: Iterable[Network]) -> None:
    """Remove the networks of VPCs that are gone; their containers must be gone before."""
    vpcs = {network.vpc for network in wanted}
    for vpc, network in existing(client).items():
        if vpc not in vpcs:
            network.remove()
