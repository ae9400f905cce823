"""Limits that a user sets on figures, and the frames that a figure condemns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median

from vidstyle.errors import LimitError
from vidstyle.measuring.figures import Clip, FrameFigures, Measurement
from vidstyle.plots import Value

_STANDS_OUT = 2.0
"""Times the clip's median error at which a frame is worth a look, where the user set no limit; in stylized bunny_cut,
which is even, it names none."""

SHORT = {"warp": "warp_k1"}
"""What figures may be called for short in a limit."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The most, or the least, that a figure may be."""

    name: str
    bound: float
    is_most: bool = True
    """Whether `bound` is the most; else it is the least."""

    def broken_by(self, value: float) -> bool:
        """Whether a value is beyond the limit.

        >>> Limit("warp_k1", 0.05).broken_by(0.06), Limit("sharpness", 0.97, is_most=False).broken_by(0.98)
        (True, False)
        """
        return value > self.bound if self.is_most else value < self.bound

    def verdict(self, value: Value) -> str:
        """What to say of a value that is beyond the limit, whatever its sign, or not known; nothing of one within.

        >>> Limit("drift_luma", 0.05).verdict(-0.06)
        'drift_luma is -0.06, above 0.05'
        """
        if value is None:
            return f"{self.name} could not be measured"
        beyond = f"{self.name} is {value:.4g}, {'above' if self.is_most else 'below'} {self.bound:g}"
        return beyond if self.broken_by(abs(value)) else ""

    def text(self) -> str:
        """The values that break it.

        >>> Limit("warp_k1", 0.05).text()
        'warp_k1 above 0.05'
        """
        return f"{self.name} {'above' if self.is_most else 'below'} {self.bound:.4g}"


def broken_limits(measurement: Measurement, limits: Iterable[Limit]) -> Iterator[str]:
    """What to say of every limit that the clip as a whole breaks, or that could not be checked."""
    verdicts = (limit.verdict(measurement.totals.get(limit.name)) for limit in limits)
    yield from (verdict for verdict in verdicts if verdict)


def check_limits(measurement: Measurement, limits: Iterable[Limit]) -> None:
    """`LimitError` that says what `broken_limits` says, if anything."""
    complaints = "; ".join(broken_limits(measurement, limits))
    if complaints:
        raise LimitError(f"{measurement.names[Clip.STYLED]}: {complaints}")


def rules_for_frames(measurement: Measurement, limits: Iterable[Limit]) -> list[Limit]:
    """The limits on what single frames have. Without any, frames must not stand out of the clip by their error."""
    known = {name for frame in measurement.frames for name in frame.as_record()}
    apply = [limit for limit in limits if limit.name in known]
    return apply or _no_outliers(measurement.frames)


def frames_to_redo(measurement: Measurement, limits: Iterable[Limit]) -> tuple[int, ...]:
    """Numbers of the frames that break one of `rules_for_frames` by themselves."""
    rules = rules_for_frames(measurement, limits)
    records = (frame.as_record() for frame in measurement.frames)
    return tuple(record["number"] for record in records if any(_breaks(record.get(r.name), r) for r in rules))


def _breaks(value: Value, rule: Limit) -> bool:
    return value is not None and rule.broken_by(abs(value))


def _no_outliers(frames: Iterable[FrameFigures]) -> list[Limit]:
    errors = [error for frame in frames if (error := frame.value(Clip.STYLED, "warp_k1")) is not None]
    return [Limit("warp_k1", _STANDS_OUT * median(errors))] if errors else []
