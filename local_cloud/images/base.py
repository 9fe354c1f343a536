# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all images: Debian 12 from Docker Hub or, where that cannot be reached, from debootstrap."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import docker
import docker.errors

RELEASE = "bookworm"
HUB_IMAGE = f"debian:{RELEASE}-slim"
BASE_IMAGE = f"terrace-local/base:{RELEASE}"

# debootstrap leaves the release's own archive only; the updates and security archives lie beside it.
COMPLETE_SOURCES = r"""
sed -i -E 's#^deb (\S+)/(debian)/? (\S+) main$#&\ndeb \1/\2 \3-updates main\ndeb \1/\2-security \3-security main#' \
  "$1/etc/apt/sources.list"
"""


class ImageError(Exception):
    """An image cannot be made on this machine; the message says what to do."""


def ensure_base(client: docker.DockerClient, progress: Callable[[str], None]) -> str:
    """Return the name of the base image, made or pulled if this engine does not have it."""
    try:
        client.images.get(BASE_IMAGE)
    except docker.errors.ImageNotFound:
        if not _pull(client, progress):
            _bootstrap(client, progress)
    return BASE_IMAGE


def _pull(client: docker.DockerClient, progress: Callable[[str], None]) -> bool:
    progress(f"base image: pulling {HUB_IMAGE}")
    try:
        client.images.pull(HUB_IMAGE).tag(BASE_IMAGE)
    except (docker.errors.DockerException, OSError):
        return False
    return True


def _bootstrap(client: docker.DockerClient, progress: Callable[[str], None]) -> None:
    progress(f"base image: {HUB_IMAGE} cannot be pulled, using debootstrap")
    if shutil.which("debootstrap") is None:
        raise ImageError(
            f"cannot pull {HUB_IMAGE} and debootstrap is not installed: docker pull {HUB_IMAGE}, or apt-get install debootstrap"
        )
    with tempfile.TemporaryDirectory(prefix="terrace-base-") as directory:
        root = Path(directory) / "root"
        _run("debootstrap", "--variant=minbase", RELEASE, str(root))
        _run("sh", "-ec", COMPLETE_SOURCES, "sh", str(root))
        for leftover in (*root.glob("var/cache/apt/archives/*.deb"), *root.glob("var/lib/apt/lists/*_*")):
            leftover.unlink()
        _import(client, root)


def _import(client: docker.DockerClient, root: Path) -> None:
    """Stream the directory into the engine as one layer."""
    repository, _, tag = BASE_IMAGE.partition(":")
    with subprocess.Popen(["tar", "--numeric-owner", "-C", str(root), "-c", "."], stdout=subprocess.PIPE) as archive:
        client.api.import_image_from_stream(archive.stdout, repository=repository, tag=tag, changes=['CMD ["bash"]'])


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImageError(f"{command[0]} failed: {(done.stderr or done.stdout)[-600:]}")
