# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the images that this engine lacks."""

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docker
import docker.errors

from local_cloud.images.base import BASE_IMAGE, ImageError, ensure_base

IMAGES = ("host", "mariadb", "postgres", "proxy", "redis")
DIRECTORY = Path(__file__).parent
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def image_name(name: str) -> str:
    """The image's name with the hash of its sources as tag: other sources, another image."""
    return f"terrace-local/{name}:{_fingerprint(DIRECTORY / name)}"


def build_all(client: docker.DockerClient, progress: Callable[[str], None]) -> None:
    """Build what is missing, two images at a time, and let ``latest`` point to the current ones."""
    missing = [name for name in IMAGES if not _present(client, image_name(name))]
    if missing:
        base = ensure_base(client, progress)
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda name: _build(client, name, base, progress), missing))
    for name in IMAGES:
        client.images.get(image_name(name)).tag(f"terrace-local/{name}", "latest")


def _present(client: docker.DockerClient, name: str) -> bool:
    try:
        client.images.get(name)
    except docker.errors.ImageNotFound:
        return False
    return True


def _build(client: docker.DockerClient, name: str, base: str, progress: Callable[[str], None]) -> None:
    progress(f"image {name}: building")
    arguments = {"BASE": base} | {key: os.environ[key] for key in PROXY_VARIABLES if key in os.environ}
    try:
        client.images.build(path=str(DIRECTORY / name), tag=image_name(name), buildargs=arguments, rm=True, forcerm=True)
    except docker.errors.BuildError as error:
        output = "".join(part.get("stream", "") for part in error.build_log)
        raise ImageError(f"image {name} cannot be built: {error.msg}\n{output[-1500:]}") from error
    progress(f"image {name}: ready")


def _fingerprint(directory: Path) -> str:
    """Hash of the names, modes and contents below a directory, and of the base's name."""
    digest = hashlib.sha256(BASE_IMAGE.encode())
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(directory)} {path.stat().st_mode & 0o111}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
