# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3."""

import json
from typing import Any

from tests.local_cloud.scenarios import Connect, scenario

EUROPE: Any = {"LocationConstraint": "eu-west-1"}
ROLE = "arn:aws:iam::123456789012:role/copier"


@scenario
def bucket_has_its_tags_from_the_start(connect: Connect) -> None:
    s3, tags = connect("s3"), [{"Key": "terrace:stack", "Value": "demo"}]
    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration={**EUROPE, "Tags": tags})
    assert s3.get_bucket_tagging(Bucket="tagged")["TagSet"] == tags


@scenario
def replication_rules_are_told_as_a_whole(connect: Connect) -> None:
    s3 = connect("s3")
    for name in ("from", "into"):
        s3.create_bucket(Bucket=f"copies-{name}", CreateBucketConfiguration=EUROPE)
        s3.put_bucket_versioning(Bucket=f"copies-{name}", VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all",
        "Priority": 0,
        "Status": "Enabled",
        "Filter": {"Prefix": "a/"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {"Bucket": "arn:aws:s3:::copies-into", "EncryptionConfiguration": {"ReplicaKmsKeyID": "key"}},
    }
    s3.put_bucket_replication(Bucket="copies-from", ReplicationConfiguration={"Role": ROLE, "Rules": [rule]})
    assert s3.get_bucket_replication(Bucket="copies-from")["ReplicationConfiguration"] == {"Role": ROLE, "Rules": [rule]}


@scenario
def calls_to_the_emulator_count_as_encrypted(connect: Connect) -> None:
    s3 = connect("s3")
    s3.create_bucket(Bucket="encrypted-only", CreateBucketConfiguration=EUROPE)
    deny = {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "arn:aws:s3:::encrypted-only/*"}
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    policy = {"Version": "2012-10-17", "Statement": [{**deny, "Condition": condition}]}
    s3.put_bucket_policy(Bucket="encrypted-only", Policy=json.dumps(policy))
    s3.put_object(Bucket="encrypted-only", Key="a", Body=b"a")


@scenario
def logs_may_be_allowed_by_lists_beside_what_is_for_everybody(connect: Connect) -> None:
    s3 = connect("s3")
    for name in ("logged", "logs"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=EUROPE)
    everybody = {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": ["arn:aws:s3:::logs/x"]}
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Action": ["s3:PutObject"],
        "Resource": ["arn:aws:s3:::logs/a/*"],
    }
    policy = {"Version": "2012-10-17", "Statement": [everybody, delivery]}
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    s3.put_bucket_logging(Bucket="logged", BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}})
    assert s3.get_bucket_logging(Bucket="logged")["LoggingEnabled"]["TargetBucket"] == "logs"
