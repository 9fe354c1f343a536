# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling as it happens by itself: moto starts and ends instances in the middle of a call, or never.

A group's members go from state to state (`members`), held by hooks (`hooks`). Their number follows the group's size
(`capacity`, `launches`), their health (`health`), its refresh (`refresh`), warm pool (`warm_pools`) and schedule (`schedules`).
Each look at a group takes it a step further (`progress`), and what it did is told (`activities`). The API's side, patches of
moto, is in `fidelity`.

https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-lifecycle.html
"""
