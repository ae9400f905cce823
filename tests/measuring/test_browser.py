"""The page in a real browser: it opens from the disk, complains of nothing, and what can be moved moves."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.measuring.test_page import measurement, noisy_gallery
from vidstyle.measuring.limits import Limit
from vidstyle.measuring.page import make_page

if sys.platform == "win32":
    pytest.skip("speaks to the browser over pipes that Windows lacks", allow_module_level=True)

from tests.measuring.browser import VARIABLE, Page, browser, find_browser

PROGRAM = find_browser()
NONE = f"no browser of the Chromium family in PATH, and ${VARIABLE} names none"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(PROGRAM is None, reason=NONE)]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """A measurement of 300 frames with a cut, a limit and as many pictures as fit, opened from the disk."""
    assert PROGRAM is not None
    path = tmp_path / "page.html"
    path.write_text(make_page(measurement(), noisy_gallery(), [Limit("warp_k1", 0.1)]), encoding="utf-8")
    with browser(PROGRAM, tmp_path / "profile") as shown:
        shown.resize(1200, 900)
        shown.open(path)
        yield shown


def center(page: Page, selector: str, share: float = 0.5) -> tuple[float, float]:
    """A place in the first element that fits, so far from its left, in the window once it is scrolled there."""
    find = f"document.querySelector({selector!r})"
    page.value(f"{find}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
    x, y, width, height = page.value(f"(b => [b.x, b.y, b.width, b.height])({find}.getBoundingClientRect())")
    return x + share * width, y + height / 2


def test_it_opens_from_the_disk_without_a_word(page: Page) -> None:
    assert page.value("[...document.images].filter(image => !image.naturalWidth).length") == 0
    assert page.value("document.images.length") == 3 * 2 + 5 * 3
    assert page.complaints == []
    assert {request.partition(":")[0] for request in page.requests} <= {"file", "data"}
    assert "1041-1042,1201" in page.value("document.body.innerText"), "the frames to redo can be read"


@pytest.mark.parametrize("width", [1600, 900, 360])
def test_nothing_is_cut_off_at_any_width(page: Page, width: int) -> None:
    page.resize(width, 800)
    assert page.value("document.documentElement.scrollWidth") <= width
    letters = page.value("document.querySelector('svg text').getBoundingClientRect().height")
    assert letters > 8, "numbers beside the plots can be read"


def test_the_wipe_follows_the_mouse(page: Page) -> None:
    clip = "getComputedStyle(document.querySelector('.wipe .after')).clipPath"
    assert page.value(clip).endswith(" 50%)")
    page.drag(center(page, ".wipe .stage"), center(page, ".wipe .stage", 0.2))
    found = re.search(r"([\d.]+)%\)$", page.value(clip))
    assert found is not None
    assert float(found[1]) == pytest.approx(20, abs=3), "where the button was let go"


def test_pointing_at_a_plot_reads_all_plots(page: Page) -> None:
    share = (58 + (480 - 58 - 18) * 200 / 299) / 480
    page.mouse("mouseMoved", *center(page, ".plots svg", share))
    texts = page.value("[...document.querySelectorAll('.plots output')].map(output => output.textContent)")
    assert texts[0] == "frame 1201 · content 0.200 · styled 0.200", "the frame that is bad, and by how much"
    assert all(text.startswith("frame 1201") for text in texts)
    page.mouse("mouseMoved", 1, 1)
    assert page.value("document.querySelector('.plots output').textContent") == ""
