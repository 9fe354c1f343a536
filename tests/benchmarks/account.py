# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulated account in a process of its own, behind proxies that make it as far away as AWS is."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import Any

from local_cloud.emulator import Emulator
from local_cloud.emulator.calls import Call
from tests.benchmarks import latency

# Processes that share nothing with the one that measures.
SPAWN = multiprocessing.get_context("spawn")


class Account:
    """An emulator, and one endpoint for each latency in milliseconds; a context manager.

    The client's processes, the emulator and the proxies have to share the machine, but not an interpreter.
    """

    def __init__(self, latencies: Iterable[int] = (0,)) -> None:
        self._latencies = tuple(latencies)
        self._processes: list[Any] = []
        self.endpoints: dict[int, str] = {}

    def __enter__(self) -> Account:
        self._emulator, theirs = SPAWN.Pipe()
        upstream = self._start(_emulate, theirs, self._emulator)
        for milliseconds in self._latencies:
            ours, theirs = SPAWN.Pipe()
            self.endpoints[milliseconds] = self._start(latency.serve, theirs, ours, upstream, milliseconds / 1000)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.terminate()
            process.join()

    def reset(self) -> None:
        """Empty the account."""
        self._ask("reset")

    def take_calls(self) -> list[Call]:
        """Return the calls since the last time, or since the last reset."""
        return self._ask("calls")

    def _ask(self, request: str) -> Any:
        self._emulator.send(request)
        return self._emulator.recv()

    def _start(self, work: Any, theirs: Connection, ours: Connection, *arguments: Any) -> str:
        """Start a process that serves, and return its endpoint, which is the first thing that it says."""
        process = SPAWN.Process(target=work, args=(theirs, *arguments), daemon=True)
        process.start()
        self._processes.append(process)
        return ours.recv()


def _emulate(connection: Connection) -> None:
    with Emulator() as emulator:
        connection.send(emulator.endpoint)
        while True:
            try:
                request = connection.recv()
            except EOFError:
                return
            if request == "reset":
                emulator.reset()
            calls = list(emulator.calls)
            emulator.calls.clear()
            connection.send(calls)
