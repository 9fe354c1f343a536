# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A listener has one default certificate and a list of further ones; moto mixes them up when the default one changes.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html
"""

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeListener

from local_cloud.emulator.fidelity.patching import around

ENCRYPTED = ("HTTPS", "TLS")


@around(ELBv2Backend, "create_listener")
def create_listener(original: Any, self: Any, load_balancer_arn: str, **keywords: Any) -> FakeListener:
    """An encrypted listener has a certificate that exists."""
    if keywords.get("protocol") in ENCRYPTED:
        _refuse_missing(self, keywords.get("certificate"))
    return original(self, load_balancer_arn=load_balancer_arn, **keywords)


@around(ELBv2Backend, "modify_listener")
def modify_listener(
    original: Any,
    self: Any,
    arn: str,
    port: Any = None,
    protocol: str | None = None,
    ssl_policy: str | None = None,
    certificates: Any = None,
    actions: Any = None,
) -> FakeListener:
    """A new default certificate leaves the others alone; without encryption there are none. moto knows three protocols."""
    (listener,) = self.describe_listeners(None, [arn])
    further = listener.certificates[1:]
    wanted = protocol or listener.protocol
    given = [item["CertificateArn"] for item in certificates or ()][:1]
    if wanted in ENCRYPTED:
        _refuse_missing(self, (given or listener.certificates[:1] or [None])[0])
    modified = original(self, arn, port, None, ssl_policy, [], actions or [])
    modified.protocol = wanted
    listener.certificates = [*(given or listener.certificates[:1]), *further] if wanted in ENCRYPTED else []
    listener.certificate = listener.certificates[0] if listener.certificates else None
    return modified


def _refuse_missing(backend: Any, certificate: str | None) -> None:
    if certificate is None:
        raise ELBClientError("ValidationError", "A certificate must be specified for HTTPS listeners")
    if not backend._certificate_exists(certificate):
        raise ELBClientError("CertificateNotFound", f"Certificate '{certificate}' not found")
