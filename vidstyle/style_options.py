"""The options that hold for style pictures whatever paints after them."""

from __future__ import annotations

from vidstyle.options import option, options
from vidstyle.timeline import EASES


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
    ease: str = option(
        default="linear",
        choices=tuple(EASES),
        help="How a style that changes over time goes from key to key: evenly, from rest to rest, or at once.",
    )
