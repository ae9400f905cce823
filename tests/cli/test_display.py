"""What progress looks like."""

from __future__ import annotations

import io
import json
from argparse import Namespace
from collections.abc import Iterator
from typing import get_args

import pytest
from rich.console import Console

from vidstyle.cli.display import BarDisplay
from vidstyle.cli.plain import Display, JsonDisplay, Pace, PlainDisplay, SilentDisplay, final_line
from vidstyle.cli.progress import choose_display, has_terminal
from vidstyle.events import CutFound, Event, Finished, FrameDone, Started, Warned


class Clock:
    """Time that goes on only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def events(clock: Clock, *, total: int | None, frames: int, seconds: float) -> Iterator[Event]:
    yield Started("in.mp4", "out.mp4", 64, 48, total)
    for done in range(1, frames + 1):
        clock.now += seconds
        yield FrameDone(done, done)
    yield Warned("the sound is short")
    yield Finished("out.mp4", frames, frames * seconds)


def show(display: Display, sequence: Iterator[Event]) -> None:
    with display:
        for event in sequence:
            display(event)


def test_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show(PlainDisplay(clock=clock), events(clock, total=40, frames=20, seconds=0.5))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "frame 10/40 25.0% 2.0 fps eta 15s",
        "frame 20/40 50.0% 2.0 fps eta 10s",
        "warning: the sound is short",
        "wrote out.mp4: 20 frames in 10.0 s (2.0 fps)",
    ]


def test_plain_lines_without_a_count(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show(PlainDisplay(clock=clock), events(clock, total=None, frames=10, seconds=0.5))
    assert capsys.readouterr().err.splitlines()[0] == "frame 10 2.0 fps"


def test_no_progress_but_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show(PlainDisplay(progress=False, clock=clock), events(clock, total=40, frames=20, seconds=0.5))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_count_from_a_header_is_marked() -> None:
    pace = Pace(Clock())
    pace.start(40, estimated=True)
    pace.advance(10)
    assert str(pace) == "frame 10/~40 25.0%"


def test_count_that_was_too_low_is_forgotten() -> None:
    pace = Pace(Clock())
    pace.start(2)
    pace.advance(3)
    assert str(pace) == "frame 3"


def test_speed_is_that_of_late() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.start(1000)
    for done, second in [(1, 50), (31, 80), (61, 110)]:
        clock.now = 100.0 + second
        pace.advance(done)
    assert pace.frames_per_second == pytest.approx(1.0)


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show(JsonDisplay(), events(clock, total=3, frames=3, seconds=1))
    out, err = capsys.readouterr()
    records = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert [record["event"] for record in records] == ["started", *["frame_done"] * 3, "warned", "finished"]


def test_quiet_json_is_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    show(JsonDisplay(quiet=True), events(clock, total=3, frames=3, seconds=1))
    assert json.loads(capsys.readouterr().out)["event"] == "finished"


def bar(clock: Clock, **settings: bool) -> tuple[BarDisplay, io.StringIO]:
    page = io.StringIO()
    console = Console(file=page, width=100, **settings)  # type: ignore[arg-type]
    return BarDisplay(console=console, clock=clock, memory=lambda: 812 * 2**20), page


@pytest.mark.parametrize("total", [40, None])
def test_bar(total: int | None, capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    display, page = bar(clock, force_terminal=True)
    show(display, events(clock, total=total, frames=20, seconds=0.5))
    assert "warning: the sound is short" in page.getvalue()
    assert "frame 20/40 50.0% 2.0 fps eta 10s 812 MiB" in page.getvalue() or total is None
    assert capsys.readouterr().err == "wrote out.mp4: 20 frames in 10.0 s (2.0 fps)\n"


def test_bar_away_from_a_terminal_has_no_escape_codes() -> None:
    clock = Clock()
    display, page = bar(clock, force_terminal=False)
    show(display, events(clock, total=40, frames=20, seconds=0.5))
    assert "\x1b" not in page.getvalue()


def test_a_bar_without_memory_where_the_system_does_not_tell_it() -> None:
    page = io.StringIO()
    console = Console(file=page, width=100, force_terminal=True)
    clock = Clock()
    show(BarDisplay(console=console, clock=clock, memory=lambda: None), events(clock, total=2, frames=1, seconds=1))
    assert "frame 1/2 50.0% 1.0 fps eta 1s" in page.getvalue() and "iB" not in page.getvalue()


def test_final_line() -> None:
    assert final_line(Finished("o.mp4", 1, 2.0)) == "wrote o.mp4: 1 frame in 2.0 s (0.5 fps)"
    assert final_line(Finished("o", 0, 2.0)) == "o: nothing to do"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({}, PlainDisplay),
        ({"progress": "plain"}, PlainDisplay),
        ({"progress": "none"}, PlainDisplay),
        ({"progress": "bar"}, BarDisplay),
        ({"progress": "json"}, JsonDisplay),
        ({"json": True}, JsonDisplay),
        ({"quiet": True}, SilentDisplay),
        ({"quiet": True, "json": True}, JsonDisplay),
    ],
)
def test_choice_of_display(flags: dict[str, object], kind: type) -> None:
    assert type(choose_display(Namespace(**flags), to_stdout=False)) is kind


def test_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not has_terminal()
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    assert has_terminal()
    assert type(choose_display(Namespace(), to_stdout=False)) is BarDisplay
    monkeypatch.setenv("TERM", "dumb")
    assert not has_terminal()


def test_every_event_is_taken_by_every_display(capsys: pytest.CaptureFixture[str]) -> None:
    whole = [CutFound(3), *events(Clock(), total=1, frames=1, seconds=1)]
    assert {type(event) for event in whole} == set(get_args(Event)), "an event that no display was shown"
    said = {}
    for display in (PlainDisplay(), JsonDisplay(), SilentDisplay(), bar(Clock(), force_terminal=False)[0]):
        show(display, iter(whole))
        said[type(display)] = capsys.readouterr()
    plain, last = said[PlainDisplay], "wrote out.mp4: 1 frame in 1.0 s (1.0 fps)\n"
    assert (plain.out, plain.err) == ("", f"warning: the sound is short\n{last}")
    assert [json.loads(line)["event"] for line in said[JsonDisplay].out.splitlines()] == [
        "cut_found", "started", "frame_done", "warned", "finished",
    ]  # fmt: skip
    assert said[SilentDisplay] == ("", "")
    assert said[BarDisplay].err == last
