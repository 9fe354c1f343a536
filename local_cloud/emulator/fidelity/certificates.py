# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates keep their key's algorithm, change their options, and stay while a listener uses them.

https://docs.aws.amazon.com/acm/latest/APIReference/API_Operations.html
"""

from collections.abc import Callable
from typing import Any

from moto.acm.models import AWSCertificateManagerBackend, CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult, EmptyResult
from moto.elbv2.models import elbv2_backends

from local_cloud.emulator.fidelity.patching import around, method


class ResourceInUse(AWSError):
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_DeleteCertificate.html"""

    TYPE = "ResourceInUseException"


@method(AWSCertificateManagerResponse)
def update_certificate_options(self: AWSCertificateManagerResponse) -> ActionResult:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_UpdateCertificateOptions.html"""
    self.acm_backend.get_certificate(self._get_param("CertificateArn")).cert_options.update(self._get_param("Options"))
    return EmptyResult()


@around(AWSCertificateManagerResponse, "request_certificate")
def remember_algorithm(original: Callable[..., ActionResult], self: AWSCertificateManagerResponse) -> ActionResult:
    """https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html"""
    answer = original(self)
    result: Any = answer.result
    certificate = self.acm_backend.get_certificate(result["CertificateArn"])
    certificate.__dict__["_algorithm"] = self._get_param("KeyAlgorithm")
    return answer


@around(CertBundle, "describe")
def describe(original: Callable[..., dict[str, Any]], self: CertBundle) -> dict[str, Any]:
    """Answers have hyphens where requests have underscores."""
    described = original(self)
    algorithm = self.__dict__.get("_algorithm") or described["Certificate"]["KeyAlgorithm"]
    described["Certificate"] |= {"KeyAlgorithm": algorithm.replace("RSA_", "RSA-"), "InUseBy": _users(self.arn)}
    return described


@around(AWSCertificateManagerBackend, "list_certificates")
def list_certificates(
    original: Callable[..., Any], self: AWSCertificateManagerBackend, statuses: list[str], includes: dict[str, Any]
) -> list[CertBundle]:
    """Only those with RSA keys of up to 2,048 bits, unless others are asked for."""
    wanted = (includes or {}).get("keyTypes") or ["RSA_1024", "RSA_2048"]
    listed = original(self, statuses, {key: value for key, value in (includes or {}).items() if key != "keyTypes"})
    return [
        certificate
        for certificate in listed
        if certificate.describe()["Certificate"]["KeyAlgorithm"].replace("RSA-", "RSA_") in wanted
    ]


@around(AWSCertificateManagerBackend, "delete_certificate")
def delete_certificate(original: Callable[..., None], self: AWSCertificateManagerBackend, arn: str) -> None:
    """Refuse while a load balancer has it."""
    if users := _users(arn):
        raise ResourceInUse(f"Certificate {arn} in account {self.account_id} is in use by {', '.join(users)}.")
    original(self, arn)


def _users(arn: str) -> list[str]:
    """Return the load balancers with a listener that has the certificate."""
    region, account = arn.split(":")[3:5]
    balancers = elbv2_backends[account][region].load_balancers.values()
    return sorted(
        balancer.arn
        for balancer in balancers
        if any(arn in (listener.certificate, *listener.certificates) for listener in balancer.listeners.values())
    )
