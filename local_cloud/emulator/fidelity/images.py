# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's and Ubuntu's machine images, and the public SSM parameters that name them. moto has Amazon Linux only.

https://wiki.debian.org/Cloud/AmazonEC2Image, https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.instances import InstanceBackend
from moto.ssm.models import Parameter, ParameterDict, ssm_backends

from local_cloud.emulator.fidelity.patching import around

RESOLVE = "resolve:ssm:"


@dataclass(frozen=True)
class PublicImage:
    """An image that its distribution publishes in every region."""

    parameter: str
    name: str
    owner: str
    architecture: str
    root_device: str

    def image_id(self, region: str) -> str:
        """Return the id, another one in each region as on AWS."""
        return f"ami-{hashlib.sha256(f'{self.name} {region}'.encode()).hexdigest()[:17]}"


def _debian(release: int, architecture: str, machine: str) -> PublicImage:
    name = f"debian-{release}-{architecture}-20261102-2284"
    return PublicImage(f"/aws/service/debian/release/{release}/latest/{architecture}", name, "136693071363", machine, "/dev/xvda")


def _ubuntu(architecture: str, machine: str) -> PublicImage:
    return PublicImage(
        f"/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id",
        f"ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{architecture}-server-20261105",
        "099720109477",
        machine,
        "/dev/sda1",
    )


PUBLIC_IMAGES = tuple(
    image
    for architecture, machine in (("amd64", "x86_64"), ("arm64", "arm64"))
    for image in (_debian(12, architecture, machine), _debian(13, architecture, machine), _ubuntu(architecture, machine))
)


@around(AmiBackend, "_load_amis")
def load_amis(original: Any, self: Any) -> None:
    """Add the images to those of each region."""
    original(self)
    for image in PUBLIC_IMAGES:
        image_id = image.image_id(self.region_name)
        self.amis[image_id] = Ami(
            self,
            image_id,
            name=image.name,
            description=image.name,
            owner_id=image.owner,
            public=True,
            virtualization_type="hvm",
            architecture=image.architecture,
            hypervisor="xen",
            root_device_type="ebs",
            root_device_name=image.root_device,
            image_location=f"{image.owner}/{image.name}",
            region_name=self.region_name,
        )


@around(ParameterDict, "_check_loading_status")
def check_loading_status(original: Any, self: Any, key: str) -> None:
    """Add the parameters when one of their tree is asked for."""
    original(self, key)
    if str(key).startswith(("/aws/service/debian", "/aws/service/canonical")):
        for image in PUBLIC_IMAGES:
            if not dict.__contains__(self, image.parameter):
                dict.__setitem__(self, image.parameter, [_parameter(self, image)])


def _parameter(parameters: Any, image: PublicImage) -> Parameter:
    return Parameter(
        account_id=parameters.account_id,
        name=image.parameter,
        value=image.image_id(parameters.region_name),
        parameter_type="String",
        description=None,
        allowed_pattern=None,
        keyid=None,
        last_modified_date=ec2_backends[parameters.account_id][parameters.region_name]
        .amis[image.image_id(parameters.region_name)]
        .creation_date,
        version=1,
        data_type="aws:ec2:image",
    )


@around(InstanceBackend, "run_instances")
def run_instances(original: Any, self: Any, image_id: str, *arguments: Any, **keywords: Any) -> Any:
    """Resolve ``resolve:ssm:<parameter>`` at launch."""
    if image_id and image_id.startswith(RESOLVE):
        parameters = ssm_backends[self.account_id][self.region_name]._parameters
        image_id = parameters[image_id.removeprefix(RESOLVE)][-1].value
    return original(self, image_id, *arguments, **keywords)
