# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Publishing the bundles that instances configure themselves with: in the control bucket, named by their content.

A bundle never changes: a launch template names it with its checksum, so that a version of the template is a release.
"""

from __future__ import annotations

import base64
import gzip
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.terrace.aws.plugins.module_utils import control_bucket
from ansible_collections.terrace.aws.plugins.module_utils.aws import Clients, refuse_other_account
from ansible_collections.terrace.aws.plugins.module_utils.engine.declaration import TAG_STACK, Stack
from ansible_collections.terrace.aws.plugins.module_utils.engine.retry import code_of
from ansible_collections.terrace.aws.plugins.module_utils.module import guarded, stack_of

# Beside those that launch templates name: another operator may have published one that no template names yet.
KEPT = 5
# A request for the head has an answer without a body, hence no code but the status.
MISSING = ("404", "NoSuchBucket", "NoSuchKey")
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")
SUFFIX = ".tar.gz"


def run_fleet_bundle(module: Any) -> None:
    """Publish or remove, and exit."""
    guarded(module, lambda: _converge(module))


def _converge(module: Any) -> dict[str, Any]:
    stack = stack_of(module.params["stack"])
    clients = Clients(module)
    refuse_other_account(clients, stack.account, stack.region)
    bundles = Bundles(clients, stack, module.check_mode)
    if module.params["state"] == "absent":
        return {"changed": bundles.remove_all(), "bundles": {}}
    changed = False
    for archive in module.params["archives"]:
        changed |= bundles.publish(archive["group"], archive["sha256"], Path(archive["path"]))
    published = {
        archive["group"]: {"bundle": bundles.address(archive["group"], archive["sha256"]), "sha256": archive["sha256"]}
        for archive in module.params["archives"]
    }
    return {"changed": changed, "bundles": published}


class Bundles:
    """The bundles of one stack. With `check` nothing is changed."""

    def __init__(self, clients: Clients, stack: Stack, check: bool) -> None:
        self._s3, self._ec2 = clients("s3", stack.region), clients("ec2", stack.region)
        self._stack, self._check = stack, check
        self._bucket = control_bucket.name_of(stack.account, stack.region)

    def address(self, group: str, digest: str) -> str:
        """Return ``bucket/key``."""
        return f"{self._bucket}/{self._key(group, digest)}"

    def publish(self, group: str, digest: str, archive: Path) -> bool:
        """Upload the archive unless it is there, and return whether it was not."""
        if self._exists(group, digest):
            return False
        if not self._check:
            control_bucket.ensure(self._s3, self._stack.account, self._stack.region)
            self._upload(self._key(group, digest), archive)
            self._prune(group, digest)
        return True

    def remove_all(self) -> bool:
        """Remove every bundle of the stack, and return whether there was one."""
        keys = [key for key, _when in self._listed("")]
        if not self._check:
            self._delete(keys)
        return bool(keys)

    def _prefix(self, group: str) -> str:
        return f"{self._stack.name}/bundles/" + (f"{group}/" if group else "")

    def _key(self, group: str, digest: str) -> str:
        return f"{self._prefix(group)}{digest}{SUFFIX}"

    def _exists(self, group: str, digest: str) -> bool:
        try:
            self._s3.head_object(Bucket=self._bucket, Key=self._key(group, digest), ExpectedBucketOwner=self._stack.account)
        except Exception as error:
            if code_of(error) in MISSING:
                return False
            raise
        return True

    def _upload(self, key: str, archive: Path) -> None:
        with tempfile.TemporaryFile() as packed:
            with archive.open("rb") as plain, gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as compressed:
                shutil.copyfileobj(plain, compressed)
            packed.seek(0)
            self._s3.upload_fileobj(packed, self._bucket, key, ExtraArgs={"ExpectedBucketOwner": self._stack.account})

    def _prune(self, group: str, published: str) -> None:
        """Delete old bundles that no version of a launch template of the stack names any more."""
        used = {published, *self._used()}
        spare = [(when, key) for key, when in self._listed(group) if not used & set(DIGEST.findall(key))]
        self._delete([key for _when, key in sorted(spare)[:-KEPT]])

    def _listed(self, group: str) -> list[tuple[str, Any]]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix(group), ExpectedBucketOwner=self._stack.account
        )
        try:
            return [(item["Key"], item["LastModified"]) for page in pages for item in page.get("Contents", ())]
        except Exception as error:
            if code_of(error) in MISSING:
                return []
            raise

    def _used(self) -> Iterator[str]:
        """Yield the checksums in the user data of all versions of the stack's launch templates."""
        ours = [{"Name": f"tag:{TAG_STACK}", "Values": [self._stack.name]}]
        for template in self._pages("describe_launch_templates", "LaunchTemplates", Filters=ours):
            versions = self._pages(
                "describe_launch_template_versions", "LaunchTemplateVersions", LaunchTemplateId=template["LaunchTemplateId"]
            )
            for version in versions:
                yield from _digests(version["LaunchTemplateData"])

    def _pages(self, operation: str, name: str, **arguments: Any) -> Iterable[Mapping[str, Any]]:
        return (item for page in self._ec2.get_paginator(operation).paginate(**arguments) for item in page[name])

    def _delete(self, keys: list[str]) -> None:
        for key in keys:
            self._s3.delete_object(Bucket=self._bucket, Key=key, ExpectedBucketOwner=self._stack.account)


def _digests(data: Mapping[str, Any]) -> list[str]:
    return DIGEST.findall(base64.b64decode(data.get("UserData", "")).decode(errors="replace"))
