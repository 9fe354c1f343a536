# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Docker engine, as far as the reconciler needs it."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
import docker.errors
from docker.models.containers import Container
from docker.types import EndpointConfig

from local_cloud.paths import CHECKOUT, scope

LABEL = "terrace.local"
CLOUD, HOME = f"{LABEL}.cloud", f"{LABEL}.checkout"
INSTANCE, DATABASE, CACHE, FILES, BALANCER, HELPER = "instance", "database", "cache", "files", "balancer", "helper"
NETWORK, BACKBONE, SNAPSHOT, VOLUME = "network", "backbone", "snapshot", "volume"

# A company's proxy signs with an authority that the machine trusts and a fresh image does not.
BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))


def labels(kind: str, resource: str) -> dict[str, str]:
    """Return the labels of something that belongs to the local cloud."""
    return {LABEL: kind, f"{LABEL}.id": resource, CLOUD: scope(), HOME: str(CHECKOUT)}


def belonging(kind: str | None = None) -> dict[str, Any]:
    """Return the filter for what belongs to this local cloud, of one kind or of all."""
    return {"label": [f"{LABEL}={kind}" if kind else LABEL, f"{CLOUD}={scope()}"]}


def abandoned(client: docker.DockerClient) -> list[dict[str, Any]]:
    """Return the filters for local clouds of checkouts that are no more: nobody else can take them down."""
    labels = [container.labels for container in client.containers.list(all=True, filters={"label": HOME}, ignore_removed=True)]
    labels += [network.attrs["Labels"] for network in client.networks.list(filters={"label": HOME})]
    homes = {label[HOME] for label in labels}
    return [{"label": f"{HOME}={home}"} for home in sorted(homes) if not Path(home).is_dir()]


def elsewhere(client: docker.DockerClient) -> set[str]:
    """Return the other local clouds that have a network on this engine: theirs may be in the way of ours."""
    networks = client.networks.list(filters={"label": f"{LABEL}={NETWORK}"})
    return {network.attrs["Labels"].get(CLOUD, "unknown") for network in networks} - {scope()}


def containers(client: docker.DockerClient, kind: str) -> dict[str, Container]:
    """Return the containers of a kind, running or not, by the id of their resource."""
    found = client.containers.list(all=True, filters=belonging(kind), ignore_removed=True)
    return {container.labels[f"{LABEL}.id"]: container for container in found}


def create(client: docker.DockerClient, image: str, network: str, address: str, aliases: list[str], **settings: Any) -> Container:
    """Create a container with a fixed address in a network of ours."""
    endpoint = EndpointConfig(client.api.api_version, ipv4_address=address, aliases=aliases)
    return client.containers.create(image, network=network, networking_config={network: endpoint}, **settings)


def put_files(container: Container, directory: str, files: Mapping[str, bytes], mode: int = 0o600) -> None:
    """Write files into a directory of a container, which may be stopped."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{directory.strip('/')}/{name}")
            member.size, member.mode = len(content), mode
            tar.addfile(member, io.BytesIO(content))
    container.put_archive("/", archive.getvalue())


def remove(container: Container) -> None:
    """Remove a container with its anonymous volumes."""
    try:
        container.remove(force=True, v=True)
    except docker.errors.NotFound:
        return
    except docker.errors.APIError as error:
        if error.status_code != 409:  # somebody else is removing it
            raise


def incarnation(container: Container) -> str:
    """Return what changes at each start: a restarted container has a new, empty network namespace."""
    return f"{container.id}@{container.attrs['State']['StartedAt']}"


def bundle_mount() -> dict[str, dict[str, str]]:
    """Return the volume that gives a host the machine's certificate authorities."""
    for bundle in BUNDLES:
        if bundle.exists():
            return {str(bundle): {"bind": "/usr/local/share/machine-certificates.crt", "mode": "ro"}}
    return {}
