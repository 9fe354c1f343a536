# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator and, to compare, moto as it comes."""

import functools
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import boto3
import pytest
from botocore.config import Config

from local_cloud.emulator import Emulator
from local_cloud.emulator.environment import REGION
from tests.local_cloud import balancing
from tests.local_cloud.scenarios import Connect

SERVE = """
from moto.server import ThreadedMotoServer
import sys
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    running_emulator.reset()
    return running_emulator


@pytest.fixture(scope="session")
def plain_endpoint() -> Iterator[str]:
    """The URL of an unpatched moto in a process of its own."""
    command = [sys.executable, "-c", SERVE]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env={}, **pipes) as process:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


@pytest.fixture(scope="session")
def plain_connect(plain_endpoint: str) -> Connect:
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return functools.cache(
        lambda service, region=REGION: boto3.client(
            service, region_name=region, endpoint_url=plain_endpoint, config=config, **keys
        )
    )


@pytest.fixture
def plain(plain_endpoint: str, plain_connect: Connect) -> Connect:
    request = urllib.request.Request(f"{plain_endpoint}/moto-api/reset", method="POST")  # noqa: S310 loopback
    urllib.request.urlopen(request).close()  # noqa: S310 loopback
    return plain_connect


@pytest.fixture(scope="module")
def world() -> Iterator[balancing.World]:
    """A local cloud for load balancers. The tests of whole stacks have another world."""
    balancing.cloud("down")
    balancing.cloud("up")
    try:
        yield balancing.World()
    finally:
        balancing.cloud("down")


@pytest.fixture(scope="module")
def servers(world: balancing.World) -> dict[str, str]:
    """The addresses of three servers by their names."""
    return {name: world.server(name) for name in "abc"}
