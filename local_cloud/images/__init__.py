# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The images of the local cloud: built on this machine, named by the hash of what they are made from."""

from local_cloud.images.build import IMAGES, build_all, image_name

__all__ = ["IMAGES", "build_all", "image_name"]
