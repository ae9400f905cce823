"""The menu: every method that vidstyle has, as data. Nothing here imports a method."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

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
    """``module:Class``, imported only when built. Flow and stabilizers are built by ``Class(options, device)``, flow
    with weights by ``Class(options, compute)``, stylizers by ``Class(options, style, compute)``."""
    options: type
    summary: str
    """One line for ``vidstyle methods``."""
    weights: tuple[str, ...] = ()
    """Names in the weights manifest that it needs, whatever the encoder."""
    chosen_weights: Callable[[Any, Container[str]], str] | None = None
    """Of a stylizer whose options choose a network: the name of that one, from the options and from the names of
    the user's own weights."""
    needs_style: bool = True
    """Of a stylizer: whether it paints after pictures; if not, its style is in its weights and it takes none."""
    uses_encoder: bool = False
    """Whether it needs the run's perceptual network (``--encoder``) as well."""
    follows_timeline: bool = False
    """Of a stylizer: whether it asks the style for its weights and its strength frame by frame."""
    uses_regions: bool = False
    """Of a stylizer: whether it paints regions after regions where label maps tell them."""
    maps_color: bool = False
    """Of a stylizer: whether it is a `HasColorMap`, of whose work ``vidstyle lut`` can make a table."""
    bytes_per_pixel: tuple[tuple[str, int], ...] = ()
    """Memory that its work on a frame takes at its peak, per pixel of the frame, for each encoder, or under an empty
    name whatever the encoder; measured, see `benchmarks/memory.py`. Empty where it is not known."""
    bytes_per_style_pixel: tuple[tuple[str, int], ...] = ()
    """Of a stylizer: the same of its work on a style picture, per pixel of the picture as scaled for the frames."""
    searches_at: str = ""
    """Of a method that works on pictures made smaller: its option that bounds a side of the frame. `bytes_per_pixel` is
    then per pixel of the smaller frame and of the style pictures that are made smaller with it."""
    searches_longest: bool = False
    """Of the same: whether that is the frame's longest side; else it is the shortest."""
    bytes_per_shown_pixel: int = 0
    """Of the same, per pixel of the frame itself."""
    bytes_per_pair: float = 0.0
    """Of the same, where all places are compared with all: per pixel of the smaller frame, squared."""
    paper: str = ""
    stabilizer: str = ""
    """Of a stylizer: the stabilizer it runs with when nobody chose one; empty for the menu's default."""
    uses_motion: bool = True
    """Of stylizers and stabilizers: whether they look at a step's motion at the frame's size. Where neither does, it
    is only estimated coarsely, to tell shots apart; it may be looked at so."""
    counts_threads: bool = False
    """Of a stylizer: whether its pixels depend on how many threads torch has: these share a sum over the picture, and
    an optimizer makes more of the last bit."""
    distances: Callable[[Any], tuple[int, ...]] | None = None
    """Of a stylizer that looks at `Step.earlier`: over how many frames, ascending from 2, by its options."""

    def weights_with(self, encoder: str, options: Any, own: Container[str] = ()) -> tuple[str, ...]:
        """Names of all the weights that a run with this encoder and these options needs, given the user's own."""
        chosen = (self.chosen_weights(options, own),) if self.chosen_weights else ()
        return (*self.weights, *chosen, *((encoder,) if self.uses_encoder else ()))

    def distances_with(self, options: Any) -> tuple[int, ...]:
        """Over how many frames it wants motion, beside that to the frame before."""
        return self.distances(options) if self.distances else ()


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
        follows_timeline=True,
        bytes_per_pixel=(("", 480),),
        bytes_per_style_pixel=(("", 130),),
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
        follows_timeline=True,
        bytes_per_pixel=(("", 600),),
        bytes_per_style_pixel=(("", 215),),
    ),
    MethodSpec(
        name="fast",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.fast:Fast",
        options=sets.FastOptions,
        summary="One style, four times as fast: a network of its own, shipped or trained by vidstyle train fast.",
        chosen_weights=sets.fast_weights,
        needs_style=False,
        paper="Johnson et al. 2016 (arXiv:1603.08155); Ulyanov et al. 2017 (1701.02096)",
        uses_motion=False,
        bytes_per_pixel=(("", 210),),
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
        follows_timeline=True,
        maps_color=True,
        bytes_per_pixel=(("", 46),),
        bytes_per_style_pixel=(("", 60),),
    ),
    MethodSpec(
        name="gatys",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.gatys:Gatys",
        options=sets.GatysOptions,
        summary="The most painterly and the slowest: pixels are optimized, frame after frame.",
        counts_threads=True,
        uses_encoder=True,
        uses_regions=True,
        bytes_per_pixel=(("slim", 1540), ("vgg19", 3700)),
        bytes_per_style_pixel=(("slim", 220), ("vgg19", 880)),
        paper="Gatys et al. 2016 (CVPR); video after Ruder et al. 2016 (arXiv:1604.08610)",
        stabilizer="none",
        follows_timeline=True,
        distances=sets.distances_back,
    ),
    MethodSpec(
        name="mrf",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.mrf:Mrf",
        options=sets.MrfOptions,
        summary="Optimized like gatys, but from patches of the painting: lights in the clip become its stars.",
        counts_threads=True,
        uses_encoder=True,
        bytes_per_pixel=(("slim", 2000), ("vgg19", 5500)),
        paper="Li and Wand 2016 (CVPR); centered cosines after Kolkin et al. 2022 (arXiv:2203.13215)",
        stabilizer="none",
        distances=sets.distances_back,
    ),
    MethodSpec(
        name="photo",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.photo:Photo",
        options=sets.PhotoOptions,
        summary="Photographs stay photographs: regions take the style's light and colors, edges stay where they are.",
        counts_threads=True,
        uses_encoder=True,
        follows_timeline=True,
        uses_regions=True,
        maps_color=True,
        bytes_per_pixel=(("slim", 1850), ("vgg19", 4100)),
        searches_at="size",
        searches_longest=True,
        bytes_per_shown_pixel=40,
        paper="Luan et al. 2017 (arXiv:1703.07511); grids after Chen et al. 2016 (Bilateral guided upsampling)",
        stabilizer="none",
        uses_motion=False,
    ),
    MethodSpec(
        name="quilt",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.quilt:Quilt",
        options=sets.QuiltOptions,
        summary="A collage: the frame is laid of scraps of the style pictures, which stay where they lie.",
        paper="Efros and Freeman 2001 (SIGGRAPH), texture transfer",
        follows_timeline=True,
        bytes_per_pixel=(("", 430),),
        searches_at="size",
        bytes_per_shown_pixel=200,
    ),
    MethodSpec(
        name="analogy",
        stage=Stage.STYLIZER,
        target="vidstyle.stylizers.analogy:Analogy",
        options=sets.AnalogyOptions,
        summary="An eye becomes an eye of the style, sky its sky: for a style that shows what the clip shows.",
        uses_encoder=True,
        bytes_per_pixel=(("slim", 1640), ("vgg19", 6000)),
        searches_at="size",
        bytes_per_shown_pixel=120,
        paper="Liao et al. 2017 (SIGGRAPH, arXiv:1705.01088)",
        stabilizer="none",
    ),
    MethodSpec(
        name="dis",
        stage=Stage.FLOW,
        target="vidstyle.flow.dis:Dis",
        options=sets.DisOptions,
        summary="Dense inverse search on the luma plane; fast on a CPU.",
        paper="Kroeger et al. 2016 (arXiv:1603.03590)",
        bytes_per_pixel=(("", 70),),
    ),
    MethodSpec(
        name="raft-small",
        stage=Stage.FLOW,
        target="vidstyle.flow.raft:raft_small",
        options=sets.RaftOptions,
        summary="A network, torchvision's: better at moving edges, for a GPU.",
        weights=("raft-small",),
        bytes_per_pixel=(("", 400),),
        searches_at="max_size",
        searches_longest=True,
        bytes_per_shown_pixel=70,
        bytes_per_pair=0.0027,
        paper="Teed and Deng 2020 (arXiv:2003.12039)",
    ),
    MethodSpec(
        name="raft-large",
        stage=Stage.FLOW,
        target="vidstyle.flow.raft:raft_large",
        options=sets.RaftOptions,
        summary="RAFT with five times the parameters.",
        weights=("raft-large",),
        bytes_per_pixel=(("", 1050),),
        searches_at="max_size",
        searches_longest=True,
        bytes_per_shown_pixel=70,
        bytes_per_pair=0.0024,
        paper="Teed and Deng 2020 (arXiv:2003.12039)",
    ),
    MethodSpec(
        name="none",
        stage=Stage.FLOW,
        target="vidstyle.flow.none:NoFlow",
        options=sets.NoFlowOptions,
        summary="No motion: every frame lies over the one before.",
        bytes_per_pixel=(("", 0),),
    ),
    MethodSpec(
        name="blend",
        stage=Stage.STABILIZER,
        target="vidstyle.stabilizers.blend:Blend",
        options=sets.BlendOptions,
        summary="Blends the painting along the motion where it can be trusted, and keeps it sharp.",
        paper="trust after Ruder et al. 2016 (arXiv:1604.08610); light after ReCoNet, Gao et al. 2018 (1807.01197)",
        bytes_per_pixel=(("", 165),),
    ),
    MethodSpec(
        name="none",
        stage=Stage.STABILIZER,
        target="vidstyle.stabilizers.none:NoStabilizer",
        options=sets.NoStabilizerOptions,
        summary="Every frame as the stylizer painted it.",
        uses_motion=False,
        bytes_per_pixel=(("", 0),),
    ),
)
"""Built-in methods in the order of the menu; the first of a stage is its default."""
