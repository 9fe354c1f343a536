# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2's networks: IPv6, network ACLs, prefix lists, endpoints, tokens."""

import json

from tests.local_cloud.scenarios import Connect, scenario
from tests.local_cloud.scenarios.common import network, refused


@scenario
def subnet_tells_the_state_of_its_ipv6_block(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    whole = ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)["Ipv6CidrBlockAssociation"]
    block = whole["Ipv6CidrBlock"].replace("/56", "/64")
    ec2.associate_subnet_cidr_block(SubnetId=subnets[0], Ipv6CidrBlock=block)
    association = ec2.describe_subnets(SubnetIds=subnets[:1])["Subnets"][0]["Ipv6CidrBlockAssociationSet"][0]
    assert (association["Ipv6CidrBlock"], association["Ipv6CidrBlockState"]["State"]) == (block, "associated")


@scenario
def rule_between_groups_keeps_its_description(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    group = ec2.create_security_group(GroupName="app", Description="App", VpcId=vpc)["GroupId"]
    peer = {"GroupId": group, "Description": "among themselves"}
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [peer]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert "among themselves" in [rule.get("Description") for rule in rules]


@scenario
def network_acl_remembers_the_icmp_type(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    rule = {"RuleNumber": 100, "Egress": False, "RuleAction": "deny", "Protocol": "1", "CidrBlock": "0.0.0.0/0"}
    ec2.create_network_acl_entry(NetworkAclId=acl, IcmpTypeCode={"Type": 8, "Code": -1}, **rule)
    entries = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    assert next(entry for entry in entries if entry["RuleNumber"] == 100)["IcmpTypeCode"] == {"Type": 8, "Code": -1}


@scenario
def network_acl_is_free_when_its_subnets_are_gone(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    before = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": subnets[:1]}])["NetworkAcls"][0]
    association = next(item for item in before["Associations"] if item["SubnetId"] == subnets[0])
    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    refused("DependencyViolation", ec2.delete_network_acl, NetworkAclId=acl)
    ec2.delete_subnet(SubnetId=subnets[0])
    ec2.delete_network_acl(NetworkAclId=acl)


@scenario
def default_network_acl_goes_with_its_vpc(connect: Connect) -> None:
    ec2 = connect("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NetworkAcls"] == []


@scenario
def prefix_list_keeps_its_name_and_changes_its_size(connect: Connect) -> None:
    ec2 = connect("ec2")
    made = ec2.create_managed_prefix_list(PrefixListName="office", AddressFamily="IPv4", MaxEntries=1)["PrefixList"]
    arguments = {"PrefixListId": made["PrefixListId"]}
    changed = ec2.modify_managed_prefix_list(MaxEntries=3, **arguments)["PrefixList"]
    assert (changed["PrefixListName"], changed["MaxEntries"], changed["Version"]) == ("office", 3, 1)
    entry = {"Cidr": "192.0.2.0/24", "Description": "office"}
    refused("PrefixListVersionMismatch", ec2.modify_managed_prefix_list, CurrentVersion=7, AddEntries=[entry], **arguments)
    changed = ec2.modify_managed_prefix_list(CurrentVersion=1, AddEntries=[entry], **arguments)["PrefixList"]
    assert changed["Version"] == 2
    again = {**entry, "Description": "the office"}
    ec2.modify_managed_prefix_list(CurrentVersion=2, AddEntries=[again], **arguments)
    assert ec2.get_managed_prefix_list_entries(**arguments)["Entries"] == [again]


@scenario
def endpoint_changes_private_dns_and_gets_its_policy_back(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    policy = {"Version": "2012-10-17", "Statement": []}
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc,
        ServiceName="com.amazonaws.eu-west-1.secretsmanager",
        VpcEndpointType="Interface",
        SubnetIds=subnets,
        PolicyDocument=json.dumps(policy),
    )["VpcEndpoint"]["VpcEndpointId"]
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=False, ResetPolicy=True)
    raw = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]
    assert raw["PrivateDnsEnabled"] is False
    assert json.loads(raw["PolicyDocument"])["Statement"][0]["Action"] == "*"


@scenario
def endpoint_interfaces_stand_in_their_subnet(connect: Connect) -> None:
    ec2, (vpc, subnets) = connect("ec2"), network(connect)
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.ssm", VpcEndpointType="Interface", SubnetIds=subnets[:1]
    )
    interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": subnets[:1]}])["NetworkInterfaces"]
    assert [raw["PrivateIpAddress"].rpartition(".")[0] for raw in interfaces] == ["10.20.0"]


@scenario
def endpoint_honours_the_client_token(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    made = [
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", ClientToken="d" * 32)["VpcEndpoint"]
        for _ in range(2)
    ]
    assert made[0]["VpcEndpointId"] == made[1]["VpcEndpointId"]


@scenario
def prefix_list_honours_the_client_token(connect: Connect) -> None:
    ec2 = connect("ec2")
    arguments = {"PrefixListName": "office", "AddressFamily": "IPv4", "MaxEntries": 1, "ClientToken": "e" * 32}
    made = [ec2.create_managed_prefix_list(**arguments)["PrefixList"] for _ in range(2)]
    assert made[0]["PrefixListId"] == made[1]["PrefixListId"]


@scenario
def network_acl_honours_the_client_token(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    made = [ec2.create_network_acl(VpcId=vpc, ClientToken="f" * 32)["NetworkAcl"] for _ in range(2)]
    assert made[0]["NetworkAclId"] == made[1]["NetworkAclId"]


@scenario
def egress_only_gateway_honours_the_client_token(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    made = [
        ec2.create_egress_only_internet_gateway(VpcId=vpc, ClientToken="0" * 32)["EgressOnlyInternetGateway"] for _ in range(2)
    ]
    assert made[0]["EgressOnlyInternetGatewayId"] == made[1]["EgressOnlyInternetGatewayId"]


@scenario
def flow_log_honours_the_client_token(connect: Connect) -> None:
    ec2, (vpc, _) = connect("ec2"), network(connect)
    connect("logs").create_log_group(logGroupName="flow")
    arguments = {
        "ResourceIds": [vpc],
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "LogGroupName": "flow",
        "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/flow",
        "ClientToken": "1" * 32,
    }
    made = [ec2.create_flow_logs(**arguments)["FlowLogIds"] for _ in range(2)]
    assert made[0] == made[1]


@scenario
def dhcp_options_have_the_tags_of_their_creation(connect: Connect) -> None:
    ec2 = connect("ec2")
    ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name", "Values": ["example.internal"]}],
        TagSpecifications=[{"ResourceType": "dhcp-options", "Tags": [{"Key": "owner", "Value": "us"}]}],
    )
    filters = [{"Name": "tag:owner", "Values": ["us"]}]
    assert len(ec2.describe_dhcp_options(Filters=filters)["DhcpOptions"]) == 1


@scenario
def peering_connections_are_listed_by_filters(connect: Connect) -> None:
    ec2 = connect("ec2")
    vpc, peer = (ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"] for block in ("10.20.0.0/16", "10.30.0.0/16"))
    first = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=first)
    ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=peer)
    for name, value, count in (("status-code", "pending-acceptance", 1), ("requester-vpc-info.vpc-id", peer, 0)):
        filters = [{"Name": name, "Values": [value]}]
        assert len(ec2.describe_vpc_peering_connections(Filters=filters)["VpcPeeringConnections"]) == count


@scenario
def parts_of_networks_are_in_the_index_of_tags(connect: Connect) -> None:
    ec2 = connect("ec2")
    vpc, _ = network(connect)
    options = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["app.internal"]}])["DhcpOptions"]
    gateway = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3")["VpcEndpoint"]
    made = {
        options["DhcpOptionsId"],
        gateway["EgressOnlyInternetGatewayId"],
        acl["NetworkAclId"],
        endpoint["VpcEndpointId"],
    }
    ec2.create_tags(Resources=sorted(made), Tags=[{"Key": "suite", "Value": "index"}])
    index = connect("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "suite", "Values": ["index"]}])
    assert {item["ResourceARN"].rpartition("/")[2] for item in index["ResourceTagMappingList"]} == made
