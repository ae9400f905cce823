"""The option sets of the methods. No torch here: flags, cards and presets grow from them."""

from __future__ import annotations

from vidstyle.options import option, options


@options
class DisOptions:
    """Dense inverse search, OpenCV's implementation."""

    preset: str = option(
        default="medium",
        choices=("ultrafast", "fast", "medium"),
        help="How carefully motion is searched; lower presets are faster, less exact at thin or moving edges.",
    )
    max_size: int = option(
        default=1280,
        at_least=16,
        help="Larger frames have their motion searched at this longest side; finer motion costs time.",
        unit="px",
    )


@options
class NoFlowOptions:
    """No motion: every frame lies over the one before."""


@options
class AdaINOptions:
    """Adaptive instance normalization with the painter network."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help="From the content (0) to the style (1).")
    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help="The content's statistics are a mean over this many frames: longer is steadier, shorter follows changes.",
    )


@options
class StyleOptions:
    """How style pictures are used, whatever the method."""

    scale: float = option(
        default=100.0,
        at_least=1,
        at_most=1000,
        unit="% of the frame's shortest side",
        help="Size of the style picture, so of its brush strokes; the same look at any resolution.",
    )
    keep_color: str = option(
        default="none",
        choices=("none", "luminance", "match"),
        help="Keep the content's colors: only paint its luminance, or match the painting's colors to them.",
    )
