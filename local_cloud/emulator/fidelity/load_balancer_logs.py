# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs go only to a bucket of the region whose policy lets load balancers write; moto takes any name.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/enable-access-logs.html
"""

import json
from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.s3.models import s3_backends

from local_cloud.emulator.fidelity.patching import around

LOGS = ("access_logs", "connection_logs")
SERVICES = {"application": "logdelivery.elasticloadbalancing.amazonaws.com", "network": "delivery.logs.amazonaws.com"}


@around(ELBv2Backend, "modify_load_balancer_attributes")
def modify_load_balancer_attributes(original: Any, self: Any, arn: str, attrs: dict[str, Any]) -> dict[str, Any]:
    """Look at the policy when logs are switched on."""
    balancer = self.load_balancers.get(arn)
    for name in LOGS if balancer else ():
        wanted = {**balancer.attrs, **attrs}
        if attrs.get(f"{name}.s3.enabled") == "true":
            _refuse_bucket(self, balancer.type, str(wanted.get(f"{name}.s3.bucket") or ""))
    return dict(original(self, arn, attrs))


def _refuse_bucket(backend: Any, kind: str, name: str) -> None:
    bucket = s3_backends[backend.account_id][backend.partition].buckets.get(name)
    if bucket is None or bucket.region_name != backend.region_name:
        raise ELBClientError("InvalidConfigurationRequest", f"The bucket {name} does not exist in this region")
    statements = json.loads(bucket.policy or "{}").get("Statement", [])
    writers = [item.get("Principal") for item in statements if item["Effect"] == "Allow"]
    if not any(SERVICES[kind] in json.dumps(writer) for writer in writers):
        problem = f"Access Denied for bucket: {name}. Please check S3bucket permission"
        raise ELBClientError("InvalidConfigurationRequest", problem)
