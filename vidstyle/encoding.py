"""What a user asks of the encoder, as data; `video/` knows how to do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from vidstyle.errors import UsageError

Copy: TypeAlias = Literal["copy", "none"]
Depth: TypeAlias = Literal["auto", 8, 10, 16]


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How the output is written; everything may be left open."""

    codec: str | None = None
    """A named encoding, or one of libav's encoders; None lets the output's name and the input decide."""
    crf: float | None = None
    """Constant quality, lower is better; None is the codec's own default."""
    pix_fmt: str | None = None
    """libav's name; None lets the input's bit depth decide."""
    options: tuple[tuple[str, str], ...] = ()
    """Further encoder options, name and value."""
    bit_depth: Depth = "auto"
    """Bits per sample; ``auto`` is never less than the input's where the codec can."""
    audio: Copy = "copy"
    subs: Copy = "copy"
    metadata: Copy = "copy"
    """Tags, chapters and attachments."""

    def __post_init__(self) -> None:
        for name, known in (("audio", Copy), ("subs", Copy), ("metadata", Copy), ("bit_depth", Depth)):
            value, choices = getattr(self, name), get_args(known)
            if value not in choices:
                raise UsageError(f"{name}: {value!r} is none of the choices; known: {', '.join(map(str, choices))}")
