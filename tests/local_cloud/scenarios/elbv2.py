# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Load balancers: states, interfaces, duplicates, deletion protection."""

import json

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import balancer, becomes, eventually, group, network, refused


@scenario
def balancer_is_provisioning_first(connect: Connect) -> None:
    balancer(connect)
    elbv2 = connect("elbv2")
    becomes("active", lambda: elbv2.describe_load_balancers()["LoadBalancers"][0]["State"]["Code"])


@scenario
def same_balancer_again_is_the_same(connect: Connect) -> None:
    _, subnets = network(connect)
    first, second = (balancer(connect, Subnets=subnets)["LoadBalancerArn"] for _ in range(2))
    assert first == second
    refused("DuplicateLoadBalancerName", connect("elbv2").create_load_balancer, Name="front", Subnets=subnets, Scheme="internal")


@scenario
def same_target_group_again_is_the_same(connect: Connect) -> None:
    elbv2, (vpc, _) = connect("elbv2"), network(connect)
    settings = {"Name": "app", "Protocol": "HTTP", "Port": 3000, "VpcId": vpc}
    first, second = (elbv2.create_target_group(**settings)["TargetGroups"][0]["TargetGroupArn"] for _ in range(2))
    assert first == second
    refused("DuplicateTargetGroupName", elbv2.create_target_group, **(settings | {"Port": 3001}))


@scenario
def port_has_one_listener(connect: Connect) -> None:
    elbv2, arn = connect("elbv2"), balancer(connect)["LoadBalancerArn"]

    def listener(status: str) -> dict[str, object]:
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}
        return {"LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80, "DefaultActions": [action]}

    first, second = (elbv2.create_listener(**listener("503"))["Listeners"][0]["ListenerArn"] for _ in range(2))
    assert first == second
    refused("DuplicateListener", elbv2.create_listener, **listener("404"))


@scenario
def protected_balancer_stays(connect: Connect) -> None:
    elbv2, arn = connect("elbv2"), balancer(connect)["LoadBalancerArn"]
    for value in ("true", "false"):
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
        if value == "true":
            refused("OperationNotPermitted", elbv2.delete_load_balancer, LoadBalancerArn=arn)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)


@scenario
def balancer_has_interfaces(connect: Connect) -> None:
    ec2, elbv2, (vpc, subnets) = connect("ec2"), connect("elbv2"), network(connect)
    alb, other = group(connect, vpc, "alb"), group(connect, vpc, "other")
    arn = balancer(connect, Subnets=subnets, SecurityGroups=[alb])["LoadBalancerArn"]
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {interface["SubnetId"] for interface in interfaces} == set(subnets)
    assert {interface["Description"] for interface in interfaces} == {"ELB " + arn.partition(":loadbalancer/")[2]}
    assert all(interface["RequesterManaged"] for interface in interfaces)
    refused("DependencyViolation", ec2.delete_security_group, GroupId=alb)
    elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[other])
    ec2.delete_security_group(GroupId=alb)
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    becomes([], lambda: ec2.describe_network_interfaces()["NetworkInterfaces"])


@scenario
def balancer_moves_its_interfaces(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    third = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.7.0/24", AvailabilityZone="eu-west-1c")["Subnet"]["SubnetId"]
    arn = balancer(connect, Subnets=subnets)["LoadBalancerArn"]
    connect("elbv2").set_subnets(LoadBalancerArn=arn, Subnets=[subnets[0], third])
    interfaces = ec2.describe_network_interfaces()["NetworkInterfaces"]
    assert {interface["SubnetId"] for interface in interfaces} == {subnets[0], third}


@scenario
def balancer_tells_its_default_attributes(connect: Connect) -> None:
    arn = balancer(connect)["LoadBalancerArn"]
    answer = connect("elbv2").describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
    attributes = {item["Key"]: item["Value"] for item in answer}
    assert attributes["idle_timeout.timeout_seconds"] == "60"
    assert attributes["access_logs.s3.enabled"] == "false"


@scenario
def target_group_forgets_a_deleted_balancer(connect: Connect) -> None:
    elbv2, (vpc, subnets) = connect("elbv2"), network(connect)
    arn = balancer(connect, Subnets=subnets)["LoadBalancerArn"]
    target = elbv2.create_target_group(Name="app", Protocol="HTTP", Port=3000, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    action = {"Type": "forward", "TargetGroupArn": target}
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])
    elbv2.delete_load_balancer(LoadBalancerArn=arn)
    eventually([], lambda: elbv2.describe_target_groups()["TargetGroups"][0]["LoadBalancerArns"])
    elbv2.delete_target_group(TargetGroupArn=target)


def answer(status: str = "503") -> dict[str, object]:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": status}}


def certificate(connect: Connect, domain: str) -> str:
    arn = connect("acm").request_certificate(DomainName=domain, ValidationMethod="DNS")["CertificateArn"]
    return str(arn)


def encrypted(connect: Connect, default: str) -> str:
    """Make a listener for HTTPS; its ARN."""
    arn = balancer(connect)["LoadBalancerArn"]
    certificates = [{"CertificateArn": default}]
    made = connect("elbv2").create_listener(
        LoadBalancerArn=arn, Protocol="HTTPS", Port=443, Certificates=certificates, DefaultActions=[answer()]
    )
    return str(made["Listeners"][0]["ListenerArn"])


@scenario
def default_certificate_changes_alone(connect: Connect) -> None:
    elbv2 = connect("elbv2")
    first, second, further = (certificate(connect, f"{name}.example.com") for name in ("first", "second", "further"))
    arn = encrypted(connect, first)
    elbv2.add_listener_certificates(ListenerArn=arn, Certificates=[{"CertificateArn": further}])
    elbv2.modify_listener(ListenerArn=arn, Certificates=[{"CertificateArn": second}])
    listed = elbv2.describe_listener_certificates(ListenerArn=arn)["Certificates"]
    assert {item["CertificateArn"]: item["IsDefault"] for item in listed} == {second: True, further: False}


@scenario
def listener_without_encryption_has_no_certificate(connect: Connect) -> None:
    elbv2 = connect("elbv2")
    arn = encrypted(connect, certificate(connect, "example.com"))
    changed = elbv2.modify_listener(ListenerArn=arn, Protocol="HTTP")["Listeners"][0]
    assert changed["Protocol"] == "HTTP" and not changed.get("Certificates")
    refused("ValidationError", elbv2.modify_listener, ListenerArn=arn, Protocol="HTTPS")


@scenario
def rules_change_places(connect: Connect) -> None:
    elbv2, arn = connect("elbv2"), balancer(connect)["LoadBalancerArn"]
    made = elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[answer()])
    listener = made["Listeners"][0]["ListenerArn"]

    def rule(path: str, priority: int) -> str:
        condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": [path]}}
        settings = {"ListenerArn": listener, "Priority": priority, "Conditions": [condition], "Actions": [answer()]}
        return str(elbv2.create_rule(**settings)["Rules"][0]["RuleArn"])

    first, second = rule("/a", 10), rule("/b", 20)
    elbv2.set_rule_priorities(
        RulePriorities=[{"RuleArn": first, "Priority": 20}, {"RuleArn": second, "Priority": 10}],
    )
    assert {item["RuleArn"]: item["Priority"] for item in elbv2.describe_rules(RuleArns=[first, second])["Rules"]} == {
        first: "20",
        second: "10",
    }
    refused("PriorityInUse", elbv2.set_rule_priorities, RulePriorities=[{"RuleArn": first, "Priority": 10}])


@scenario
def deregistered_target_is_draining(connect: Connect) -> None:
    elbv2, (vpc, subnets) = connect("elbv2"), network(connect)
    settings = {"Name": "app", "Protocol": "HTTP", "Port": 3000, "VpcId": vpc, "TargetType": "ip"}
    group_arn = elbv2.create_target_group(**settings)["TargetGroups"][0]["TargetGroupArn"]
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
    elbv2.modify_target_group_attributes(TargetGroupArn=group_arn, Attributes=delay)
    action = {"Type": "forward", "TargetGroupArn": group_arn}
    arn = balancer(connect, Subnets=subnets)["LoadBalancerArn"]
    elbv2.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])
    target = {"Id": "10.20.0.7", "Port": 3000}
    elbv2.register_targets(TargetGroupArn=group_arn, Targets=[target])
    elbv2.deregister_targets(TargetGroupArn=group_arn, Targets=[target])
    (seen,) = elbv2.describe_target_health(TargetGroupArn=group_arn)["TargetHealthDescriptions"]
    assert (seen["TargetHealth"]["State"], seen["TargetHealth"]["Reason"]) == ("draining", "Target.DeregistrationInProgress")
    eventually([], lambda: elbv2.describe_target_health(TargetGroupArn=group_arn)["TargetHealthDescriptions"])


@scenario
def network_balancer_keeps_its_addresses(connect: Connect) -> None:
    ec2, elbv2, (_vpc, subnets) = connect("ec2"), connect("elbv2"), network(connect)
    first, second = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2))
    mapping = {"SubnetId": subnets[0], "AllocationId": first}
    made = elbv2.create_load_balancer(Name="mail", Type="network", SubnetMappings=[mapping])["LoadBalancers"][0]
    (zone,) = made["AvailabilityZones"]
    assert zone["LoadBalancerAddresses"] == [{"AllocationId": first}]
    arn, further = made["LoadBalancerArn"], {"SubnetId": subnets[1], "AllocationId": second}
    elbv2.set_subnets(LoadBalancerArn=arn, SubnetMappings=[mapping, further])
    (seen,) = elbv2.describe_load_balancers()["LoadBalancers"]
    assert {zone["LoadBalancerAddresses"][0]["AllocationId"] for zone in seen["AvailabilityZones"]} == {first, second}
    elbv2.set_subnets(LoadBalancerArn=arn, SubnetMappings=[mapping])
    moved = {**mapping, "AllocationId": second}
    refused("InvalidConfigurationRequest", elbv2.set_subnets, LoadBalancerArn=arn, SubnetMappings=[moved])


@scenario
def balancer_may_lack_public_ipv4(connect: Connect) -> None:
    elbv2, kind = connect("elbv2"), "dualstack-without-public-ipv4"
    assert balancer(connect, IpAddressType=kind)["IpAddressType"] == kind
    arn = elbv2.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    for wanted in ("ipv4", kind):
        elbv2.set_ip_address_type(LoadBalancerArn=arn, IpAddressType=wanted)
        assert elbv2.describe_load_balancers()["LoadBalancers"][0]["IpAddressType"] == wanted


@scenario
def logs_need_a_bucket_that_allows_them(connect: Connect) -> None:
    elbv2, s3, arn = connect("elbv2"), connect("s3"), balancer(connect)["LoadBalancerArn"]
    s3.create_bucket(Bucket="logs-of-balancers", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    settings = {"enabled": "true", "bucket": "logs-of-balancers"}
    attributes = [{"Key": f"access_logs.s3.{key}", "Value": value} for key, value in settings.items()]
    refused("InvalidConfigurationRequest", elbv2.modify_load_balancer_attributes, LoadBalancerArn=arn, Attributes=attributes)
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-of-balancers/*",
    }
    s3.put_bucket_policy(Bucket="logs-of-balancers", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    elbv2.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)


@scenario
def target_group_changes_its_codes_of_grpc(connect: Connect) -> None:
    elbv2, (vpc, _subnets) = connect("elbv2"), network(connect)
    settings = {"Name": "app", "Protocol": "HTTP", "ProtocolVersion": "GRPC", "Port": 3000, "VpcId": vpc}
    made = elbv2.create_target_group(**settings, Matcher={"GrpcCode": "12"})["TargetGroups"][0]
    elbv2.modify_target_group(TargetGroupArn=made["TargetGroupArn"], Matcher={"GrpcCode": "0-5"})
    assert elbv2.describe_target_groups()["TargetGroups"][0]["Matcher"] == {"GrpcCode": "0-5"}
