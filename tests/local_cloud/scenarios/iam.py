# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Identity and Access Management."""

from tests.local_cloud.scenarios import Connect, scenario

DOCUMENT = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'


@scenario
def account_details_name_the_policies(connect: Connect) -> None:
    iam = connect("iam")
    made = iam.create_policy(PolicyName="reader", PolicyDocument=DOCUMENT)["Policy"]
    (found,) = iam.get_account_authorization_details(Filter=["LocalManagedPolicy"])["Policies"]
    assert (found["PolicyName"], found["PolicyId"]) == ("reader", made["PolicyId"])
