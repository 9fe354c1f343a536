# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groups of instances and single ones have in common: images, and limits of what an instance starts with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Reference, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.errors import InvalidOption
from ansible_collections.terrace.aws.plugins.module_utils.engine.validate import Constraint
from ansible_collections.terrace.aws.plugins.module_utils.kinds.image import Image

# Tells inventories which group an instance is of.
TAG_GROUP = "terrace:group"
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
TAGS = 50
IMAGE_OPTIONS = {
    "parameter": {"type": "str"},
    "owner": {"type": "str"},
    "name": {"type": "str"},
    "architecture": {"type": "str", "choices": ["x86_64", "arm64"]},
    "update": {"type": "bool", "default": False},
}
IMAGE_CONSTRAINTS = {
    "parameter": Constraint(pattern=r"/?[a-zA-Z0-9_.\-/]{1,1010}", says="letters, digits and _.-/"),
    "owner": Constraint(pattern=r"\d{12}|self|amazon|aws-marketplace", says="an account id, self, amazon or aws-marketplace"),
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateImage.html, and wildcards
    "name": Constraint(
        pattern=r"[A-Za-z0-9()\[\] ./'@_*?-]{1,128}", says="an image's name has 1 to 128 letters, digits and ()[] ./-'@_, * or ?"
    ),
}
TYPE = Constraint(pattern=r"[a-z0-9-]{1,32}\.[a-z0-9-]{1,32}", says="an instance type looks like t3.small")
KEY_PAIR = Constraint(
    pattern=r"|[!-~]([ -~]{0,253}[!-~])?", says="a key pair's name has 1 to 255 ASCII characters, with no space around them"
)
# Before base64 encoding: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-add-user-data.html
USER_DATA_BYTES = 16384
USER_DATA = Constraint(max_bytes=USER_DATA_BYTES, verbatim=True)
INTEL, ARM = "x86_64", "arm64"
# https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html: the option g, or the first of them.
GRAVITON = re.compile(r"(a1|[a-z]+\d+g[a-z]*)(-flex)?\.")
PUBLIC_PARAMETER = re.compile(r"^/aws/service/.*[/-](amd64|x86_64|arm64|aarch64)(?=[/-]|$)")
HOP_LIMIT = Constraint(minimum=1, maximum=64)


def check_image(image: Mapping[str, Any], path: str) -> None:
    """Refuse what describes no image, or two. Raises InvalidOption."""
    described = [image[option] for option in ("owner", "name", "architecture")]
    if image["parameter"] and any(described):
        raise InvalidOption(f"{path}.parameter", "excludes owner, name and architecture")
    if not image["parameter"] and not all(described):
        raise InvalidOption(path, "needs either parameter, or owner, name and architecture")


def check_architecture(image: Mapping[str, Any], types: Mapping[str, str]) -> None:
    """Refuse a type that cannot run the image, or the first type's programs. `types` are by path. Raises InvalidOption."""
    wanted, given_by = _architecture_of_image(image), "the image"
    for path, name in types.items():
        architecture = ARM if GRAVITON.match(name) else INTEL
        if wanted is None:
            wanted, given_by = architecture, name
        elif architecture != wanted:
            raise InvalidOption(path, f"{name} is {architecture}, and {given_by} is {wanted}")


def _architecture_of_image(image: Mapping[str, Any]) -> str | None:
    """Return what an image is for, as far as its description tells: AWS's public parameters have it in their names."""
    if image["architecture"]:
        return image["architecture"]
    named = PUBLIC_PARAMETER.search(image["parameter"] or "")
    return {"arm64": ARM, "aarch64": ARM}.get(named[1], INTEL) if named else None


def image_of(image: Mapping[str, Any]) -> Image:
    return Image(
        parameter=image["parameter"],
        owner=image["owner"],
        image_name=image["name"],
        architecture=image["architecture"],
        update=image["update"],
    )


def routes(subnets: str) -> tuple[Reference, ...]:
    """Return the route tables of a class of subnets: a private class has one for each zone, a public class one."""
    return (
        Reference("route_table", f"{subnets}/", every=True, optional=True),
        Reference("route_table", subnets, optional=True),
    )


def tags_of(name: str, given: Mapping[str, Any], stack: Stack, path: str) -> dict[str, str]:
    """Return what tells instances apart by stack and group, with the user's own tags. Raises InvalidOption."""
    own = {str(key): str(value) for key, value in given.items()}
    tags = {"Name": f"{stack.name}-{name}", **stack.tags, **own, TAG_STACK: stack.name, TAG_GROUP: name}
    if len(tags) > TAGS:
        raise InvalidOption(path, f"make {len(tags)} tags together with the stack's; AWS takes {TAGS}")
    return tags
