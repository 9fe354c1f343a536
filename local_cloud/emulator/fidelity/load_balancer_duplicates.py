# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating the same load balancer, target group or listener again returns it; a different one under its name is refused.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html and its siblings
"""

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from local_cloud.emulator.fidelity.patching import around, store


@around(ELBv2Backend, "create_load_balancer")
def create_load_balancer(original: Any, self: Any, name: str, **keywords: Any) -> Any:
    """Compare by name."""
    existing = next((balancer for balancer in self.load_balancers.values() if balancer.name == name), None)
    message = f"A load balancer with the same name '{name}' exists, but with different settings"
    return _once(self, existing, keywords, "DuplicateLoadBalancerName", message) or _remember(
        self, original(self, name=name, **keywords), keywords
    )


@around(ELBv2Backend, "create_target_group")
def create_target_group(original: Any, self: Any, name: str, **keywords: Any) -> Any:
    """Compare by name."""
    existing = next((group for group in self.target_groups.values() if group.name == name), None)
    message = f"A target group with the same name '{name}' exists, but with different settings"
    settings = dict(keywords)
    return _once(self, existing, settings, "DuplicateTargetGroupName", message) or _remember(
        self, original(self, name, **keywords), settings
    )


@around(ELBv2Backend, "create_listener")
def create_listener(original: Any, self: Any, load_balancer_arn: str, **keywords: Any) -> Any:
    """Compare by load balancer and port."""
    balancer = self.load_balancers.get(load_balancer_arn)
    listeners = balancer.listeners.values() if balancer else ()
    existing = next((listener for listener in listeners if str(listener.port) == str(keywords["port"])), None)
    message = f"A listener already exists on this port for this load balancer '{load_balancer_arn}'"
    return _once(self, existing, keywords, "DuplicateListener", message) or _remember(
        self, original(self, load_balancer_arn=load_balancer_arn, **keywords), keywords
    )


def _once(backend: Any, existing: Any, settings: dict[str, Any], code: str, message: str) -> Any:
    """Return the existing resource if it was created with these settings; None if there is none."""
    if existing is None or store(backend, "settings").get(existing.arn) == _comparable(settings):
        return existing
    raise ELBClientError(code, message)


def _remember(backend: Any, resource: Any, settings: dict[str, Any]) -> Any:
    store(backend, "settings")[resource.arn] = _comparable(settings)
    return resource


def _comparable(settings: dict[str, Any]) -> str:
    return repr(sorted((name, value) for name, value in settings.items() if name != "tags" and value))
