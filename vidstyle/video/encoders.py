"""Named encodings as data, and which one an output gets."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from av.codec import Codec, CodecContext
from av.codec.codec import UnknownCodecError

from vidstyle.encoding import EncodeSettings
from vidstyle.errors import UsageError, suggestion
from vidstyle.types import ClipInfo, ColorTags
from vidstyle.video.color import PICTURE_TAGS, RGB, UNSPECIFIED, guessed_matrix, stored_size
from vidstyle.video.layout import bit_depth_of, layout_of
from vidstyle.video.pixels import is_writable


@dataclass(frozen=True, slots=True)
class CodecInfo:
    """One named encoding."""

    encoder: str
    pixel_formats: dict[int, str]
    """By bit depth."""
    crf: float | None = None
    """None: the encoder has no such control."""
    options: dict[str, str] = field(default_factory=dict)
    keeps_format: bool = False
    """Whether the input's own pixel format is used where the encoder takes it."""
    limited_range_only: bool = False


CODECS: dict[str, CodecInfo] = {
    "h264": CodecInfo("libx264", {8: "yuv420p", 10: "yuv420p10le"}, crf=18, options={"preset": "medium"}),
    "hevc": CodecInfo(
        "libx265",
        {8: "yuv420p", 10: "yuv420p10le", 12: "yuv420p12le"},
        crf=20,
        options={"preset": "medium"},
    ),
    "hevc10": CodecInfo(
        "libx265",
        {10: "yuv420p10le", 12: "yuv420p12le"},
        crf=20,
        options={"preset": "medium"},
    ),
    "av1": CodecInfo("libsvtav1", {8: "yuv420p", 10: "yuv420p10le"}, crf=28, options={"preset": "6"}),
    "vp9": CodecInfo("libvpx-vp9", {8: "yuv420p"}, crf=28, options={"b": "0", "row-mt": "1"}),
    "prores": CodecInfo("prores_ks", {10: "yuv422p10le"}, options={"profile": "hq"}, limited_range_only=True),
    "ffv1": CodecInfo(
        "ffv1",
        {8: "yuv420p", 10: "yuv422p10le", 12: "yuv422p12le", 16: "gbrp16le"},
        options={"level": "3", "g": "1", "slicecrc": "1"},
        keeps_format=True,
    ),
}

_OTHER_NAMES = {"avc": "h264", "x264": "h264", "h265": "hevc", "x265": "hevc"}
"""What people also call a codec; the nearest word to h265 would be h264."""

CONTAINERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".ts": "mpegts",
}
"""libav's muxer by the output's extension."""

_SAME_CODES = {"rgb24": "bgr0", "gbrp": "bgr0", "bgr24": "bgr0", "rgb48le": "gbrp16le", "rgb48be": "gbrp16le"}
"""Formats of lossless codecs that hold another format's codes unchanged."""

_ALWAYS = {
    # Without it, x264's rate control differs from run to run (measured: five runs, five files).
    "libx264": ("x264-params", "cpu-independent=1"),
    # Without it, x265 prints its settings on stderr.
    "libx265": ("x265-params", "log-level=error"),
}
"""Parameters that every encode gets, before the user's own."""

LARGE = 1920 * 1080
"""Pixels of a frame above which x264 and x265 take a `LARGE_PRESET`, and look ahead less far: each frame looked at is
held. x264 at 4K takes half of ``medium``'s time (410 and 197 ms of a processor), its bytes by 4 % more, and 0.7 GB
instead of 1.5; of ``fast``'s it takes two thirds, for 0.2 to 0.6 dB at the same size (measured on a room and a dog)."""
LARGE_PRESET = {"libx264": "faster", "libx265": "fast"}
LOOKAHEAD = {"libx264": 24, "libx265": 15}
"""Frames that are looked ahead up to that size. At 4K, 6 instead of 30 cost x264 0.03 dB (24 frames of a room)."""
_LARGE_PARAMETERS = {"libx264": ":sync-lookahead=0"}
"""Beside the look-ahead: x264 would hold some four frames more for the thread that looks (0.1 GB at 4K, and no time
gained)."""
LEAST_LOOKAHEAD = 6

_NEEDS_EVEN = {"libx264", "libx265", "h264_nvenc", "hevc_nvenc"}


@dataclass(frozen=True, slots=True)
class EncodePlan:
    """Everything decided about how a movie gets encoded."""

    encoder: str
    pixel_format: str
    container: str
    options: dict[str, str]
    color: ColorTags
    """Tags of the output; the input's, except where the codec cannot carry them."""
    settings: EncodeSettings
    warnings: tuple[str, ...] = ()


def resolve_settings(
    settings: EncodeSettings, output: str | Path, like: ClipInfo, *, size: tuple[int, int] | None = None
) -> EncodePlan:
    """How `output`, a movie or ``-``, gets encoded for a clip like `like`.

    `size` is the output's width and height where it differs from the clip's. `UsageError` where a name,
    pixel format or option is not acceptable; nothing is written.
    """
    container = container_of(output)
    name = settings.codec or default_codec(container, like)
    codec = _codec_named(name)
    width, height = size or (like.width, like.height)
    pixel_format, warnings = _pixel_format(codec, settings, like, odd=(width % 2 == 1, height % 2 == 1))
    return EncodePlan(
        encoder=codec.encoder,
        pixel_format=pixel_format,
        container=container,
        options=_options(name, codec, settings, frames_ahead=lookahead(codec.encoder, width * height)),
        color=_still_read_alike(_output_tags(codec, pixel_format, like), like, (width, height)),
        settings=settings,
        warnings=warnings,
    )


def container_of(output: str | Path) -> str:
    """libav's muxer for an output name; ``-`` is Matroska, the one that needs no seeking."""
    if str(output) == "-":
        return "matroska"
    suffix = Path(output).suffix.lower()
    if suffix not in CONTAINERS:
        raise UsageError(
            f"output {str(output)!r}: extension {suffix!r} is no movie's; {suggestion(suffix, CONTAINERS)}"
        )
    return CONTAINERS[suffix]


def default_codec(container: str, like: ClipInfo) -> str:
    """The codec's name a container gets where the user names none."""
    if container == "webm":
        return "vp9" if like.bit_depth == 8 else "av1"
    if container == "mov" and like.codec == "prores":
        return "prores"
    if like.codec == "hevc":
        return "hevc10" if like.bit_depth >= 10 else "hevc"
    return "h264"


def _codec_named(name: str) -> CodecInfo:
    name = _OTHER_NAMES.get(name, name)
    if name in CODECS:
        return CODECS[name]
    try:
        codec = Codec(name, "w")
    except UnknownCodecError:
        raise UsageError(f"codec {name!r} is unknown; {suggestion(name, CODECS)}") from None
    if codec.type != "video":
        raise UsageError(f"codec {name!r} encodes {codec.type}, not video; {suggestion(name, CODECS)}")
    formats = [each.name for each in codec.video_formats or [] if is_writable(each.name)]
    by_depth: dict[int, str] = {}
    for each in formats:
        by_depth.setdefault(bit_depth_of(each), each)
    if not by_depth:
        raise UsageError(f"codec {name!r} takes no pixel format that vidstyle writes; {suggestion(name, CODECS)}")
    return CodecInfo(name, by_depth)


def _pixel_format(
    codec: CodecInfo, settings: EncodeSettings, like: ClipInfo, *, odd: tuple[bool, bool]
) -> tuple[str, tuple[str, ...]]:
    taken = [each.name for each in Codec(codec.encoder, "w").video_formats or []]
    if settings.pix_fmt is not None:
        return _named_pixel_format(settings.pix_fmt, codec, taken, odd=odd), ()
    if codec.keeps_format and settings.bit_depth == "auto":
        kept = _SAME_CODES.get(like.pixel_format, like.pixel_format.replace("yuvj", "yuv"))
        if kept in taken and is_writable(kept):
            return kept, ()
    chosen, warnings = _by_depth(codec, settings, like)
    if codec.encoder in _NEEDS_EVEN and _splits(chosen, odd):
        fuller = chosen.replace("420", "444")
        return fuller, (*warnings, f"odd size: encoded as {fuller}, because {codec.encoder} cannot halve its color")
    return chosen, warnings


def _named_pixel_format(name: str, codec: CodecInfo, taken: list[str], *, odd: tuple[bool, bool]) -> str:
    usable = [each for each in taken if is_writable(each)]
    if name not in usable:
        raise UsageError(f"pixel format {name!r} does not go with {codec.encoder}; {suggestion(name, usable)}")
    if codec.encoder in _NEEDS_EVEN and _splits(name, odd):
        raise UsageError(f"pixel format {name!r} needs even sizes with {codec.encoder}; name a yuv444p one, or none")
    return name


def _splits(pixel_format: str, odd: tuple[bool, bool]) -> bool:
    layout = layout_of(pixel_format)
    return layout is not None and ((layout.half_columns and odd[0]) or (layout.half_lines and odd[1]))


def _by_depth(codec: CodecInfo, settings: EncodeSettings, like: ClipInfo) -> tuple[str, tuple[str, ...]]:
    """The least depth the codec has that is not below the wanted one, or its deepest, with a warning."""
    wanted = _wanted_depth(settings, like)
    enough = [depth for depth in sorted(codec.pixel_formats) if depth >= wanted]
    if enough:
        return codec.pixel_formats[enough[0]], ()
    deepest = max(codec.pixel_formats)
    if settings.bit_depth != "auto":
        raise UsageError(f"{codec.encoder} takes no {settings.bit_depth} bits per sample; {deepest} is its most")
    if like.codec in STILL_CODECS and deepest >= 8:
        # Pictures of 16 bits are mastered so, a movie of them is a delivery.
        return codec.pixel_formats[deepest], ()
    return codec.pixel_formats[deepest], (f"the input has {wanted} bits per sample, {codec.encoder} keeps {deepest}",)


STILL_CODECS = frozenset({"png", "tiff", "jpg", "webp", "bmp"})
"""What `ClipInfo.codec` says of pictures."""


def _wanted_depth(settings: EncodeSettings, like: ClipInfo) -> int:
    return like.bit_depth if settings.bit_depth == "auto" else settings.bit_depth


def lookahead(encoder: str, pixels: int) -> int | None:
    """How many large frames of so many pixels an encoder looks ahead; None where it is left to itself.

    >>> [lookahead("libx264", width * height) for width, height in ((1920, 1080), (2560, 1440), (3840, 2160))]
    [None, 13, 6]
    """
    most = LOOKAHEAD.get(encoder)
    if most is None or pixels <= LARGE:
        return None
    return max(LEAST_LOOKAHEAD, most * LARGE // pixels)


def _options(name: str, codec: CodecInfo, settings: EncodeSettings, *, frames_ahead: int | None) -> dict[str, str]:
    options = dict(codec.options)
    known = _option_names(codec.encoder)
    crf = settings.crf if settings.crf is not None else codec.crf
    if crf is not None:
        if "crf" not in known:
            raise UsageError(f"codec {name!r} has no crf; set its quality with encoder options")
        options["crf"] = f"{crf:g}"
    for key, value in settings.options:
        if key not in known:
            raise UsageError(f"encoder option {key!r} is unknown to {codec.encoder}; {suggestion(key, known)}")
        options[key] = value
    if codec.encoder in _ALWAYS:
        key, value = _ALWAYS[codec.encoder]
        if frames_ahead is not None and "preset" not in dict(settings.options):
            options["preset"] = LARGE_PRESET[codec.encoder]
            value = f"{value}:rc-lookahead={frames_ahead}{_LARGE_PARAMETERS.get(codec.encoder, '')}"
        options[key] = f"{value}:{options[key]}" if key in options else value
    return options


def _option_names(encoder: str) -> set[str]:
    options = CodecContext.create(encoder, "w").supported_options
    return {option.name for option in (*options.generic, *options.private)}


def _output_tags(codec: CodecInfo, pixel_format: str, like: ClipInfo) -> ColorTags:
    tags = like.color
    if _is_rgb(pixel_format):
        return tags if _is_rgb(like.pixel_format) else ColorTags(tags.primaries, tags.transfer, RGB, full_range=True)
    if like.codec in STILL_CODECS or tags.matrix == RGB or _is_rgb(like.pixel_format):
        tags = PICTURE_TAGS
    if pixel_format.startswith("yuvj"):
        return ColorTags(tags.primaries, tags.transfer, tags.matrix, full_range=True)
    if codec.limited_range_only and (tags.full_range or like.pixel_format.startswith("yuvj")):
        return ColorTags(tags.primaries, tags.transfer, tags.matrix, full_range=False)
    if like.pixel_format.startswith("yuvj"):
        return ColorTags(tags.primaries, tags.transfer, tags.matrix, full_range=True)
    return tags


def _still_read_alike(tags: ColorTags, like: ClipInfo, size: tuple[int, int]) -> ColorTags:
    """The tags, with the matrix named where players would guess another one at the output's size."""
    meant = guessed_matrix(*stored_size(like))
    if tags.matrix == UNSPECIFIED and guessed_matrix(*size) != meant:
        return replace(tags, matrix=meant)
    return tags


def _is_rgb(pixel_format: str) -> bool:
    layout = layout_of(pixel_format)
    return layout.family == "gbr" if layout is not None else bool(re.match("rgb|bgr|0rgb|0bgr|argb|abgr", pixel_format))
