# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local cloud: an AWS emulator whose instances, databases and load balancers are containers."""
