"""The menu: every method that vidstyle has, as data. Nothing here imports a method."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from vidstyle import method_options as sets


class Stage(StrEnum):
    """Where in the way of the data a method works."""

    FLOW = "flow"
    STYLIZER = "stylizer"
    STABILIZER = "stabilizer"


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """A method: its name, its options, and where its class is found when it is needed."""

    name: str
    stage: Stage
    target: str
    """``module:Class``, imported only when built. Flow and stabilizers are built by ``Class(options, device)``,
    stylizers by ``Class(options, style, compute)``."""
    options: type
    summary: str
    """One line for ``vidstyle methods``."""
    weights: tuple[str, ...] = ()
    """Names in the weights manifest that it needs."""
    paper: str = ""


METHODS: tuple[MethodSpec, ...] = (
    MethodSpec(
        name="adain",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.adain:AdaIN",
        options=sets.AdaINOptions,
        summary="Any style at once: a small feed-forward network, statistics held over the shot.",
        weights=("adain",),
        paper="Huang and Belongie 2017 (arXiv:1703.06868); modulation after MicroAST, Wang et al. 2023 (2211.15313)",
    ),
    MethodSpec(
        name="dis",
        stage=Stage.FLOW,
        target="vidstyle.flow.dis:Dis",
        options=sets.DisOptions,
        summary="Dense inverse search on the luma plane; fast on a CPU.",
        paper="Kroeger et al. 2016 (arXiv:1603.03590)",
    ),
    MethodSpec(
        name="none",
        stage=Stage.FLOW,
        target="vidstyle.flow.none:NoFlow",
        options=sets.NoFlowOptions,
        summary="No motion: every frame lies over the one before.",
    ),
    MethodSpec(
        name="blend",
        stage=Stage.STABILIZER,
        target="vidstyle.stabilizers.blend:Blend",
        options=sets.BlendOptions,
        summary="Blends the painting along the motion where it can be trusted, and keeps it sharp.",
        paper="trust after Ruder et al. 2016 (arXiv:1604.08610); light after ReCoNet, Gao et al. 2018 (1807.01197)",
    ),
    MethodSpec(
        name="none",
        stage=Stage.STABILIZER,
        target="vidstyle.stabilizers.none:NoStabilizer",
        options=sets.NoStabilizerOptions,
        summary="Every frame as the stylizer painted it.",
    ),
)
"""Built-in methods in the order of the menu; the first of a stage is its default."""
