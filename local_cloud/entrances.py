# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listeners of load balancers as somebody on this machine reaches them."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
WEB = ("http", "https")


@dataclass(frozen=True)
class Entrance:
    """A listener on a loopback port; `name` is what its certificate is for, if it has one."""

    scheme: str
    port: int
    name: str = ""

    @property
    def url(self) -> str:
        """Return the address for programs, which needs no resolution of names."""
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    @property
    def shown(self) -> str:
        """Return the address that a browser would show."""
        return f"{self.scheme}://{self.name or LOOPBACK}:{self.port}"

    def curl(self, path: str, ca_file: Path) -> str:
        """Return a command that asks for a path."""
        trust = f"--cacert {os.path.relpath(ca_file)} --resolve {self.name}:{self.port}:{LOOPBACK} " if self.name else ""
        return f"curl {trust}{self.shown}{path}"


def find(connect: Callable[[str], Any], published: dict[str, dict[str, int]]) -> list[Entrance]:
    """Return the entrances of all balancers; `published` are the loopback ports by balancer and port."""
    elbv2, entrances = connect("elbv2"), []
    for balancer in sorted(elbv2.describe_load_balancers()["LoadBalancers"], key=lambda item: item["LoadBalancerName"]):
        ports = published.get(balancer["LoadBalancerName"], {})
        listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for listener in sorted(listeners, key=lambda item: item["Port"]):
            if port := ports.get(str(listener["Port"])):
                entrances.append(Entrance(listener["Protocol"].lower(), port, _name(connect, listener)))
    return entrances


def _name(connect: Callable[[str], Any], listener: dict[str, Any]) -> str:
    """Return a name of the default certificate; for a wildcard one of those that it stands for."""
    for item in listener.get("Certificates", []):
        certificate = connect("acm").describe_certificate(CertificateArn=item["CertificateArn"])["Certificate"]
        return certificate["DomainName"].replace("*", "www")
    return ""
