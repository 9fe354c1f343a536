# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instance metadata service: what an instance asks about itself, from the emulated account.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
"""

from local_cloud.metadata.service import MetadataService

__all__ = ["MetadataService"]
