"""Sound, subtitles, chapters and tags, copied packet by packet beside the repainted frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.bitstream import BitStreamFilterContext
from av.container import OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.video.stream import VideoStream

from vidstyle.encoding import EncodeSettings
from vidstyle.video.libav import is_cover, open_container, video_stream
from vidstyle.video.text import shown

_WRITERS_OWN_TAGS = {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_time", "duration"}
"""Tags that describe the file they were in, not the clip."""


_ONE_HEADER = {"mp4", "mov"}
"""Containers that tell how AAC is coded once, for a whole track."""

_UNLISTED = {"mpegts": {"aac", "ac3", "eac3", "mp2", "mp3", "opus"}}
"""Codecs that a container takes although libav cannot tell so beforehand."""


_JUMP = Fraction(1)
"""Seconds by which sound that jumps back was recorded anew, not jittering."""


class _Track:
    """A stream on its way into its place in the output, its times made to grow."""

    def __init__(self, source: Stream, target: Stream, *, framing: BitStreamFilterContext | None) -> None:
        self.target = target
        self.jumps = 0
        self._framing = framing
        self._grows = source.type == "audio"
        self._last: int | None = None
        self._end = 0
        self._ahead = 0

    def continued(self, packet: Packet[Stream]) -> Packet[Stream]:
        """The packet itself, after the one before it: joined and interrupted recordings start their times anew."""
        if not self._grows or packet.dts is None:
            return packet
        self._move(packet, self._ahead)
        behind = 0 if self._last is None else self._last - packet.dts
        if behind * Fraction(packet.time_base) > _JUMP:
            self.jumps += 1
            self._ahead += self._end - packet.dts
            self._move(packet, self._end - packet.dts)
        elif self._last is not None and behind >= 0:
            self._move(packet, behind + 1)
        self._last, self._end = packet.dts, packet.dts + (packet.duration or 1)
        return packet

    def framed(self, packet: Packet[Stream]) -> list[Packet[Stream]]:
        """The packet as its container wants it."""
        packets = [packet] if self._framing is None else self._framing.filter(packet)
        for each in packets:
            each.stream = self.target
        return packets

    @staticmethod
    def _move(packet: Packet[Stream], ticks: int) -> None:
        packet.pts = None if packet.pts is None else packet.pts + ticks
        packet.dts = None if packet.dts is None else packet.dts + ticks


class Companions:
    """The other streams of an input, on their way into an output.

    Every time stays as it is, unless `start_at` moves the beginning.
    """

    def __init__(self, path: Path, output: OutputContainer, settings: EncodeSettings) -> None:
        self._path = path
        self._output = output
        self._settings = settings
        self._input = open_container(path)
        self._tracks: dict[int, _Track] = {}
        self._dropped: list[str] = []
        self._held: Packet[Stream] | None = None
        self._shift: Fraction | None = None
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._errors = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Streams that did not come along, and those whose times jump back; one line each."""
        jumping = (
            f"{shown(self._path)}: stream {index} jumps back in time; what comes after follows on what came before"
            for index, track in self._tracks.items()
            if track.jumps
        )
        return (*self._dropped, *jumping)

    def add_streams(self, video: Any) -> None:
        """Add the streams that fit the container, after `video`, and copy tags; before any packet is written."""
        source = video_stream(self._input, self._path)
        for stream in self._input.streams:
            if stream.index != source.index:
                self._add(stream)
        if self._settings.metadata == "copy":
            self._output.metadata.update(self._clip_tags(self._input.metadata))
            video.metadata.update(self._clip_tags(source.metadata))
        wanted = [stream for stream in self._input.streams if stream.index in self._tracks]
        if wanted:
            self._packets = self._input.demux(*wanted)

    def add_chapters(self, seconds: Fraction | None) -> None:
        """Copy chapters: all, or those of the `seconds` of a span."""
        if self._settings.metadata == "none":
            return
        chapters = self._input.chapters()
        if self._shift is not None and seconds is not None:
            span = (self._shift, self._shift + seconds)
            chapters = [cut for chapter in chapters if (cut := _cut_chapter(chapter, span)) is not None]
        if chapters:
            self._output.set_chapters(chapters)

    def start_at(self, shift: Fraction) -> None:
        """Count times from `shift` seconds on, and leave out what lies before; called before `add_streams`."""
        self._shift = shift

    def copy_until(self, time: Fraction | None) -> None:
        """Write the packets that start before `time`, in seconds of the output; None writes the rest."""
        for packet in self._pending():
            start = _start(packet) - (self._shift or 0)
            if time is not None and start >= time:
                self._held = packet
                return
            if start >= 0 or self._shift is None or _cut_before(packet, self._shift):
                self._write(packet)

    def close(self) -> None:
        """Close the input."""
        self._input.close()

    def _add(self, stream: Stream) -> None:
        if isinstance(stream, AttachmentStream):
            self._add_attachment(stream)
            return
        if not self._is_wanted(stream.type):
            return
        if stream.codec_context is None or stream.type not in ("audio", "subtitle") or not self._fits(stream):
            self._drop(stream)
            return
        target = self._output.add_stream_from_template(stream)
        target.disposition = stream.disposition
        # Languages and titles of tracks belong to the tracks, so they come along whatever `metadata` says.
        target.metadata.update(_own_tags(stream.metadata))
        self._tracks[stream.index] = _Track(stream, target, framing=self._framing(stream))

    def _framing(self, source: Stream) -> BitStreamFilterContext | None:
        """What turns AAC as broadcast, every packet with a header of its own, into AAC as mp4 and mov have it."""
        is_broadcast = source.codec_context.name == "aac" and not source.codec_context.extradata
        if not is_broadcast or self._output.format.name not in _ONE_HEADER:
            return None
        return BitStreamFilterContext("aac_adtstoasc", source)

    def _clip_tags(self, tags: dict[str, str]) -> dict[str, str]:
        """Tags that hold for what is written; a span does not begin at the clip's timecode."""
        stale = {"timecode"} if self._shift is not None else set()
        return {key: value for key, value in _own_tags(tags).items() if key not in stale}

    def _is_wanted(self, kind: str) -> bool:
        choice = {"audio": self._settings.audio, "subtitle": self._settings.subs}
        return choice.get(kind, self._settings.metadata) == "copy"

    def _fits(self, stream: Stream) -> bool:
        # PyAV reports 'srt' where containers list 'subrip'.
        codec = stream.codec_context.codec
        names = {{"srt": "subrip"}.get(codec.name, codec.name), codec.canonical_name}
        return bool(names & (self._output.supported_codecs | _UNLISTED.get(self._output.format.name, set())))

    def _drop(self, stream: Stream) -> None:
        if stream.type == "data" and (self._input.chapters() or "timecode" in stream.metadata):
            # The track that spells out chapters or timecode; both are written anew.
            return
        if isinstance(stream, VideoStream):
            kind = "cover picture" if is_cover(stream) else "second picture"
            self._dropped.append(f"{shown(self._path)}: stream {stream.index}, a {kind}, is left out")
            return
        codec = stream.codec_context.name if stream.codec_context is not None else "data"
        self._dropped.append(
            f"{shown(self._path)}: stream {stream.index} ({stream.type}, {codec}) does not fit "
            f"{self._output.format.name} and is left out; .mkv holds most kinds"
        )

    def _add_attachment(self, stream: AttachmentStream) -> None:
        if self._settings.metadata == "none":
            return
        if self._output.format.name != "matroska":
            self._drop(stream)
            return
        name = stream.name or f"attachment{stream.index}"
        self._output.add_attachment(name, stream.mimetype or "application/octet-stream", bytes(stream.data))

    def _pending(self) -> Iterator[Packet[Stream]]:
        if self._held is not None:
            held, self._held = self._held, None
            yield held
        while True:
            try:
                packet = next(self._packets, None)
            except (av.FFmpegError, OSError):
                # The frames' own pass reports the damaged tail.
                return
            if packet is None:
                return
            # Only packets without data mark the end; a missing dts does not, Matroska has many.
            if packet.size:
                yield self._tracks[packet.stream.index].continued(packet)

    def _write(self, packet: Packet[Stream]) -> None:
        if self._shift is not None:
            ticks = round(self._shift / Fraction(packet.time_base))
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts = None if packet.dts is None else packet.dts - ticks
        self._output.mux(self._tracks[packet.stream.index].framed(packet))


def _own_tags(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.split("-")[0].lower() not in _WRITERS_OWN_TAGS}


def _start(packet: Packet[Stream]) -> Fraction:
    time = packet.pts if packet.pts is not None else packet.dts
    return Fraction((time or 0) * packet.time_base)


def _cut_before(packet: Packet[Stream], time: Fraction) -> bool:
    """Let a packet that started before a time start there; whether anything is left of it. Sound cannot be cut."""
    if packet.stream.type == "audio" or packet.pts is None:
        return False
    first = round(time / Fraction(packet.time_base))
    left = packet.pts + (packet.duration or 0) - first
    packet.pts = packet.dts = first
    packet.duration = max(left, 0)
    return left > 0


def _cut_chapter(chapter: Any, span: tuple[Fraction, Fraction]) -> Any | None:
    """What of a chapter lies in a span of seconds, counted from its beginning."""
    start, end = (round(time / chapter["time_base"]) for time in span)
    first, last = max(chapter["start"], start), min(chapter["end"], end)
    return {**chapter, "start": first - start, "end": last - start} if last > first else None
