# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of single instances, which moto forgets or cannot change.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import Volume
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociationBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring

from local_cloud.emulator.fidelity.patching import around, method

UNLIMITED = ("t3.", "t3a.", "t4g.")
GP3_MIBPS = 125


@around(InstanceResponse, "run_instances")
def run_instances(original: Any, self: Any) -> Any:
    """Remember protection from termination, recovery and CPU credits; a repeated call changes nothing."""
    answer = original(self)
    for instance in answer.result.instances:
        if not hasattr(instance, "maintenance_options"):
            instance.disable_api_termination = bool(self._get_bool_param("DisableApiTermination"))
            instance.maintenance_options = {"AutoRecovery": self._get_param("MaintenanceOptions.AutoRecovery", "default")}
            default = "unlimited" if instance.instance_type.startswith(UNLIMITED) else "standard"
            instance.cpu_credits = self._get_param("CreditSpecification.CpuCredits", default)
    return answer


@around(InstanceResponse, "modify_instance_attribute")
def modify_instance_attribute(original: Any, self: Any) -> Any:
    """The type of an instance changes only while it is stopped."""
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    if self._get_param("InstanceType.Value") and instance.state != "stopped":
        raise EC2ClientError("IncorrectInstanceState", f"The instance '{instance.id}' is not in the 'stopped' state.")
    return original(self)


@method(InstanceResponse)
def modify_instance_maintenance_options(self: Any) -> ActionResult:
    instance = self.ec2_backend.get_instance(self._get_param("InstanceId"))
    instance.maintenance_options = {"AutoRecovery": self._get_param("AutoRecovery")}
    return ActionResult({"InstanceId": instance.id, **instance.maintenance_options})


@method(InstanceResponse)
def modify_instance_credit_specification(self: Any) -> ActionResult:
    wanted = self._get_param("InstanceCreditSpecifications", [])
    for item in wanted:
        self.ec2_backend.get_instance(item["InstanceId"]).cpu_credits = item["CpuCredits"]
    done = [{"InstanceId": item["InstanceId"]} for item in wanted]
    return ActionResult({"SuccessfulInstanceCreditSpecifications": done, "UnsuccessfulInstanceCreditSpecifications": []})


@method(InstanceResponse)
def describe_instance_credit_specifications(self: Any) -> ActionResult:
    instances = [self.ec2_backend.get_instance(instance) for instance in self._get_param("InstanceIds", [])]
    items = [{"InstanceId": i.id, "CpuCredits": getattr(i, "cpu_credits", "standard")} for i in instances]
    return ActionResult({"InstanceCreditSpecifications": items})


@method(Monitoring)
def monitor_instances(self: Any) -> ActionResult:
    return _monitor(self, "enabled", "pending")


@method(Monitoring)
def unmonitor_instances(self: Any) -> ActionResult:
    return _monitor(self, "disabled", "disabling")


def _monitor(self: Any, state: str, answered: str) -> ActionResult:
    instances = [self.ec2_backend.get_instance(instance) for instance in self._get_param("InstanceIds", [])]
    for instance in instances:
        instance.monitoring_state = state
    items = [{"InstanceId": instance.id, "Monitoring": {"State": answered}} for instance in instances]
    return ActionResult({"InstanceMonitorings": items})


@around(IamInstanceProfileAssociationBackend, "replace_iam_instance_profile_association")
def replace_iam_instance_profile_association(original: Any, self: Any, association_id: str, *names: Any) -> Any:
    """The instance has the new profile from then on."""
    association = original(self, association_id, *names)
    profile = {"Arn": association.iam_instance_profile.arn, "Id": association_id}
    self.modify_instance_attribute(association.instance_id, "iam_instance_profile", profile)
    return association


@around(Volume, "__init__")
def volume(original: Any, self: Any, *arguments: Any, **keywords: Any) -> None:
    """A gp3 volume has a throughput whether one is asked for or not."""
    original(self, *arguments, **keywords)
    if self.volume_type == "gp3" and not self.throughput:
        self.throughput = GP3_MIBPS
