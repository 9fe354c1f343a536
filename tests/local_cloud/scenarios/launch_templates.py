# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch templates and their tags."""

from tests.local_cloud.scenarios import Connect, scenario


@scenario
def launch_templates_show_tags_set_later(connect: Connect) -> None:
    ec2 = connect("ec2")
    created = ec2.create_launch_template(LaunchTemplateName="tagged", LaunchTemplateData={"InstanceType": "t3.micro"})
    template_id = created["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_tags(Resources=[template_id], Tags=[{"Key": "owner", "Value": "team"}])
    templates = ec2.describe_launch_templates(LaunchTemplateIds=[template_id])["LaunchTemplates"]
    assert templates[0]["Tags"] == [{"Key": "owner", "Value": "team"}]
