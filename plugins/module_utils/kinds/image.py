# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine image, looked up by a public or own SSM parameter, or as the newest that a filter matches.

A launch template of the same name, or the instance that it names, pins its image: a newer one is told, and taken only when
an update is asked for.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/finding-an-ami.html
https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-public-parameters.html
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils.engine.kind import DELETING, Context, Found, Kind
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import is_not_found
from ansible_collections.terrace.aws.plugins.module_utils.engine.values import initial
from ansible_collections.terrace.aws.plugins.module_utils.kinds._batches import batches

PARAMETERS_PER_CALL = 10
# What pins images, and how their names come from its own.
PINNING = {"launch_template": "{}", "instance": "instance/{}"}


@dataclasses.dataclass(frozen=True)
class Image:
    """Either `parameter`, or `owner` (account id or alias), `image_name` (with wildcards) and `architecture`.

    With `update`, the newest is taken in any case.
    """

    parameter: str | None = initial()
    owner: str | None = initial()
    image_name: str | None = initial()
    architecture: str | None = initial()
    update: bool | None = initial()


def list_images(context: Context) -> Iterable[Found]:
    """Look up what is declared, each distinct question once. What nothing answers is left out, unless it is pinned."""
    declared = {declaration.name: declaration.values for declaration in context.declared("image")}
    questions = {name: dataclasses.replace(values, update=None) for name, values in declared.items()}
    ids = _ids_by_parameter(context, {values.parameter for values in questions.values() if values.parameter})
    answers = dict(context.each(lambda values: (values, _image(context, values, ids)), set(questions.values())))
    newest = {name: _found(name, answers[values]) for name, values in questions.items() if answers[values]}
    pinned = {found.name: found for found in _pinned(context) if not getattr(declared.get(found.name), "update", True)}
    return [_chosen(context, newest.get(name), pinned.get(name)) for name in newest.keys() | pinned.keys()]


def _pinned(context: Context) -> list[Found]:
    """Return the images that the stack's launch templates and instances have."""
    return [
        Found(
            found.values.image,
            Image(),
            name=name.format(found.logical_name),
            attributes={"root_device": found.values.root_device},
        )
        for kind, name in PINNING.items()
        for found in context.found(kind)
        if found.belongs_to(context.stack, kind) and found.state != DELETING
        if found.values.image and found.values.root_device
    ]


def _chosen(context: Context, newest: Found | None, pinned: Found | None) -> Found:
    if newest is None or pinned is None or newest.id == pinned.id:
        return newest or pinned
    context.note(
        f"image/{pinned.name}: {newest.id} ({newest.attributes['image_name']}) is available; {pinned.id} stays until an update "
        "of the image is asked for"
    )
    return pinned


def _ids_by_parameter(context: Context, parameters: Iterable[str]) -> dict[str, str]:
    answers = context.each(
        lambda batch: context.client("ssm").get_parameters(Names=batch), batches(sorted(parameters), PARAMETERS_PER_CALL)
    )
    return {raw["Name"]: raw["Value"] for answer in answers for raw in answer["Parameters"]}


def _image(context: Context, values: Image, ids: Mapping[str, str]) -> Mapping[str, Any] | None:
    if values.parameter is None:
        return _newest(context, values)
    return _by_id(context, ids[values.parameter]) if values.parameter in ids else None


def _by_id(context: Context, image_id: str) -> Mapping[str, Any] | None:
    """A parameter of the user's own may name an image that is gone."""
    try:
        images = context.client("ec2").describe_images(ImageIds=[image_id])["Images"]
    except Exception as error:
        if is_not_found(error):
            return None
        raise
    return images[0] if images else None


def _newest(context: Context, values: Image) -> Mapping[str, Any] | None:
    filters = {"name": values.image_name, "architecture": values.architecture, "state": "available"}
    images = context.pages(
        "ec2",
        "describe_images",
        "Images",
        Owners=[values.owner],
        Filters=[{"Name": name, "Values": [value]} for name, value in filters.items()],
    )
    return max(images, key=lambda raw: raw["CreationDate"], default=None)


def _found(name: str, raw: Mapping[str, Any]) -> Found:
    attributes = {"image_name": raw.get("Name"), "root_device": raw["RootDeviceName"], "architecture": raw["Architecture"]}
    return Found(raw["ImageId"], Image(), name=name, attributes=attributes)


KIND = Kind(
    name="image",
    service="ec2",
    values=Image,
    list=list_images,
    calls={"GetParameters": "page", "DescribeImages": "resource"},
    after=tuple(PINNING),
    lookup=True,
)
