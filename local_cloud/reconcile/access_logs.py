# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access logs of load balancers, brought to their buckets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html#access-log-file-format
"""

import gzip
import secrets
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import docker
import docker.errors
from moto.s3.models import s3_backends

from local_cloud.emulator import Emulator
from local_cloud.emulator.environment import ACCOUNT
from local_cloud.reconcile.access_records import entry
from local_cloud.reconcile.desired import Balancer, LogBucket

# AWS takes five minutes.
INTERVAL = 30


class AccessLogs:
    """Remembers up to which time each balancer's records were delivered, by ARN."""

    def __init__(self, client: docker.DockerClient, emulator: Emulator) -> None:
        self._client = client
        self._emulator = emulator
        self._delivered: dict[str, float] = {}

    def deliver(self, balancers: Iterable[Balancer]) -> None:
        """Write a file for each balancer that keeps logs, had requests, and whose time has come."""
        for balancer in balancers:
            since, now = self._delivered.setdefault(balancer.arn, time.time()), time.time()
            if balancer.logs and now - since >= INTERVAL:
                self._delivered[balancer.arn] = now
                if entries := self._entries(balancer, since, now):
                    self._put(balancer.logs.bucket, key(balancer, balancer.logs, now), entries)

    def _entries(self, balancer: Balancer, since: float, until: float) -> list[str]:
        try:
            container = self._client.containers.get(balancer.container)
            text = container.logs(stdout=True, stderr=False, since=since, until=until).decode(errors="replace")
        except docker.errors.NotFound:
            return []
        return [written for line in text.split("\n") if (written := entry(balancer, line))]

    def _put(self, bucket: str, name: str, entries: list[str]) -> None:
        """Write past the API: what AWS does by itself is nobody's call."""
        with self._emulator.lock:
            s3 = s3_backends[ACCOUNT]["aws"]
            if bucket in s3.buckets:
                s3.put_object(bucket, name, gzip.compress("".join(f"{item}\n" for item in entries).encode()))


def key(balancer: Balancer, logs: LogBucket, moment: float) -> str:
    """Return the name of the file that ends at a moment."""
    region = balancer.arn.split(":")[3]
    time = datetime.fromtimestamp(moment, UTC)
    identifier = balancer.arn.partition(":loadbalancer/")[2].replace("/", ".")
    parts = [ACCOUNT, "elasticloadbalancing", region, identifier, f"{time:%Y%m%dT%H%MZ}", balancer.address, secrets.token_hex(4)]
    directory = f"AWSLogs/{ACCOUNT}/elasticloadbalancing/{region}/{time:%Y/%m/%d}"
    return "/".join(filter(None, [logs.prefix, directory, "_".join(parts) + ".log.gz"]))
