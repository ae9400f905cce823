"""``vidstyle texture``: a swatch grown to any size."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vidstyle.cli.parser import whole
from vidstyle.cli.text import complain, say_json, titled
from vidstyle.errors import InputError, UsageError

if TYPE_CHECKING:
    from vidstyle.types import Image

METHODS = ("quilting", "pixels")
"""How a texture is made; the first is the default."""

LEAST_PATCH = 8
"""Pixels of a patch that nobody chose: less holds no part of a texture."""

WINDOW = 11
"""Pixels of a window that nobody chose: Efros and Leung show 5 to 23."""

OVERLAP = 3
"""Overlaps that a patch would hold where nobody chose one. Unlike the paper's six: seams of brush strokes and bricks
wander more, and no longer end in straight edges (by eye)."""

MOST_PIXELS = 100_000_000
"""Of a texture: beyond, a size is more likely a slip than a wish."""


def size(text: str) -> tuple[int, int]:
    """The type of a flag that takes width and height, as height and width.

    >>> size("640x480")
    (480, 640)
    """
    found = re.fullmatch(r"([1-9][0-9]{0,6})x([1-9][0-9]{0,6})", text)
    if found is None:
        raise ArgumentTypeError(f"expected WIDTHxHEIGHT, such as 1024x1024, got {text!r}")
    width, height = (int(number) for number in found.groups())
    if width * height > MOST_PIXELS:
        raise ArgumentTypeError(f"expected at most {MOST_PIXELS} pixels, got {text}")
    return height, width


def add_arguments(parser: ArgumentParser) -> None:
    """Add what makes a texture."""
    parser.add_argument("style", metavar="STYLE", help="the swatch, a picture")
    group = parser.add_argument_group("texture")
    group.add_argument("-o", "--output", metavar="OUT", required=True, help="a picture; png keeps every color exact")
    group.add_argument("-y", "--overwrite", action="store_true", help="replace what exists")
    group.add_argument("--size", type=size, metavar="WxH", required=True, help="width and height in pixels")
    text = "quilting lays patches, in seconds; pixels grows it pixel by pixel, in minutes to hours (default quilting)"
    group.add_argument("--method", choices=METHODS, help=text)
    text = (
        f"side of a patch, or of the window that decides a pixel: as large as the largest thing that repeats "
        f"(default: a quarter of the swatch, at least {LEAST_PATCH}; by pixels {WINDOW})"
    )
    group.add_argument("--patch", type=whole(2), metavar="N", help=text)
    group.add_argument("--overlap", type=whole(1), metavar="N", help="of patches, in pixels (default: a third of one)")
    text = "start of all random numbers: another seed, another texture (default 0)"
    group.add_argument("--seed", type=whole(0), metavar="N", help=text)
    group.add_argument("-d", "--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps (default auto)")
    group.add_argument("--threads", type=whole(0), metavar="N", help="processor threads (default 0: as many as useful)")


def run(arguments: Namespace) -> int:
    """Read the swatch, grow it, write it."""
    from vidstyle.device import choose_device, set_threads
    from vidstyle.video.outputs import require_free
    from vidstyle.video.stills import bit_depths, read_picture_and_depth, write_picture

    given = vars(arguments)
    target = Path(arguments.output)
    depths = bit_depths(target.suffix.lower())
    require_free(target, overwrite="overwrite" in given, inputs=(Path(arguments.style),))
    swatch, depth = read_picture_and_depth(arguments.style)
    set_threads(given.get("threads", 0))
    try:
        grown = grow(swatch.to(choose_device(given.get("device", "auto"))), arguments)
    except InputError as error:
        raise InputError(f"{arguments.style}: {error}") from None
    write_picture(target, grown, bit_depth=depth if depth in depths else max(depths))
    height, width = arguments.size
    if "json" in given:
        say_json(titled("grown", {"output": str(target), "size": [width, height]}))
    elif "quiet" not in given:
        complain(f"wrote {target}: {width}x{height}")
    return 0


def grow(swatch: Image, arguments: Namespace) -> Image:
    """The texture that the arguments ask for; `UsageError` where they do not go together."""
    from vidstyle.ops.pixel_growth import GrownTexture, grow_texture
    from vidstyle.ops.quilting import QuiltedTexture, quilt_texture

    given = vars(arguments)
    seed = given.get("seed", 0)
    if given.get("method", METHODS[0]) == "pixels":
        window = given.get("patch", WINDOW)
        if window % 2 == 0:
            raise UsageError(f"--patch {window}: a window has a middle pixel; take {window - 1} or {window + 1}")
        if "overlap" in given:
            raise UsageError("--overlap: only patches overlap; leave it out with --method pixels")
        return grow_texture(swatch, arguments.size, GrownTexture(window=window, seed=seed))
    patch = given.get("patch", max(LEAST_PATCH, min(swatch.shape[1:]) // 4))
    overlap = given.get("overlap", max(1, patch // OVERLAP))
    if 2 * overlap > patch:
        raise UsageError(f"--overlap {overlap}: at most half of a patch of {patch} px")
    return quilt_texture(swatch, arguments.size, QuiltedTexture(patch=patch, overlap=overlap, seed=seed))
