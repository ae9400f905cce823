"""The option sets of the methods. No torch here: flags, cards and presets grow from them."""

from __future__ import annotations

from collections.abc import Container

from vidstyle.options import option, options

# What an option of one name says in every method that has it.
_STRENGTH = "From the content (0) to the style (1)."
_HOLD = "{what} this many frames: longer is steadier, shorter follows changes."
_ALONE = "Every so many frames one is {done} from scratch, so any range can be rendered alone."
_SEARCHED = "Larger frames have their {what} searched at this shortest side, and shown at their own."
_MOTION = "Larger frames have their motion searched at this longest side; {why}."
_FADE = "It fades in over this many frames."
_START = "What a frame starts from: the painted one before it, moved along; the others paint each frame by itself."
_OUTWEIGHS = "Power of ten by which the style outweighs the content."
_BY_ITSELF = "Optimization steps per scale, for frames painted from scratch."
_FOLLOWING = "Optimization steps for a frame that starts from the one before."
_SMOOTHNESS = "Weight of total variation: less grain, softer strokes."
_STEADINESS = "Weight of staying like the moved frame before, where trusted."
_MEMORY = (
    "How far back is looked for what was hidden a moment ago: 1, 2 or 4 frames before; "
    "with --flow-from only the one before."
)


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
        help=_MOTION.format(why="finer motion costs time"),
        unit="px",
    )


@options
class RaftOptions:
    """RAFT, torchvision's network and weights."""

    max_size: int = option(
        default=1024,
        at_least=16,
        help=_MOTION.format(why="memory grows with its fourth power"),
        unit="px",
    )
    updates: int = option(
        default=12, at_least=1, at_most=100, help="How often the flow is refined; fewer are faster, less exact."
    )


@options
class NoFlowOptions:
    """No motion: every frame lies over the one before."""


@options
class AdaINOptions:
    """Adaptive instance normalization with the painter network."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help=_HOLD.format(what="The content's statistics are a mean over"),
    )


@options
class ColorOptions:
    """Global color and tone after pictures."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
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
        help=_HOLD.format(what="The content's colors are taken over"),
    )
    regrain: bool = option(default=True, help="Keep the content's grain where idt would coarsen it; no other needs it.")


@options
class GatysOptions:
    """Optimization of the pixels against a perceptual network."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    unrealness: float = option(default=1.0, at_least=-1, at_most=3, help=_OUTWEIGHS)
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
        help=_START,
    )
    optimizer: str = option(default="lbfgs", choices=("lbfgs", "adam"), help="How the loss is minimized.")
    iterations: int = option(default=60, at_least=0, at_most=5000, unit="steps", help=_BY_ITSELF)
    follow: int = option(default=8, at_least=0, at_most=5000, unit="steps", help=_FOLLOWING)
    tolerance: float = option(
        default=0.01, at_least=0, at_most=1, help="A frame is done when five steps bring less than this share."
    )
    pooling: str = option(
        default="max", choices=("max", "average"), help="How the network pools: average is smoother, max is crisper."
    )
    smoothness: float = option(default=1.0, at_least=0, at_most=1000, help=_SMOOTHNESS)
    steadiness: float = option(default=50.0, at_least=0, at_most=1e6, help=_STEADINESS)
    memory: int = option(default=4, at_least=1, at_most=4, unit="frames", help=_MEMORY)
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help=_ALONE.format(done="painted"),
    )
    fade: int = option(default=16, at_least=0, at_most=200, unit="frames", help=_FADE)


@options
class MrfOptions:
    """Optimization of the pixels towards the style's best fitting patches."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    unrealness: float = option(default=0.25, at_least=-1, at_most=3, help=_OUTWEIGHS)
    start: str = option(
        default="previous",
        choices=("previous", "content", "noise"),
        help=_START,
    )
    iterations: int = option(default=40, at_least=0, at_most=5000, unit="steps", help=_BY_ITSELF)
    follow: int = option(default=8, at_least=0, at_most=5000, unit="steps", help=_FOLLOWING)
    rotations: int = option(
        default=0, at_least=0, at_most=3, unit="steps of 7.5 degrees", help="Also search the style turned, either way."
    )
    scales: int = option(
        default=0, at_least=0, at_most=3, unit="steps of 5 percent", help="Also search the style grown and shrunk."
    )
    smoothness: float = option(default=5.0, at_least=0, at_most=1000, help=_SMOOTHNESS)
    steadiness: float = option(default=50.0, at_least=0, at_most=1e6, help=_STEADINESS)
    memory: int = option(default=4, at_least=1, at_most=4, unit="frames", help=_MEMORY)
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help=_ALONE.format(done="painted"),
    )
    fade: int = option(default=16, at_least=0, at_most=200, unit="frames", help=_FADE)


def distances_back(options: GatysOptions | MrfOptions) -> tuple[int, ...]:
    """Over how many frames motion is to be searched, beside that to the frame before: Ruder et al. (2016), eq. 9.

    >>> distances_back(GatysOptions(memory=4)), distances_back(GatysOptions(start="noise"))
    ((2, 4), ())
    """
    return tuple(back for back in (2, 4) if back <= options.memory and options.start == "previous")


@options
class FastOptions:
    """A network of one style's own, with instance normalization."""

    network: str = option(
        default="starry",
        choices=("starry", "sunset_oil", "ink", "own"),
        help='A shipped network, or "own" for the imported one; --weights fast=FILE overrides this.',
    )
    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help=_HOLD.format(what="The content's statistics are a mean over"),
    )


def fast_weights(options: FastOptions, own: Container[str]) -> str:
    """The name of the weights that ``fast`` paints with; `own` are those that the user brings.

    >>> fast_weights(FastOptions(network="ink"), ()), fast_weights(FastOptions(), ("fast",))
    ('fast_ink', 'fast')
    """
    return "fast" if "fast" in own or options.network == "own" else f"fast_{options.network}"


@options
class SANetOptions:
    """Style attention on features of the slim encoder."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    hold: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help=_HOLD.format(what="The content's statistics are a mean over"),
    )
    attention: str = option(
        default="cosine",
        choices=("cosine", "softmax"),
        help="Must match the weights' training: cosine for the shipped ones. Ignored for imported networks.",
    )


@options
class PhotoOptions:
    """Light and colors of photographs, region by region."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    regions: int = option(
        default=6,
        at_least=1,
        at_most=32,
        help="How many regions are looked for where no label maps tell them; 1 moves all colors alike.",
    )
    iterations: int = option(
        default=8,
        at_least=0,
        at_most=1000,
        unit="steps",
        help="Steps of the search for the style's contrast after colors are matched; 0 leaves the matched colors.",
    )
    size: int = option(
        default=256, at_least=16, at_most=4096, unit="px", help="Longest side at which key frames are solved."
    )
    interval: int = option(
        default=24,
        at_least=1,
        at_most=500,
        unit="frames",
        help="A key frame is solved this often; shorter follows changes faster, and takes longer.",
    )


@options
class QuiltOptions:
    """Texture transfer by quilting."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
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
        help=_SEARCHED.format(what="patches"),
    )
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help=_ALONE.format(done="laid"),
    )
    fade: int = option(default=12, at_least=0, at_most=200, unit="frames", help=_FADE)


@options
class AnalogyOptions:
    """Deep image analogy."""

    strength: float = option(default=1.0, at_least=0, at_most=1, help=_STRENGTH)
    keep: str = option(
        default="some",
        choices=("little", "some", "much"),
        help="How much of the content's structure is kept against the style's.",
    )
    detail: str = option(
        default="style",
        choices=("style", "content"),
        help="Whose fine detail shows: content gives a photo the colors of another, and leaves it sharp.",
    )
    iterations: int = option(
        default=0,
        at_least=0,
        at_most=1000,
        unit="steps",
        help="Steps of the reconstruction between layers, as published; at 0 features come from the style directly.",
    )
    size: int = option(
        default=288,
        at_least=32,
        at_most=4096,
        unit="px",
        help=_SEARCHED.format(what="places"),
    )
    interval: int = option(
        default=48,
        at_least=8,
        at_most=1000,
        unit="frames",
        help=_ALONE.format(done="matched"),
    )
    fade: int = option(default=12, at_least=0, at_most=200, unit="frames", help=_FADE)


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
        help="Sharpness to hold, as a share of the painted frames' own; 0 leaves what the mean leaves.",
    )
    boil: float = option(
        default=0.0,
        at_least=0,
        at_most=1,
        help="From paint that sticks to things (0) to paint that is renewed at every beat (1), as if drawn by hand.",
    )
    boil_every: int = option(
        default=3,
        at_least=1,
        at_most=100,
        help="The beat of the boil: paint is renewed at frames whose index is a multiple of it.",
        unit="frames",
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
        default=12,
        at_least=1,
        at_most=200,
        help="A new memory fades in over this many frames.",
        unit="frames",
    )
