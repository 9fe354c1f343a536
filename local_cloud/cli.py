# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the local cloud."""

import argparse
import sys
import time

import docker
import docker.errors

from local_cloud import lifetime, paths, safe_command
from local_cloud.artifacts import node_archive
from local_cloud.images import build_all
from local_cloud.images.base import ImageError
from local_cloud.summary import summarise


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except (ImageError, lifetime.LifetimeError, safe_command.UnsafeError) as error:
        print(f"local cloud: {error}", file=sys.stderr)
    except docker.errors.DockerException as error:
        print(f"local cloud: the Docker engine refuses: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local_cloud", description="AWS on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start the local cloud, or find it running")
    commands.add_parser("down", help="stop it and remove its containers, networks and volumes")
    commands.add_parser("status", help="show what runs")
    commands.add_parser("images", help="build the images that the engine lacks")
    commands.add_parser("summary", help="show what was built in it, and leave it in .local/demo.json")
    run = commands.add_parser("run", help="run a command that can reach this cloud's API and no other")
    run.add_argument("words", nargs=argparse.REMAINDER, metavar="-- command")
    return parser


def _progress() -> "lifetime.Progress":
    started = time.monotonic()
    return lambda text: print(f"local cloud  {time.monotonic() - started:4.0f}s  {text}", flush=True)


def up(_: argparse.Namespace) -> int:
    """Build what is missing and start the daemon."""
    lifetime.up(_progress())
    return 0


def down(_: argparse.Namespace) -> int:
    """Stop the daemon and remove what it made."""
    lifetime.down(_progress())
    return 0


def status(_: argparse.Namespace) -> int:
    """Print endpoint and containers; status 3, as service managers have it, when it is not running."""
    state = paths.read_state()
    if not paths.alive(state):
        print("local cloud: not running")
        return 3
    print(f"endpoint  {state['endpoint']}")
    if state.get("problem"):
        print(f"problem   {state['problem']}")
    for container in lifetime.containers(docker.from_env()):
        print(f"{container.name:40} {container.status}")
    return 0


def images(_: argparse.Namespace) -> int:
    """Build the images."""
    build_all(docker.from_env(timeout=lifetime.BUILD_SECONDS), _progress())
    return 0


def summary(_: argparse.Namespace) -> int:
    """Print what the stack is made of."""
    print(summarise(lifetime.running_state()))
    return 0


def run(options: argparse.Namespace) -> int:
    """Become the command, in the safe environment."""
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    state = lifetime.running_state()
    settings = {
        "TERRACE_LOCAL_CA_FILE": state["ca_file"],
        "TERRACE_LOCAL_NODE_ARCHIVE": str(node_archive.ensure()),
        "TERRACE_LOCAL_STATE_FILE": str(paths.STATE),
    }
    safe_command.become(words, state["endpoint"], settings)
    return 0


COMMANDS = {"up": up, "down": down, "status": status, "images": images, "summary": summary, "run": run}
