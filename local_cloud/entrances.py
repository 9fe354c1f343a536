# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The listeners of load balancers as somebody on this machine reaches them."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
WEB = ("http", "https")


@dataclass(frozen=True)
class Entrance:
    """A listener on a loopback port; `name` is the site there, if it has one, and `path` what answers if the site is well."""

    scheme: str
    port: int
    name: str = ""
    path: str = "/"

    @property
    def url(self) -> str:
        """Return the address for programs, which needs no resolution of names."""
        return f"{self.scheme}://{LOOPBACK}:{self.port}"

    @property
    def shown(self) -> str:
        """Return the address that a browser would show."""
        return f"{self.scheme}://{self.name or LOOPBACK}:{self.port}"

    def curl(self, ca_file: Path) -> str:
        """Return a command that asks for the path."""
        trust = f"--cacert {os.path.relpath(ca_file)} " if self.scheme == "https" else ""
        resolve = f"--resolve {self.name}:{self.port}:{LOOPBACK} " if self.name else ""
        return f"curl {trust}{resolve}{self.shown}{self.path}"


def find(connect: Callable[[str], Any], published: dict[str, dict[str, int]]) -> list[Entrance]:
    """Return the entrances of all balancers; `published` are the loopback ports by balancer and port."""
    elbv2, entrances = connect("elbv2"), []
    for balancer in sorted(elbv2.describe_load_balancers()["LoadBalancers"], key=lambda item: item["LoadBalancerName"]):
        ports = published.get(balancer["LoadBalancerName"], {})
        listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for listener in sorted(listeners, key=lambda item: item["Port"]):
            if port := ports.get(str(listener["Port"])):
                scheme = listener["Protocol"].lower()
                entrances += [Entrance(scheme, port, name, path) for name, path in _sites(connect, listener)]
    return entrances


def _sites(connect: Callable[[str], Any], listener: dict[str, Any]) -> list[tuple[str, str]]:
    """Return name and path of each host that a rule knows, or else of the one that the default certificate is for."""
    elbv2 = connect("elbv2")
    rules = elbv2.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    sites = [(host, _path(elbv2, rule["Actions"])) for rule in rules if _forwards(rule["Actions"]) for host in _hosts(rule)]
    default = listener["DefaultActions"]
    if not sites or _forwards(default):
        sites.append((_name(connect, listener), _path(elbv2, default)))
    return sites


def _hosts(rule: dict[str, Any]) -> Iterator[str]:
    """Yield the names that a rule is for, if it is for a whole host."""
    if len(rule["Conditions"]) == 1 and rule["Conditions"][0]["Field"] == "host-header":
        condition = rule["Conditions"][0]
        names = condition.get("HostHeaderConfig", {}).get("Values") or condition["Values"]
        yield from (name for name in names if not set("*?") & set(name))


def _forwards(actions: list[dict[str, Any]]) -> bool:
    return actions[-1]["Type"] == "forward"


def _path(elbv2: Any, actions: list[dict[str, Any]]) -> str:
    """Return what the health check of an action's first target group asks for, if the site itself answers that."""
    configured = actions[-1].get("ForwardConfig", {}).get("TargetGroups") or [actions[-1]]
    if arn := configured[0].get("TargetGroupArn"):
        (group,) = elbv2.describe_target_groups(TargetGroupArns=[arn])["TargetGroups"]
        path = group.get("HealthCheckPath") or "/"
        # The role nginx answers /healthz/<site> to whoever asks for the host's address, not for the site.
        return "/" if path.startswith("/healthz/") else path
    return "/"


def _name(connect: Callable[[str], Any], listener: dict[str, Any]) -> str:
    """Return a name of the default certificate; for a wildcard one of those that it stands for."""
    for item in listener.get("Certificates", []):
        certificate = connect("acm").describe_certificate(CertificateArn=item["CertificateArn"])["Certificate"]
        return certificate["DomainName"].replace("*", "www")
    return ""
