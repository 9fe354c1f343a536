# SPDX-FileCopyrightText: Terrace contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/benchmarks.svg: the three tools side by side, and how a stack grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from tests.benchmarks.contenders import CONTENDERS, STEPS

Summary = Mapping[str, Any]
# Distinct for the colour-blind, too: https://jfly.uni-koeln.de/color/
COLOURS = {"terrace": "#0072b2", "amazon_aws": "#e69f00", "terraform": "#7f7f7f"}
LABELS = {contender.name: contender.label for contender in CONTENDERS}
STEP_LABELS = {step: step.replace("_", " ").replace("apply", "first apply") for step in STEPS}
PANELS = (("wall", "Wall time, s"), ("cpu", "Processor time, s"), ("calls", "API calls"))
GRID = "#dddddd"


def draw(summary: Summary, path: Path) -> None:
    """Draw the picture into a file, whose ending says in which format."""
    latency = max((latency for by_latency in summary["reference"].values() for latency in by_latency), key=int)
    settings = {"font.family": "sans-serif", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "terrace"}
    with mpl.rc_context(settings):
        figure, axes = plt.subplots(2, 3, figsize=(11, 6.6), layout="constrained")
        for place, (value, title) in zip(axes[0], PANELS, strict=True):
            _bars(place, summary["reference"], latency, value, f"{title}, at {latency} ms")
        for place, (value, title) in zip(axes[1], PANELS, strict=True):
            _lines(place, summary["growth"], value, f"{title}, as a stack grows")
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper left", ncols=3, frameon=False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)


def _bars(place: Axes, reference: Summary, latency: str, value: str, title: str) -> None:
    """Draw a bar for each step and tool, on a scale on which a tenth can be seen. What a tool failed at is hatched."""
    width = 0.8 / len(reference)
    for number, (name, by_latency) in enumerate(reference.items()):
        steps = by_latency[latency]
        for index, step in enumerate(STEPS):
            if step not in steps:
                continue
            bar = place.bar(
                index + (number - (len(reference) - 1) / 2) * width,
                steps[step][value],
                width,
                color=COLOURS[name] if steps[step]["succeeded"] else "white",
                edgecolor=COLOURS[name],
                hatch=None if steps[step]["succeeded"] else "////",
                label=LABELS[name] if step == "no_change" else None,
            )
            label = f"{steps[step][value]:.0f}" if steps[step]["succeeded"] else "fails"
            place.bar_label(bar, [label], fontsize=6.5, padding=1)
    place.set_yscale("log")
    place.set_ylim(bottom=1)
    place.margins(y=0.12)
    place.set_xticks(range(len(STEPS)), [STEP_LABELS[step].replace(" ", "\n") for step in STEPS])
    _frame(place, title)


def _lines(place: Axes, growth: list[Summary], value: str, title: str) -> None:
    resources = [size["resources"] for size in growth]
    for run, style in (("apply", "--"), ("no_change", "-")):
        figures = [size[run][value] for size in growth]
        place.plot(resources, figures, style, marker="o", markersize=3, color=COLOURS["terrace"], label=STEP_LABELS[run])
    place.set_xlabel("resources")
    place.set_ylim(bottom=0)
    place.legend(frameon=False)
    _frame(place, title)


def _frame(place: Axes, title: str) -> None:
    place.set_title(title, loc="left", fontsize=10)
    place.spines[["top", "right"]].set_visible(False)
    place.grid(axis="y", color=GRID, linewidth=0.6)
    place.set_axisbelow(True)
