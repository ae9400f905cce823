"""Sound, subtitles, chapters and tags, copied packet by packet beside the repainted frames."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import OutputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.video.stream import VideoStream

from vidstyle.encoding import EncodeSettings
from vidstyle.video.libav import is_cover, open_container, video_stream
from vidstyle.video.text import shown

_WRITERS_OWN_TAGS = {"encoder", "major_brand", "minor_version", "compatible_brands", "creation_time", "duration"}
"""Tags that describe the file they were in, not the clip."""


_UNLISTED = {"mpegts": {"aac", "ac3", "eac3", "mp2", "mp3", "opus"}}
"""Codecs that a container takes although libav cannot tell so beforehand."""


class Companions:
    """The other streams of an input, on their way into an output.

    Every time stays as it is, unless `start_at` moves the beginning.
    """

    def __init__(self, path: Path, output: OutputContainer, settings: EncodeSettings) -> None:
        self._path = path
        self._output = output
        self._settings = settings
        self._input = open_container(path)
        self._targets: dict[int, Stream] = {}
        self._dropped: list[str] = []
        self._held: Packet[Stream] | None = None
        self._shift: Fraction | None = None
        self._packets: Iterator[Packet[Stream]] = iter(())
        self._errors = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """Streams that did not come along, one line each."""
        return tuple(self._dropped)

    def add_streams(self, video: Any) -> None:
        """Add the streams that fit the container, after `video`, and copy tags; before any packet is written."""
        source = video_stream(self._input, self._path)
        for stream in self._input.streams:
            if stream.index != source.index:
                self._add(stream)
        if self._settings.metadata == "copy":
            self._output.metadata.update(self._clip_tags(self._input.metadata))
            video.metadata.update(self._clip_tags(source.metadata))
        wanted = [stream for stream in self._input.streams if stream.index in self._targets]
        if wanted:
            self._packets = self._input.demux(*wanted)

    def add_chapters(self, shift: Fraction | None) -> None:
        """Copy chapters; moved by `shift` seconds, without those that end before, where only a span is written."""
        if self._settings.metadata == "none":
            return
        chapters = self._input.chapters()
        if shift is not None:
            chapters = [moved for chapter in chapters if (moved := _moved_chapter(chapter, shift)) is not None]
        if chapters:
            self._output.set_chapters(chapters)

    def start_at(self, shift: Fraction) -> None:
        """Count times from `shift` seconds on, and leave out what ends before; called before `add_streams`."""
        self._shift = shift

    def copy_until(self, time: Fraction | None) -> None:
        """Write the packets that start before `time`, in seconds of the output; None writes the rest."""
        for packet in self._pending():
            start = _start(packet) - (self._shift or 0)
            if time is not None and start >= time:
                self._held = packet
                return
            if self._shift is None or start + Fraction((packet.duration or 0) * packet.time_base) > 0:
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
        self._targets[stream.index] = target

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
                yield packet

    def _write(self, packet: Packet[Stream]) -> None:
        if self._shift is not None:
            ticks = round(self._shift / Fraction(packet.time_base))
            packet.pts = None if packet.pts is None else packet.pts - ticks
            packet.dts = None if packet.dts is None else packet.dts - ticks
        packet.stream = self._targets[packet.stream.index]
        self._output.mux(packet)


def _own_tags(tags: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.split("-")[0].lower() not in _WRITERS_OWN_TAGS}


def _start(packet: Packet[Stream]) -> Fraction:
    time = packet.pts if packet.pts is not None else packet.dts
    return Fraction((time or 0) * packet.time_base)


def _moved_chapter(chapter: Any, shift: Fraction) -> Any | None:
    unit = chapter["time_base"]
    first = max(round(chapter["start"] - shift / unit), 0)
    last = round(chapter["end"] - shift / unit)
    return {**chapter, "start": first, "end": last} if last > first else None
