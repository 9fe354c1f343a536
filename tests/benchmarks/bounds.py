# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reference stack costs at least, by what AWS's API allows, whoever makes it."""

from __future__ import annotations

# One call for each resource, and for each setting that the call which makes it does not take. What several rules of a group
# have in common is no tag of their own, and so each takes a call. Egress is open from the start. The lock is not counted.
CHANGES = {
    "autoscaling:CreateAutoScalingGroup": 1,
    "autoscaling:PutScalingPolicy": 1,
    "ec2:AllocateAddress": 1,
    "ec2:AssociateRouteTable": 6,
    "ec2:AttachInternetGateway": 1,
    "ec2:AuthorizeSecurityGroupIngress": 6,
    "ec2:CreateInternetGateway": 1,
    "ec2:CreateLaunchTemplate": 1,
    "ec2:CreateNatGateway": 1,
    "ec2:CreateRoute": 4,
    "ec2:CreateRouteTable": 4,
    "ec2:CreateSecurityGroup": 4,
    "ec2:CreateSubnet": 6,
    "ec2:CreateVpc": 1,
    "ec2:ModifySubnetAttribute": 3,
    "ec2:ModifyVpcAttribute": 1,
    "ecr:CreateRepository": 1,
    "ecr:PutLifecyclePolicy": 1,
    "elasticache:CreateCacheParameterGroup": 1,
    "elasticache:CreateCacheSubnetGroup": 1,
    "elasticache:CreateReplicationGroup": 1,
    "elbv2:CreateListener": 1,
    "elbv2:CreateLoadBalancer": 1,
    "elbv2:CreateTargetGroup": 1,
    "elbv2:ModifyLoadBalancerAttributes": 1,
    "elbv2:ModifyTargetGroupAttributes": 1,
    "iam:AddRoleToInstanceProfile": 1,
    "iam:CreateInstanceProfile": 1,
    "iam:CreateRole": 1,
    "iam:PutRolePolicy": 1,
    "kms:CreateAlias": 1,
    "kms:CreateKey": 1,
    "kms:EnableKeyRotation": 1,
    "logs:CreateLogGroup": 2,
    "logs:PutRetentionPolicy": 2,
    "rds:CreateDBInstance": 1,
    "rds:CreateDBInstanceReadReplica": 1,
    "rds:CreateDBParameterGroup": 2,
    "rds:CreateDBSubnetGroup": 1,
    "rds:ModifyDBInstance": 1,
    "rds:ModifyDBParameterGroup": 2,
    "s3:CreateBucket": 1,
    "s3:PutBucketEncryption": 1,
    "s3:PutBucketLifecycleConfiguration": 1,
    "s3:PutBucketPolicy": 1,
    "s3:PutBucketVersioning": 1,
    "s3:PutPublicAccessBlock": 1,
    "secretsmanager:CreateSecret": 1,
    "secretsmanager:PutResourcePolicy": 1,
}
# The lock's object, and what holds it, which an account has once.
LOCK = {"s3:PutObject": 1, "s3:DeleteObject": 1, "s3:CreateBucket": 1, "s3:PutPublicAccessBlock": 1}
LEAST_CHANGES = sum(CHANGES.values())
