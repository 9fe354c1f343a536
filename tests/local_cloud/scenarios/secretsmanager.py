# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets Manager."""

from tests.local_cloud.scenarios import Connect, scenario

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:rotate"


@scenario
def secret_keeps_its_whole_schedule(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    secret = secrets.create_secret(Name="app", SecretString="kept")["ARN"]
    rules = {"ScheduleExpression": "cron(0 8 1 * ? *)", "Duration": "3h"}
    secrets.rotate_secret(SecretId=secret, RotationLambdaARN=FUNCTION, RotationRules=rules)
    told = secrets.describe_secret(SecretId=secret)
    assert (told["RotationEnabled"], told["RotationLambdaARN"], told["RotationRules"]) == (True, FUNCTION, rules)
    assert secrets.get_secret_value(SecretId=secret)["SecretString"] == "kept"


@scenario
def copy_of_a_secret_has_a_key_of_its_own(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    secret = secrets.create_secret(Name="copied", SecretString="kept")["ARN"]
    key = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    secrets.replicate_secret_to_regions(SecretId=secret, AddReplicaRegions=[{"Region": "eu-central-1", "KmsKeyId": key}])
    (copy,) = secrets.describe_secret(SecretId=secret)["ReplicationStatus"]
    assert (copy["Region"], copy["KmsKeyId"]) == ("eu-central-1", key)


@scenario
def description_of_a_secret_can_be_emptied(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    secret = secrets.create_secret(Name="told", SecretString="kept", Description="Something")["ARN"]
    secrets.update_secret(SecretId=secret, Description="")
    assert not secrets.describe_secret(SecretId=secret).get("Description")


@scenario
def secret_is_read_in_the_version_that_became_current(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    made = secrets.create_secret(Name="app", SecretString="first")
    pending = secrets.put_secret_value(SecretId="app", SecretString="second", VersionStages=["AWSPENDING"])["VersionId"]
    secrets.update_secret_version_stage(
        SecretId="app", VersionStage="AWSCURRENT", RemoveFromVersionId=made["VersionId"], MoveToVersionId=pending
    )
    assert secrets.get_secret_value(SecretId="app")["SecretString"] == "second"
