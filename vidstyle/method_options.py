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
class ColorOptions:
    """Global color and tone after pictures."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help="From the content (0) to the style (1).")
    transfer: str = option(
        default="monge-kantorovich",
        choices=("monge-kantorovich", "reinhard", "histogram", "idt", "tone"),
        help="How colors are moved: as one cloud that keeps its shape, channel by channel, or to the style's very "
        "histograms; tone moves light alone and keeps hue.",
    )
    hold: int = option(
        default=96,
        at_least=1,
        at_most=500,
        unit="frames",
        help="The content's colors are taken over this many frames: longer is steadier, shorter follows changes.",
    )
    regrain: bool = option(default=True, help="Keep the content's grain where idt would coarsen it; no other needs it.")


@options
class GatysOptions:
    """Optimization of the pixels against a perceptual network."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help="From the content (0) to the style (1).")
    unrealness: float = option(
        default=1.0, at_least=-1, at_most=3, help="Power of ten by which the style outweighs the content."
    )
    style_loss: str = option(
        default="wasserstein",
        choices=("wasserstein", "gram"),
        help="How styles are compared: as Gaussians of features, or by their Gram matrices.",
    )
    content_layer: str = option(
        default="relu4_2",
        choices=("relu1_2", "relu2_2", "relu3_2", "relu4_2"),
        help="Where the content is compared: shallower keeps the photo's edges, deeper lets the style repaint them.",
    )
    start: str = option(
        default="previous",
        choices=("previous", "content", "noise", "style"),
        help="What a frame starts from: the painted one before it, moved along; the others paint each frame by itself.",
    )
    optimizer: str = option(default="lbfgs", choices=("lbfgs", "adam"), help="How the loss is minimized.")
    iterations: int = option(
        default=60, at_least=0, at_most=5000, unit="steps", help="At every scale of a frame that is painted by itself."
    )
    follow: int = option(
        default=8, at_least=0, at_most=5000, unit="steps", help="For a frame that starts from the one before."
    )
    tolerance: float = option(
        default=0.01, at_least=0, at_most=1, help="A frame is done when five steps bring less than this share."
    )
    pooling: str = option(
        default="max", choices=("max", "average"), help="Of the network: average is smoother, max is crisper."
    )
    smoothness: float = option(
        default=1.0, at_least=0, at_most=1000, help="Weight of total variation: less grain, softer strokes."
    )
    steadiness: float = option(
        default=50.0, at_least=0, at_most=1e6, help="Weight of staying like the moved frame before, where trusted."
    )
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help="A frame is painted by itself this often, so that any range of frames can be rendered alone.",
    )
    fade: int = option(default=16, at_least=0, at_most=200, unit="frames", help="It fades in over this many frames.")


@options
class FastOptions:
    """A network of one style's own, with instance normalization."""

    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help="The content's statistics are a mean over this many frames: longer is steadier, shorter follows changes.",
    )


@options
class SANetOptions:
    """Style attention on features of the slim encoder."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help="From the content (0) to the style (1).")
    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help="The content's statistics are a mean over this many frames: longer is steadier, shorter follows changes.",
    )
    attention: str = option(
        default="cosine",
        choices=("cosine", "softmax"),
        help="What the weights were trained with; the shipped ones with cosine.",
    )


@options
class QuiltOptions:
    """Texture transfer by quilting."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help="From the content (0) to the style (1).")
    patch: float = option(
        default=10.0,
        at_least=1,
        at_most=100,
        unit="% of the frame's shortest side",
        help="Side of the first pass's patches: larger keeps more of the style, smaller shows more of the content.",
    )
    passes: int = option(
        default=3, at_least=1, at_most=8, help="How often the frame is laid, each time in patches a third smaller."
    )
    size: int = option(
        default=240,
        at_least=32,
        at_most=4096,
        unit="px",
        help="Larger frames have their patches searched at this shortest side, and shown at their own.",
    )
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help="A frame is laid by itself this often, so that any range of frames can be rendered alone.",
    )
    fade: int = option(default=12, at_least=0, at_most=200, unit="frames", help="It fades in over this many frames.")


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
