# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes Docker equal to the emulated account: networks, hosts, databases, load balancers, security groups."""
