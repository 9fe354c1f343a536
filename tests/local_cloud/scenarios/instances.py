# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of single instances, their volumes, and the reverse names of addresses."""

from typing import Any

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import image, network, refused


def launched(connect: Connect, **settings: Any) -> tuple[Any, str]:
    """Start an instance; the client and its id."""
    ec2, (_vpc, subnets) = connect("ec2"), network(connect)
    arguments = {"ImageId": image(connect), "InstanceType": "t3.small", "SubnetId": subnets[0], "MinCount": 1, "MaxCount": 1}
    return ec2, ec2.run_instances(**arguments, **settings)["Instances"][0]["InstanceId"]


def described(ec2: Any, instance: str) -> Any:
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def credits_of(ec2: Any, instance: str) -> str:
    answer = ec2.describe_instance_credit_specifications(InstanceIds=[instance])
    return str(answer["InstanceCreditSpecifications"][0]["CpuCredits"])


@scenario
def launch_is_protected_from_termination(connect: Connect) -> None:
    ec2, instance = launched(connect, DisableApiTermination=True)
    refused("OperationNotPermitted", ec2.terminate_instances, InstanceIds=[instance])


@scenario
def recovery_is_set_at_the_launch_and_later(connect: Connect) -> None:
    ec2, instance = launched(connect, MaintenanceOptions={"AutoRecovery": "disabled"})
    assert described(ec2, instance)["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    ec2.modify_instance_maintenance_options(InstanceId=instance, AutoRecovery="default")
    assert described(ec2, instance)["MaintenanceOptions"]["AutoRecovery"] == "default"


@scenario
def burstable_instances_have_credits_of_their_type(connect: Connect) -> None:
    ec2, instance = launched(connect)
    assert credits_of(ec2, instance) == "unlimited"


@scenario
def credits_are_changed(connect: Connect) -> None:
    ec2, instance = launched(connect, CreditSpecification={"CpuCredits": "standard"})
    ec2.modify_instance_credit_specification(InstanceCreditSpecifications=[{"InstanceId": instance, "CpuCredits": "unlimited"}])
    assert credits_of(ec2, instance) == "unlimited"


@scenario
def monitoring_is_switched(connect: Connect) -> None:
    ec2, instance = launched(connect)
    ec2.monitor_instances(InstanceIds=[instance])
    assert described(ec2, instance)["Monitoring"]["State"] == "enabled"
    ec2.unmonitor_instances(InstanceIds=[instance])
    assert described(ec2, instance)["Monitoring"]["State"] == "disabled"


@scenario
def type_changes_only_while_stopped(connect: Connect) -> None:
    ec2, instance = launched(connect)
    larger = {"InstanceId": instance, "InstanceType": {"Value": "t3.large"}}
    refused("IncorrectInstanceState", ec2.modify_instance_attribute, **larger)
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(**larger)
    assert described(ec2, instance)["InstanceType"] == "t3.large"


@scenario
def another_profile_shows_at_the_instance(connect: Connect) -> None:
    iam = connect("iam")
    arns = [iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Arn"] for name in ("one", "two")]
    ec2, instance = launched(connect, IamInstanceProfile={"Arn": arns[0]})
    associations = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    ec2.replace_iam_instance_profile_association(
        AssociationId=associations[0]["AssociationId"], IamInstanceProfile={"Arn": arns[1]}
    )
    assert described(ec2, instance)["IamInstanceProfile"]["Arn"] == arns[1]


@scenario
def gp3_volumes_have_a_throughput(connect: Connect) -> None:
    ec2 = connect("ec2")
    volume = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=10, VolumeType="gp3")["VolumeId"]
    (found,) = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert (found["Iops"], found["Throughput"]) == (3000, 125)


def named(ec2: Any, address: str) -> Any:
    return ec2.describe_addresses_attribute(AllocationIds=[address], Attribute="domain-name")["Addresses"][0]


@scenario
def reverse_name_takes_a_while(connect: Connect) -> None:
    ec2 = connect("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.modify_address_attribute(AllocationId=address, DomainName="mail.example.com")
    assert named(ec2, address)["PtrRecordUpdate"] == {"Value": "mail.example.com.", "Status": "PENDING"}
    assert named(ec2, address)["PtrRecord"] == "mail.example.com."
    refused("InvalidAddress.Locked", ec2.release_address, AllocationId=address)


@scenario
def reverse_name_is_taken_away(connect: Connect) -> None:
    ec2 = connect("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.modify_address_attribute(AllocationId=address, DomainName="mail.example.com")
    named(ec2, address)
    ec2.reset_address_attribute(AllocationId=address, Attribute="domain-name")
    assert named(ec2, address)["PtrRecordUpdate"]["Status"] == "PENDING"
    assert "PtrRecord" not in named(ec2, address)
    ec2.release_address(AllocationId=address)
