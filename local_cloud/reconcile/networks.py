# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One bridge per VPC, and one for what AWS carries between VPCs by itself: the replication of databases."""

import zlib
from collections.abc import Iterable

import docker
from docker.models.containers import Container
from docker.models.networks import Network as DockerNetwork
from docker.types import IPAMConfig, IPAMPool

from local_cloud.paths import scope
from local_cloud.reconcile import engine
from local_cloud.reconcile.desired import Network

# Among the addresses that VPCs seldom have, another range for each local cloud.
_PLACE = zlib.crc32(scope().encode())
BACKBONE = f"100.{64 + _PLACE % 64}.{_PLACE // 64 % 256}.0/24"


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


def connect_to_backbone(client: docker.DockerClient, container: Container, name: str) -> None:
    """Let a container be reached under a name from other VPCs' containers that are connected, too."""
    backbone = f"terrace-backbone-{scope()}"
    container.reload()
    if backbone in container.attrs["NetworkSettings"]["Networks"]:
        return
    if not client.networks.list(names=[backbone]):
        ranges = IPAMConfig(pool_configs=[IPAMPool(subnet=BACKBONE)])
        client.networks.create(backbone, driver="bridge", ipam=ranges, labels=engine.labels(engine.BACKBONE, backbone))
    client.networks.get(backbone).connect(container, aliases=[name])


def remove_backbone(client: docker.DockerClient) -> None:
    """Remove the network between VPCs once nothing is connected to it."""
    for network in client.networks.list(filters=engine.belonging(engine.BACKBONE)):
        network.reload()
        if not network.containers:
            network.remove()
