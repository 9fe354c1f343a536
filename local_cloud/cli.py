# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the local cloud."""

import argparse
import sys
import time

import docker
import docker.errors

from local_cloud.images import build_all
from local_cloud.images.base import ImageError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description="AWS on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("images", help="build the images that the engine lacks")
    options = parser.parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except (ImageError, docker.errors.DockerException) as error:
        print(f"local cloud: {error}", file=sys.stderr)
        return 1


def images(_: argparse.Namespace) -> int:
    """Build the images."""
    started = time.monotonic()
    build_all(docker.from_env(timeout=600), lambda text: print(f"{time.monotonic() - started:5.0f}s  {text}", flush=True))
    return 0


COMMANDS = {"images": images}
