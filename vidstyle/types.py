"""The nouns of vidstyle and what each promises. Read this file first.

=========  ==========================================================================================
word       promise
=========  ==========================================================================================
image      float32 tensor ``(3, H, W)``, RGB, ``[0, 1]``, display-encoded as in the file, on the run's device
flow       float32 tensor ``(2, H, W)``: ``(dx, dy)`` in pixels of its own grid, x right, y down;
           ``flow(a, b)`` says ``a(x) ~ b(x + flow(x))``
mask,      float32 tensor ``(1, H, W)``, ``[0, 1]``, 1 = use
trust
labels     uint8 tensor ``(1, H, W)``: the number of the region that a pixel belongs to, from 0
time       ``pts * time_base`` seconds, an exact fraction
index      a frame's absolute number in its source, from 0, in presentation order
shot       the frames between two cuts: the unit of temporal memory
=========  ==========================================================================================

A batch dimension appears only inside networks; BGR and ``[0, 255]`` only inside ``video/`` and ``flow/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

    from vidstyle.timeline import Timeline, Values

Image: TypeAlias = "Tensor"
Flow: TypeAlias = "Tensor"
Mask: TypeAlias = "Tensor"
Labels: TypeAlias = "Tensor"


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture with its place in time."""

    index: int
    """Absolute number in the source, from 0; never relative to where a run started."""
    pts: int
    """Presentation timestamp, in units of `time_base`."""
    time_base: Fraction
    """Seconds per unit of `pts`."""
    image: Image

    @property
    def time(self) -> Fraction:
        """Exact presentation time in seconds."""
        return self.pts * self.time_base

    def __repr__(self) -> str:
        return f"Frame(index={self.index}, time={float(self.time):.3f}s, image={tuple(self.image.shape)})"


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """How a frame relates to the one before it; of smaller frames where no stage of the run uses motion."""

    to_previous: Flow
    """Flow from this frame to the previous one: ``warp(previous, to_previous)`` resembles this frame."""
    trust: Mask
    """1 where the warped previous frame may be used."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A frame and the motion that led to it; what stylizers consume."""

    frame: Frame
    motion: Motion | None
    """None opens a shot."""
    shot: int
    """Counts shots within one run; equal numbers share temporal memory, nothing else follows from it."""
    earlier: Mapping[int, Motion] = field(default_factory=dict)
    """For a method that asks for it, by how many frames back, 2 or more: the motion to that frame in place of the one
    before, searched over the whole distance. Only frames of this shot and this run are there: a method counts what it
    looks at in its own `Reach`."""


@dataclass(frozen=True, slots=True, eq=False)
class StyledStep:
    """A step with its painted image; what stabilizers consume."""

    step: Step
    image: Image


@dataclass(frozen=True, slots=True)
class Reach:
    """How far from frame t the input may lie that output t depends on, in frames.

    The promise that makes chunks exact: a stage that starts `before` frames early and reads `after`
    frames late gives frame t the same bytes as in a run over the whole clip. Memory is bounded, and
    anchored at absolute frame indices or at cuts, never at where a run started.
    """

    before: int = 0
    after: int = 0

    def __add__(self, other: Reach) -> Reach:
        """The reach of two stages in a row."""
        return Reach(self.before + other.before, self.after + other.after)


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Parts of the frames, and the parts of the style pictures that each takes its look from."""

    count: int
    of_frame: Callable[[int], Labels]
    """Of a frame by its index; of the frame's shape, in a size of its own, on the CPU."""
    of_style: tuple[Labels, ...]
    """One per style picture; of the picture's shape, in a size of its own, on the CPU."""


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """What to paint like: pictures, how much of each, and when."""

    images: tuple[Image, ...]
    weights: tuple[float, ...]
    """One per image, not negative, summing to 1. Where a timeline has weights, they hold and not these."""
    regions: Regions | None = None
    """Where label maps tell them."""
    timeline: Timeline | None = None
    """When what holds; None where nothing changes."""

    def mixes_at(self, frame: Frame) -> tuple[tuple[Values, float], ...]:
        """The weights between which a frame lies, with their shares, which sum to 1; one where nothing changes."""
        if self.timeline is None or self.timeline.weights is None:
            return ((self.weights, 1.0),)
        return self.timeline.weights.around(self.timeline.place(frame))

    def weights_at(self, frame: Frame) -> Values:
        """One per image, not negative, summing to 1: what `weights` are at a frame."""
        if self.timeline is None or self.timeline.weights is None:
            return self.weights
        return self.timeline.weights.at(self.timeline.place(frame))

    def strength_at(self, frame: Frame) -> float:
        """What to multiply the method's strength by at a frame, 0 to 1."""
        if self.timeline is None or self.timeline.strength is None:
            return 1.0
        return self.timeline.strength.at(self.timeline.place(frame))[0]

    @property
    def always_full(self) -> bool:
        """Whether `strength_at` is 1 at every frame."""
        strength = self.timeline and self.timeline.strength
        return not strength or all(value == (1.0,) for value in strength.values)


@dataclass(frozen=True, slots=True)
class ColorTags:
    """Color description of a clip as libav names its code points (ITU-T H.273); 2 = unspecified."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool | None = None
    """None where the file does not say."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a container as its header describes it."""

    index: int
    kind: str
    """``video``, ``audio``, ``subtitle``, ``data`` or ``attachment``."""
    codec: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What is known of a clip before decoding it."""

    path: Path
    """The file; for a sequence, its first file."""
    width: int
    """Pixels as displayed, after rotation, before `pixel_aspect`."""
    height: int
    frame_rate: Fraction
    """Nominal rate; exact, 29.97 is 30000/1001."""
    time_base: Fraction
    frame_count_from_header: int | None
    """What the header claims; good for a progress bar, never for a loop."""
    bit_depth: int
    pixel_format: str
    codec: str
    container: str
    pixel_aspect: Fraction = Fraction(1)
    rotation: int = 0
    """Degrees counter-clockwise that the display matrix asks for; the source has already applied it."""
    mirrored: bool = False
    """Whether the display matrix turns the picture upside down, as in a mirror, before it rotates; applied as well."""
    color: ColorTags = ColorTags()
    streams: tuple[StreamInfo, ...] = ()
    is_sequence: bool = False
    first_number: int = 1
    """The number users call frame index 0: a sequence's own first number, 1 for a movie."""
    numbers: tuple[int, ...] = ()
    """A sequence's own frame numbers, by frame index; empty for a movie."""
    first_time: Fraction = Fraction(0)
    """Presentation time of the first frame in seconds."""
    taken: tuple[datetime | None, ...] = ()
    """When each picture of a sequence was taken by its camera's clock, as Exif tells it; empty for a movie."""

    @property
    def is_movie(self) -> bool:
        """Whether it is one stream whose header only claims how many frames there are."""
        return self.container not in ("sequence", "still")

    @property
    def is_one_picture(self) -> bool:
        """Whether it is known to hold one frame: a movie whose header claims as many may hold more."""
        return not self.is_movie and self.frame_count_from_header == 1

    def number_of(self, index: int) -> int:
        """The number that users call a frame index."""
        return self.numbers[index] if self.numbers else self.first_number + index


class FrameSource(Protocol):
    """Frames of a clip in presentation order. A context manager; iterable more than once."""

    @property
    def info(self) -> ClipInfo:
        """The clip as probed."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of the clip, `damage` included; one line each."""
        ...

    @property
    def damage(self) -> tuple[str, ...]:
        """What the latest pass met that a sound clip does not have: errors, a missing end, gaps; one line each."""
        ...

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Frame]:
        """Frames with ``start <= index < stop``; a new, independent pass over the clip at every call."""
        ...

    def most_frames(self) -> int:
        """A count that the clip's frames do not exceed, whatever its header claims."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class FlowEstimator(Protocol):
    """Dense optical flow between two images."""

    def __call__(self, source: Image, target: Image) -> Flow:
        """Flow with ``source(x) ~ target(x + flow(x))``, so ``warp(target, flow)`` resembles `source`."""
        ...


class Stylizer(Protocol):
    """Paints a shot."""

    @property
    def reach(self) -> Reach:
        """How far output t looks back and ahead."""
        ...

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One image per step, in order, of the step's size; may read ahead; never sees a cut.

        All temporal state is local to the call, so it ends with the shot.
        """
        ...


class Stabilizer(Protocol):
    """Removes flicker from a painted shot."""

    @property
    def reach(self) -> Reach:
        """How far output t looks back and ahead."""
        ...

    def stabilize(self, shot: Iterable[StyledStep]) -> Iterator[Image]:
        """One image per step, in order; the same promises as `Stylizer.stylize`."""
        ...


class FrameSink(Protocol):
    """Takes finished frames. Nothing appears under a final name until it is complete."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the output lacks of the input, one line each; complete at the end."""
        ...

    def write(self, frame: Frame) -> None:
        """Take the next frame, in presentation order."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
