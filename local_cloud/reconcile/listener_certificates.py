# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that a load balancer presents, as files for HAProxy."""

import hashlib

from local_cloud.reconcile.certificates import Authority
from local_cloud.reconcile.desired import Balancer, Certificate
from local_cloud.reconcile.haproxy import DIRECTORY, certificate_list


class ListenerCertificates:
    """Issues what ACM would have issued: a certificate for the same names, by the local authority."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._issued: dict[Certificate, bytes] = {}

    def files(self, balancer: Balancer) -> dict[str, bytes]:
        """Return certificates with their keys, and a list of them for each listener, the default first."""
        files = {}
        for listener in balancer.listeners:
            if listener.encryption is None:
                continue
            names = []
            for certificate in listener.encryption.certificates:
                content = certificate.pem or self._issue(certificate)
                names.append(f"{hashlib.sha256(content).hexdigest()[:16]}.pem")
                files[names[-1]] = content
            files[certificate_list(listener)] = "".join(f"{DIRECTORY}/{name}\n" for name in names).encode()
        return files

    def _issue(self, certificate: Certificate) -> bytes:
        if certificate not in self._issued:
            self._issued[certificate] = b"".join(self._authority.issue(*certificate.names))
        return self._issued[certificate]
