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
    """Names in the weights manifest that it needs, whatever the encoder."""
    needs_style: bool = True
    """Of a stylizer: whether it paints after pictures; if not, its style is in its weights and it takes none."""
    uses_encoder: bool = False
    """Whether it needs the run's perceptual network (``--encoder``) as well."""
    bytes_per_pixel: tuple[tuple[str, int], ...] = ()
    """Of a stylizer: memory that painting takes per pixel of the frame, for each encoder, measured; empty where that
    is not worth a warning."""
    paper: str = ""
    stabilizer: str = ""
    """Of a stylizer: the stabilizer it runs with when nobody chose one; empty for the menu's default."""
    uses_motion: bool = True
    """Of stylizers and stabilizers: whether they look at a step's motion. Where neither does, it is only
    estimated coarsely, to tell shots apart."""

    def weights_with(self, encoder: str) -> tuple[str, ...]:
        """Names of all the weights that a run with this encoder needs."""
        return (*self.weights, encoder) if self.uses_encoder else self.weights


METHODS: tuple[MethodSpec, ...] = (
    MethodSpec(
        name="adain",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.adain:AdaIN",
        options=sets.AdaINOptions,
        summary="Any style at once: a small feed-forward network, statistics held over the shot.",
        weights=("adain",),
        paper="Huang and Belongie 2017 (arXiv:1703.06868); modulation after MicroAST, Wang et al. 2023 (2211.15313)",
        uses_motion=False,
    ),
    MethodSpec(
        name="sanet",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.sanet:SANet",
        options=sets.SANetOptions,
        summary="Any style at once: places of the frame are painted by the places of the style that fit them.",
        weights=("slim", "sanet"),
        paper="Park and Lee 2019 (arXiv:1812.02342); cosine attention after AdaAttN, Liu et al. 2021 (2108.03647)",
        uses_motion=False,
    ),
    MethodSpec(
        name="fast",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.fast:Fast",
        options=sets.FastOptions,
        summary="One style, three times as fast: a network of its own, trained by vidstyle train fast.",
        weights=("fast",),
        needs_style=False,
        paper="Johnson et al. 2016 (arXiv:1603.08155); Ulyanov et al. 2017 (1701.02096)",
        uses_motion=False,
    ),
    MethodSpec(
        name="color",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.color:Color",
        options=sets.ColorOptions,
        summary="Color and light of the style alone: no stroke, no blur, sharp at any size.",
        paper="Pitie and Kokaram 2007 (CVMP); Reinhard et al. 2001; Pitie, Kokaram and Dahyot 2007 (CVIU 107)",
        stabilizer="none",
        uses_motion=False,
    ),
    MethodSpec(
        name="gatys",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.gatys:Gatys",
        options=sets.GatysOptions,
        summary="The most painterly and the slowest: pixels are optimized, frame after frame.",
        uses_encoder=True,
        bytes_per_pixel=(("slim", 1540), ("vgg19", 3700)),
        paper="Gatys et al. 2016 (CVPR); video after Ruder et al. 2016 (arXiv:1604.08610)",
        stabilizer="none",
    ),
    MethodSpec(
        name="quilt",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.quilt:Quilt",
        options=sets.QuiltOptions,
        summary="A collage: the frame is laid of scraps of the style pictures, which stay where they lie.",
        paper="Efros and Freeman 2001 (SIGGRAPH), texture transfer",
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
        uses_motion=False,
    ),
)
"""Built-in methods in the order of the menu; the first of a stage is its default."""
