"""The page: whole, self-contained, small, and saying what was measured."""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest
import torch

from vidstyle.measuring.figures import FIGURES, Clip, FrameFigures, Measurement
from vidstyle.measuring.limits import Limit
from vidstyle.measuring.page import make_page
from vidstyle.measuring.pictures import Comparison, Gallery, Suspect, spread_places, worst_places
from vidstyle.plots import Axis, plot, scale, thin

EMPTY = Gallery((), ())


def frame(index: int, error: float | None, *, opens_shot: bool = False) -> FrameFigures:
    figures = {figure.name: 0.1 for figure in FIGURES} | {"warp_k1": error}
    content = {name: value for name, value in figures.items() if not name.startswith(("drift", "content"))}
    return FrameFigures(
        index, 1001 + index, index / 25, opens_shot, 0.9, 0.8, {Clip.STYLED: figures, Clip.CONTENT: content}
    )


def measurement(count: int = 300, cut: int = 100, bad: tuple[int, ...] = (40, 41, 200)) -> Measurement:
    """Frames from number 1001, each with an error of 0.02, the bad ones with 0.2."""
    errors = [None if index in (0, cut) else 0.2 if index in bad else 0.02 for index in range(count)]
    frames = tuple(frame(index, error, opens_shot=index == cut) for index, error in enumerate(errors))
    names = {Clip.STYLED: "a <b> & c.mp4", Clip.CONTENT: "content.mp4"}
    return Measurement(names, frames, has_style=True, settings={"size": 448})


class Reader(HTMLParser):
    """Collects the tags of a page, and checks that every element that is opened is closed."""

    VOID = frozenset({"meta", "img", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, tag: str, name: str | None = None) -> list[dict[str, str | None]]:
        return [attrs for found, attrs in self.tags if found == tag and name in (None, attrs.get("class"))]


def noisy_gallery() -> Gallery:
    """Pictures that hardly compress, as many and as large as a page has."""
    generator = torch.Generator().manual_seed(1)

    def noise(height: int, width: int) -> torch.Tensor:
        return torch.rand(3, height, width, generator=generator)

    comparisons = tuple(Comparison(number, Clip.CONTENT, (noise(450, 800), noise(450, 800))) for number in range(3))
    suspects = tuple(Suspect(number, 0.1, (noise(252, 448), noise(252, 448), noise(252, 448))) for number in range(5))
    return Gallery(comparisons, suspects)


def test_a_page_stands_alone_and_is_small() -> None:
    gallery = noisy_gallery()
    text = make_page(measurement(), gallery)
    page = Reader(text)
    assert len(text.encode()) < 5_000_000
    assert not re.search(r"https?://|(src|href)=.?//|@import|url\(", text)
    assert not {"link", "iframe", "object", "base"} & {tag for tag, _ in page.tags}
    assert all("src" not in attrs for attrs in page.named("script"))
    assert len(page.named("img")) == 3 * 2 + 5 * 3
    for attrs in page.named("img"):
        head, _, data = (attrs["src"] or "").partition(",")
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(data, validate=True), np.uint8), cv2.IMREAD_COLOR)
        assert head == "data:image/jpeg;base64"
        assert picture is not None and picture.shape[2] == 3
        assert attrs["alt"]


def test_equal_measurements_give_equal_pages() -> None:
    assert make_page(measurement(), EMPTY) == make_page(measurement(), EMPTY)


def test_every_figure_has_a_plot_with_its_cuts() -> None:
    page = Reader(make_page(measurement(), EMPTY))
    assert len(page.named("svg")) == len(FIGURES)
    assert len(page.named("line", "cut")) == len(FIGURES)
    assert page.text.count("cut before frame 1101") == len(FIGURES)
    assert len(page.named("path", "styled")) == len(FIGURES)
    assert len(page.named("path", "content")) == sum(figure.of_content for figure in FIGURES)
    whole = Reader(make_page(measurement(cut=-1), EMPTY))
    assert whole.named("line", "cut") == []


def test_names_are_text() -> None:
    page = Reader(make_page(measurement(), EMPTY))
    assert "a <b> & c.mp4" in page.text
    assert page.named("b") == []


def test_frames_that_stand_out_are_to_be_redone() -> None:
    page = Reader(make_page(measurement(), EMPTY))
    assert "1041-1042,1201" in page.text
    assert len(page.named("rect", "marked")) == 2 * len(FIGURES)


def test_a_limit_says_what_is_to_be_redone() -> None:
    text = make_page(measurement(), EMPTY, [Limit("warp_k1", 0.01)])
    page = Reader(text)
    assert "1002-1100,1102-1300" in page.text
    assert "Frames with warp_k1 above 0.01." in page.text
    assert any("warp_k1 is 0.02" in line for line in page.text), "the clip as a whole breaks it too"
    assert len(page.named("line", "bound")) == 1
    assert "none" in Reader(make_page(measurement(), EMPTY, [Limit("warp_k1", 0.5)])).text


@pytest.mark.parametrize(
    ("bound", "state", "verdict"),
    [(0.01, "broken", "warp_k1 is 0.02826, above 0.01"), (0.5, "kept", "as a whole within all limits")],
)
def test_a_tile_is_colored_by_its_limits(bound: float, state: str, verdict: str) -> None:
    page = Reader(make_page(measurement(), EMPTY, [Limit("warp_k1", bound)]))
    assert verdict in page.text
    assert len(page.named("div", state)) == 1
    assert not page.named("div", {"kept": "broken", "broken": "kept"}[state])


def test_a_page_without_comparable_frames() -> None:
    alone = measurement(count=1, bad=())
    assert "No two frames could be compared." in Reader(make_page(alone, EMPTY)).text


def test_the_worst_places_are_apart() -> None:
    chosen = worst_places(measurement(bad=(40, 41, 200)).frames)
    assert {40, 200} <= set(chosen)
    assert 41 not in chosen
    assert len(chosen) == 5


def test_pictures_are_spread() -> None:
    assert spread_places(300, 3) == [50, 150, 250]
    assert spread_places(1, 3) == [0]
    assert spread_places(0, 3) == []


def points(path: str) -> list[tuple[str, float, float]]:
    found = re.findall(r"([ML])([\d.]+) ([\d.]+)", path)
    return [(command, float(x), float(y)) for command, x, y in found]


def path_of(svg: str) -> str:
    found = re.search(r'<path class="styled" d="([^"]*)"', svg)
    assert found is not None
    return found[1]


def test_lines_break_where_nothing_was_measured_and_at_cuts() -> None:
    values = [0.1, 0.2, None, 0.3, 0.4, 0.4]
    svg = plot({"styled": values}, Axis(range(6), cuts=[4]))
    assert [command for command, _, _ in points(path_of(svg))] == ["M", "L", "M", "M", "L"]


def test_higher_values_stand_higher() -> None:
    (_, x1, y1), (_, x2, y2) = points(path_of(plot({"styled": [0.0, 0.4]}, Axis(range(2)))))
    assert x1 < x2
    assert y1 > y2 >= 0


@pytest.mark.parametrize("values", [[], [0.0], [1e-9], [5.0, 5.0], [-0.3, 0.2], [0.9, 0.91], [123.0, 7.0]])
def test_the_axis_holds_all_values(values: list[float]) -> None:
    low, high, step = scale(values)
    assert low < high
    assert step > 0
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)
    assert (high - low) / step <= 6


def test_long_clips_keep_their_peaks() -> None:
    values = [0.0] * 100_000
    values[77_777] = 1.0
    thinned = thin(values, 900)
    assert len(thinned) <= 900
    assert (77_777, 1.0) in thinned
    assert len(plot({"styled": values}, Axis(range(100_000)))) < 40_000
