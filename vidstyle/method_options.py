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


@options
class NoStabilizerOptions:
    """Every frame as it was painted."""


@options
class BlendOptions:
    """A running mean of the painted frames along the motion."""

    memory: float = option(
        default=0.98,
        at_least=0,
        at_most=0.99,
        help="How much of the past is kept at most, per frame; higher is steadier and slower to repaint.",
    )
    sharpness: float = option(
        default=1.0,
        at_least=0,
        at_most=1.2,
        help="Fine detail to keep, as a share of the painted frames' own; 0 leaves what the mean leaves.",
    )
    light: float = option(
        default=1.0,
        at_least=0,
        at_most=1,
        help="How much of the content's changes of light passes at once instead of fading in.",
    )
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        help="Memory starts anew this often, so that any range of frames can be rendered alone.",
        unit="frames",
    )
    fade: int = option(
        default=24,
        at_least=1,
        at_most=200,
        help="A new memory fades in over this many frames.",
        unit="frames",
    )
