# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: tokens, dependencies, NAT gateways, launches."""

from ipaddress import ip_address, ip_network

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import becomes, eventually, group, image, network, refused, template


@scenario
def run_instances_honours_the_client_token(connect: Connect) -> None:
    ec2, ami = connect("ec2"), image(connect)
    arguments = {"ImageId": ami, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "ClientToken": "a" * 32}
    first, second = (ec2.run_instances(**arguments)["Instances"][0]["InstanceId"] for _ in range(2))
    assert first == second
    refused("IdempotentParameterMismatch", ec2.run_instances, **(arguments | {"InstanceType": "t3.small"}))


@scenario
def nat_gateway_honours_the_client_token(connect: Connect) -> None:
    ec2, (_, subnets) = connect("ec2"), network(connect)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = [
        ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address, ClientToken="b" * 32)["NatGateway"]["NatGatewayId"]
        for _ in range(2)
    ]
    assert made[0] == made[1]


@scenario
def volume_honours_the_client_token(connect: Connect) -> None:
    arguments = {"AvailabilityZone": "eu-west-1a", "Size": 10, "ClientToken": "d" * 32}
    first, second = (connect("ec2").create_volume(**arguments)["VolumeId"] for _ in range(2))
    assert first == second


@scenario
def launch_template_honours_the_client_token(connect: Connect) -> None:
    ec2, ami = connect("ec2"), image(connect)
    made = [
        ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData={"ImageId": ami}, ClientToken="c" * 32)
        for _ in range(2)
    ]
    assert made[0]["LaunchTemplate"]["LaunchTemplateId"] == made[1]["LaunchTemplate"]["LaunchTemplateId"]


@scenario
def security_group_that_a_rule_names_is_kept(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    alb, app = group(connect, vpc, "alb"), group(connect, vpc, "app")
    rule = {"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 3000, "UserIdGroupPairs": [{"GroupId": alb}]}
    ec2.authorize_security_group_ingress(GroupId=app, IpPermissions=[rule])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=alb)
    ec2.delete_security_group(GroupId=app)
    ec2.delete_security_group(GroupId=alb)


@scenario
def security_group_and_subnet_of_an_instance_are_kept(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    app = group(connect, vpc)
    run = ec2.run_instances(ImageId=image(connect), MinCount=1, MaxCount=1, SubnetId=subnets[0], SecurityGroupIds=[app])
    refused("DependencyViolation", ec2.delete_security_group, GroupId=app)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    ec2.terminate_instances(InstanceIds=[run["Instances"][0]["InstanceId"]])
    ec2.delete_security_group(GroupId=app)
    ec2.delete_subnet(SubnetId=subnets[0])


@scenario
def interface_goes_with_its_instance(connect: Connect) -> None:
    ec2, (_, subnets) = connect("ec2"), network(connect)
    run = ec2.run_instances(ImageId=image(connect), MinCount=1, MaxCount=1, SubnetId=subnets[0])
    ec2.terminate_instances(InstanceIds=[run["Instances"][0]["InstanceId"]])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


@scenario
def nat_gateway_takes_its_time(connect: Connect) -> None:
    ec2, (_, subnets) = connect("ec2"), network(connect)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]["NatGatewayId"]

    def state() -> str:
        return ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"]

    becomes("available", state)
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    becomes("deleted", state)


@scenario
def nat_gateway_is_found_by_tag(connect: Connect) -> None:
    ec2, (_, subnets) = connect("ec2"), network(connect)
    for name in ("one", "two"):
        tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "terrace:id", "Value": name}]}]
        ec2.create_nat_gateway(SubnetId=subnets[0], ConnectivityType="private", TagSpecifications=tags)
    found = ec2.describe_nat_gateways(Filters=[{"Name": "tag:terrace:id", "Values": ["one"]}])["NatGateways"]
    assert len(found) == 1


@scenario
def nat_gateway_holds_subnet_address_and_gateway(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnets[0], AllocationId=address)["NatGateway"]
    private = gateway["NatGatewayAddresses"][0]["PrivateIp"]
    assert ip_address(private) in ip_network("10.20.0.0/24")
    refused("InvalidIPAddress.InUse", ec2.release_address, AllocationId=address)
    refused("DependencyViolation", ec2.detach_internet_gateway, InternetGatewayId=internet, VpcId=vpc)
    refused("DependencyViolation", ec2.delete_subnet, SubnetId=subnets[0])
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGatewayId"])
    eventually([], lambda: ec2.describe_network_interfaces()["NetworkInterfaces"])
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)


@scenario
def interfaces_get_free_usable_addresses(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.9.0/28")["Subnet"]["SubnetId"]
    made = [ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["PrivateIpAddress"] for _ in range(11)]
    assert sorted(made, key=ip_address) == [f"10.20.9.{host}" for host in range(4, 15)]


@scenario
def template_version_starts_from_its_source(connect: Connect) -> None:
    ec2, made = connect("ec2"), template(connect, UserData="IyEvYmluL3NoCg==")
    ec2.create_launch_template_version(LaunchTemplateId=made, SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.large"})
    data = ec2.describe_launch_template_versions(LaunchTemplateId=made, Versions=["2"])["LaunchTemplateVersions"][0]
    assert data["LaunchTemplateData"] == {
        "ImageId": image(connect),
        "InstanceType": "t3.large",
        "UserData": "IyEvYmluL3NoCg==",
    }


@scenario
def template_versions_can_be_deleted(connect: Connect) -> None:
    ec2, made = connect("ec2"), template(connect)
    for size in ("t3.large", "t3.xlarge"):
        ec2.create_launch_template_version(LaunchTemplateId=made, LaunchTemplateData={"InstanceType": size})
    ec2.delete_launch_template_versions(LaunchTemplateId=made, Versions=["2"])
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=made)["LaunchTemplateVersions"]
    assert [version["VersionNumber"] for version in versions] == [1, 3]


@scenario
def template_keeps_its_own_tags_apart(connect: Connect) -> None:
    ec2 = connect("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "terrace:id", "Value": "app"}]}]
    data = {"ImageId": image(connect)}
    ec2.create_launch_template(LaunchTemplateName="app", LaunchTemplateData=data, TagSpecifications=tags)
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="app")["LaunchTemplateVersions"]
    assert versions[0]["LaunchTemplateData"] == data


@scenario
def templates_are_all_listed(connect: Connect) -> None:
    for number in range(20):
        template(connect, name=f"app-{number}")
    pages = connect("ec2").get_paginator("describe_launch_templates").paginate()
    assert sum(len(page["LaunchTemplates"]) for page in pages) == 20


@scenario
def launch_follows_the_whole_template(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    app = group(connect, vpc)
    volume = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 20, "Encrypted": True, "VolumeType": "gp3"}}
    made = template(connect, MetadataOptions={"HttpTokens": "required"}, BlockDeviceMappings=[volume], SecurityGroupIds=[app])
    run = ec2.run_instances(LaunchTemplate={"LaunchTemplateId": made}, MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][
        0
    ]
    instance = ec2.describe_instances(InstanceIds=[run["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert [group["GroupId"] for group in instance["SecurityGroups"]] == [app]
    volumes = ec2.describe_volumes()["Volumes"]
    assert [(volume["Size"], volume["Encrypted"]) for volume in volumes] == [(20, True)]


@scenario
def debian_and_ubuntu_are_found(connect: Connect) -> None:
    owners = {
        "/aws/service/debian/release/12/latest/amd64": "136693071363",
        "/aws/service/debian/release/12/latest/arm64": "136693071363",
        "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id": "099720109477",
    }
    for parameter, owner in owners.items():
        ami = connect("ssm").get_parameter(Name=parameter)["Parameter"]["Value"]
        found = connect("ec2").describe_images(ImageIds=[ami])["Images"][0]
        assert (found["OwnerId"], found["Public"], found["State"]) == (owner, True, "available")
    filters = [{"Name": "name", "Values": ["debian-12-amd64-*"]}]
    assert len(connect("ec2").describe_images(Owners=["136693071363"], Filters=filters)["Images"]) == 1
