# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launch templates: versions that start from another one and can be deleted, and launches that follow all they say.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.exceptions import EC2ClientError, InvalidLaunchTemplateVersionNotFound
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend, LaunchTemplateVersion
from moto.ec2.responses.launch_templates import LaunchTemplates

from local_cloud.emulator.fidelity.patching import around, method

ALL = 1000


@method(LaunchTemplate)
def create_version(self: Any, data: dict[str, Any], description: str) -> LaunchTemplateVersion:
    """Number versions on from the highest ever, also after the last was deleted."""
    self._last_number = getattr(self, "_last_number", 0) + 1
    version = LaunchTemplateVersion(self, self._last_number, data, description)
    self.versions.append(version)
    return version


@method(LaunchTemplate)
def get_version(self: Any, num: Any) -> LaunchTemplateVersion:
    """Find a version by its number, not by its place in the list."""
    name = str(num).lower()
    number = {"$latest": self.versions[-1].number, "$default": self.default_version_number}.get(name, name)
    for version in self.versions:
        if str(version.number) == str(number):
            return version
    raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=num)


@method(LaunchTemplate)
def default_version(self: Any) -> LaunchTemplateVersion:
    """Return the default version."""
    return self.get_version(self.default_version_number)


@around(LaunchTemplateBackend, "modify_launch_template")
def modify_launch_template(original: Any, self: Any, default_version: Any, **keywords: Any) -> Any:
    """Accept $Latest as the new default."""
    if str(default_version).lower() == "$latest":
        template_id = keywords.get("template_id") or self.launch_template_name_to_ids.get(keywords.get("template_name"))
        default_version = str(self.get_launch_template(template_id).latest_version_number)
    return original(self, default_version=str(default_version), **keywords)


@around(LaunchTemplates, "create_launch_template")
def create_launch_template(original: Any, self: Any) -> ActionResult:
    """Keep the template's own tags out of the instances' data, where moto puts them."""
    result = original(self)
    template = self.ec2_backend.get_launch_template_by_name(self._get_param("LaunchTemplateName"))
    _clean(template.versions[0].data)
    return result


@around(LaunchTemplates, "create_launch_template_version")
def create_launch_template_version(original: Any, self: Any) -> ActionResult:
    """Start from the source version, if one is named: what the request gives replaces its top-level fields."""
    template = _template(self)
    data = self._get_param("LaunchTemplateData", {})
    source = self._get_param("SourceVersion")
    if source:
        inherited = template.get_version(source).data
        data.update({name: value for name, value in inherited.items() if name not in data})
    result = original(self)
    version = template.latest_version()
    version.data = data
    _clean(version.data)
    result.result["LaunchTemplateVersion"]["LaunchTemplateData"] = version.data
    return result


@method(LaunchTemplates)
def delete_launch_template_versions(self: Any) -> ActionResult:
    """Delete versions other than the default one; the answer names each success and failure."""
    template = _template(self)
    done, failed = [], []
    for number in self._get_param("Versions", []):
        item = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": int(number)}
        if int(number) == template.default_version_number:
            raise EC2ClientError("InvalidLaunchTemplateId.VersionNotFound", "The default version cannot be deleted.")
        if any(version.number == int(number) for version in template.versions):
            template.versions = [version for version in template.versions if version.number != int(number)]
            done.append(item)
        else:
            failed.append(item | {"ResponseError": {"Code": "launchTemplateVersionDoesNotExist", "Message": "no such version"}})
    return ActionResult(
        {"SuccessfullyDeletedLaunchTemplateVersions": done, "UnsuccessfullyDeletedLaunchTemplateVersions": failed}
    )


def _template(responses: Any) -> LaunchTemplate:
    name = responses._get_param("LaunchTemplateName")
    if name:
        return responses.ec2_backend.get_launch_template_by_name(name)
    return responses.ec2_backend.get_launch_template(responses._get_param("LaunchTemplateId"))


def _clean(data: dict[str, Any]) -> None:
    """Drop the template's own tags and an absent user data; wrap user data as moto's launches expect it."""
    specifications = [item for item in data.get("TagSpecifications", []) if item["ResourceType"] != "launch-template"]
    data.pop("TagSpecifications", None)
    if specifications:
        data["TagSpecifications"] = specifications
    user_data = data.pop("UserData", None)
    if isinstance(user_data, bytes):
        user_data = user_data.decode()
    if user_data:
        data["UserData"] = Base64EncodedString(user_data) if isinstance(user_data, str) else user_data


for describe in ("describe_launch_templates", "describe_launch_template_versions"):

    @around(LaunchTemplates, describe)
    def describe_all(original: Any, self: Any) -> ActionResult:
        """Answer all in one page unless the caller asks for a size: moto stops after 15 without a token."""
        get_int_param = self._get_int_param
        self._get_int_param = lambda name, if_none=None: get_int_param(name, ALL if name == "MaxResults" else if_none)
        return original(self)


@around(InstanceBackend, "run_instances")
def run_instances(original: Any, self: Any, *arguments: Any, **keywords: Any) -> Any:
    """Take from the template also metadata options, volumes, interfaces' groups and the instance profile."""
    if keywords.get("launch_template"):
        data = self._get_template_from_args(keywords["launch_template"]).data
        keywords.setdefault("metadata_options", {})
        keywords["metadata_options"] = data.get("MetadataOptions", {}) | (keywords["metadata_options"] or {})
        if data.get("BlockDeviceMappings"):
            keywords.setdefault("block_device_mappings", data["BlockDeviceMappings"])
        if data.get("Monitoring", {}).get("Enabled"):
            keywords["monitoring_state"] = "enabled"
        _take_interface(data, keywords)
    reservation = original(self, *arguments, **keywords)
    if keywords.get("launch_template"):
        _associate_profile(self, data.get("IamInstanceProfile", {}), reservation)
    return reservation


def _take_interface(data: dict[str, Any], keywords: dict[str, Any]) -> None:
    """Use the first interface of the template for groups and public address."""
    for interface in data.get("NetworkInterfaces", [])[:1]:
        if interface.get("Groups") and not keywords.get("security_group_ids"):
            keywords["security_group_ids"] = interface["Groups"]
        if "AssociatePublicIpAddress" in interface and keywords.get("associate_public_ip") is None:
            keywords["associate_public_ip"] = interface["AssociatePublicIpAddress"]


def _associate_profile(backend: Any, profile: dict[str, str], reservation: Any) -> None:
    if not profile:
        return
    for instance in reservation.instances:
        if instance.id not in backend.iam_instance_profile_associations:
            backend.associate_iam_instance_profile(
                instance.id, iam_instance_profile_name=profile.get("Name"), iam_instance_profile_arn=profile.get("Arn")
            )
