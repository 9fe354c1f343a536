# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EFS: one volume with a directory for each file system, which all hosts have, and a small server for each mount target.

A container cannot mount NFS. The hosts' mount helper asks the mount target, so that names, access points and security groups
have their effect, and then binds the directory that it is told.
"""

import shlex
from collections.abc import Iterable

import docker
from docker.models.containers import Container

from local_cloud.images import image_name
from local_cloud.paths import scope
from local_cloud.reconcile import engine
from local_cloud.reconcile.desired import Directory, MountTarget
from local_cloud.reconcile.networks import name_of

PORT = 2049
ROOT = "/files"
HEAD = f"""defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend files
  bind :{PORT}
"""


def shared_volume(client: docker.DockerClient, directory: str) -> dict[str, dict[str, str]]:
    """Return the volume of all file systems, made at the first use, to be mounted at a directory."""
    name = f"terrace-files-{scope()}"
    client.volumes.create(name, labels=engine.labels(engine.VOLUME, "files"))
    return {name: {"bind": directory, "mode": "rw"}}


def render(target: MountTarget) -> str:
    """Return the configuration of a server that tells the path of each directory."""
    answers = [
        f"  http-request return status 200 content-type text/plain string {_quoted(directory.path)}"
        f" if {{ path /{directory.name} }}\n"
        for directory in target.directories
    ]
    return HEAD + "".join(answers) + "  http-request deny\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def creation(directories: Iterable[Directory]) -> str:
    """Return the shell commands that make the directories that are missing."""
    lines = [f"chmod 700 {ROOT}"]
    for directory in directories:
        path = shlex.quote(f"{ROOT}/{directory.path}")
        if directory.owner:
            user, group, mode = directory.owner
            lines.append(f"[ -d {path} ] || install -d -o {user} -g {group} -m {shlex.quote(mode)} {path}")
        elif "/" not in directory.path:
            lines.append(f"mkdir -p {path}")
    return "\n".join(lines) + "\n"


class Files:
    """Keeps mount targets and directories as the account wants them; `present` is the set of mount targets."""

    def __init__(self, client: docker.DockerClient) -> None:
        self.present: set[str] = set()
        self._client = client
        self._configured: dict[str, str] = {}
        self._filled: set[str] = set()

    def reconcile(self, file_systems: Iterable[str], wanted: Iterable[MountTarget]) -> dict[str, Container]:
        """Create, configure and remove; the containers by mount target."""
        targets = {target.id: target for target in wanted}
        present = engine.containers(self._client, engine.FILES)
        for gone in present.keys() - targets.keys():
            engine.remove(present.pop(gone))
        self._remove_data(self._filled - set(file_systems))
        for target in targets.values():
            if target.id not in present:
                present[target.id] = self._create(target)
            self._configure(target, present[target.id])
        self.present = set(present)
        return present

    def _create(self, target: MountTarget) -> Container:
        return engine.create(
            self._client,
            image_name("proxy"),
            name_of(target.vpc),
            target.address,
            list(target.names),
            name=target.container,
            labels=engine.labels(engine.FILES, target.id),
            volumes=shared_volume(self._client, ROOT),
        )

    def _configure(self, target: MountTarget, container: Container) -> None:
        configuration = render(target)
        wanted = repr((container.id, configuration, target.directories))
        if self._configured.get(target.id) == wanted:
            return
        engine.put_files(container, "/etc/haproxy", {"haproxy.cfg": configuration.encode()}, mode=0o644)
        if container.status == "running":
            container.kill(signal="USR2")
        else:
            container.start()
        status, _ = container.exec_run(["sh", "-ec", creation(target.directories)])
        if status == 0:
            self._configured[target.id] = wanted
            self._filled.add(target.file_system)

    def _remove_data(self, file_systems: set[str]) -> None:
        if not file_systems:
            return
        self._client.containers.run(
            image_name("proxy"),
            ["rm", "-rf", *(f"{ROOT}/{name}" for name in sorted(file_systems))],
            network_mode="none",
            volumes=shared_volume(self._client, ROOT),
            labels=engine.labels(engine.HELPER, "files"),
            remove=True,
        )
        self._filled -= file_systems
