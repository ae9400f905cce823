"""The pipeline's promises: one image per frame, shots apart, errors handed on, threads that end."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import count
from operator import attrgetter
from typing import Any

import pytest
import torch

from tests.conformance.shots import frames, steps
from vidstyle.errors import InputError, StageError
from vidstyle.pipeline import per_shot, prefetch, run
from vidstyle.types import Image, Step, StyledStep


def two_shots() -> list[Step]:
    return [*steps(frames(0, 3)), *steps(frames(3, 5, seed=1), shot=1)]


def shot_of(step: Step) -> int:
    return step.shot


def copy(shot: Iterable[Any]) -> Iterator[Image]:
    for item in shot:
        yield item.frame.image if isinstance(item, Step) else item.image


def test_frames_keep_their_place_in_time() -> None:
    shown = two_shots()
    done = list(run(shown, stylize=copy, stabilize=copy, finish=copy))
    assert [(f.index, f.pts, f.time_base) for f in done] == [
        (s.frame.index, s.frame.pts, s.frame.time_base) for s in shown
    ]
    assert all(torch.equal(f.image, s.frame.image) for f, s in zip(done, shown, strict=True))


def test_stages_work_in_order() -> None:
    def add(shot: Iterable[Any]) -> Iterator[Image]:
        return (image + 1 for image in copy(shot))

    def double(shot: Iterable[Any]) -> Iterator[Image]:
        return (image * 2 for image in copy(shot))

    (done,) = run(steps(frames(0, 1)), stylize=add, stabilize=double, finish=add)
    assert torch.allclose(done.image, (frames(0, 1)[0].image + 1) * 2 + 1)


def test_later_stages_see_the_step_and_the_image_before() -> None:
    def difference(shot: Iterable[StyledStep]) -> Iterator[Image]:
        return (styled.image - styled.step.frame.image for styled in shot)

    def add(shot: Iterable[Step]) -> Iterator[Image]:
        return (step.frame.image + 0.25 for step in shot)

    done = list(run(two_shots(), stylize=add, stabilize=difference, finish=copy))
    assert all(torch.allclose(frame.image, torch.tensor(0.25)) for frame in done)


def test_a_stage_sees_one_shot_at_a_time() -> None:
    seen: list[list[int]] = []

    def stage(shot: Iterable[Step]) -> Iterator[Image]:
        seen.append([])
        for step in shot:
            seen[-1].append(step.frame.index)
            yield step.frame.image

    list(per_shot(two_shots(), stage, shot_of))
    assert seen == [[0, 1, 2], [3, 4]]


def test_a_stage_may_look_ahead() -> None:
    def whole(shot: Iterable[Step]) -> Iterator[Image]:
        return iter([step.frame.image for step in list(shot)])

    pairs = list(per_shot(two_shots(), whole, shot_of))
    assert [step.frame.index for step, _ in pairs] == [0, 1, 2, 3, 4]
    assert all(step.frame.image is image for step, image in pairs)


def one_less(shot: Iterable[Step]) -> Iterator[Image]:
    return iter([step.frame.image for step in shot][:-1])


def only_first(shot: Iterable[Step]) -> Iterator[Image]:
    return (step.frame.image for step in [next(iter(shot))])


def one_more(shot: Iterable[Step]) -> Iterator[Image]:
    images = [step.frame.image for step in shot]
    return iter([*images, images[0]])


@pytest.mark.parametrize(
    ("stage", "word"),
    [(one_less, "fewer"), (only_first, "fewer"), (one_more, "more"), (lambda shot: iter([]), "fewer")],
)
def test_a_wrong_number_of_images_names_the_shot(stage: Any, word: str) -> None:
    with pytest.raises(StageError, match=f"shot 0: .* {word} images"):
        list(per_shot(two_shots(), stage, shot_of))


def test_the_second_shot_is_named_too() -> None:
    def stage(shot: Iterable[Step]) -> Iterator[Image]:
        for step in shot:
            if step.frame.index != 4:
                yield step.frame.image

    with pytest.raises(StageError, match="shot 1"):
        list(per_shot(two_shots(), stage, shot_of))


def test_no_more_frames_are_alive_than_stages_keep() -> None:
    pulled = 0

    def source() -> Iterator[Step]:
        nonlocal pulled
        for step in steps(frames(0, 20)):
            pulled += 1
            yield step

    for done, _ in enumerate(run(source(), stylize=copy, stabilize=copy, finish=copy), start=1):
        assert pulled <= done + 1


def test_nothing_of_a_finished_frame_is_alive_while_the_next_is_painted() -> None:
    painted: list[weakref.ref[Image]] = []

    def paint(step: Step) -> Image:
        assert not any(image() is not None for image in painted)
        image = step.frame.image + 0.25
        painted.append(weakref.ref(image))
        return image

    def hand_on(shot: Iterable[StyledStep]) -> Iterator[Image]:
        return map(attrgetter("image"), shot)

    done = run(iter(steps(frames(0, 5))), stylize=partial(map, paint), stabilize=hand_on, finish=hand_on)
    assert sum(map(lambda frame: frame.index, done)) == 10  # noqa: C417 - a loop's variable would keep the frame


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = threading.active_count()
    yield
    assert threading.active_count() == before


def test_prefetch_hands_on_everything_in_order() -> None:
    with prefetch(iter(range(50))) as ahead:
        assert list(ahead) == list(range(50))
    with prefetch(iter(())) as nothing:
        assert list(nothing) == []


def test_prefetch_hands_on_errors_after_the_items_before_them() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise InputError("frame 3 is gone")

    got = []
    with pytest.raises(InputError, match="frame 3"), prefetch(broken()) as ahead:
        for item in ahead:
            got.append(item)
    assert got == [1, 2]


def test_an_error_value_is_an_item_like_any_other() -> None:
    error = InputError("as data")
    with prefetch(iter([error])) as ahead:
        assert list(ahead) == [error]


def test_leaving_early_ends_the_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def endless() -> Iterator[int]:
        try:
            yield from count()
        finally:
            closed.set()

    source = endless()
    with prefetch(source) as ahead:
        assert next(ahead) == 0
        assert threading.active_count() > 1
        assert not closed.is_set()
    assert closed.is_set()


def test_an_error_of_the_consumer_ends_the_thread() -> None:
    with pytest.raises(KeyError), prefetch(count()) as ahead:
        for item in ahead:
            if item == 3:
                raise KeyError(item)


def test_prefetch_reads_a_bounded_number_ahead() -> None:
    made = 0

    def source() -> Iterator[int]:
        nonlocal made
        while made < 100:
            made += 1
            yield made

    with prefetch(source(), depth=3) as ahead:
        assert next(ahead) == 1
        time.sleep(0.1)
        # The one that was taken, and three that wait.
        assert 2 <= made <= 4


def test_prefetch_works_while_the_consumer_does() -> None:
    """The source goes on to make items while nobody asks for one."""
    made = threading.Event()

    def source() -> Iterator[int]:
        yield 1
        made.set()
        yield 2

    with prefetch(source()) as ahead:
        assert next(ahead) == 1
        assert made.wait(timeout=10)
        assert list(ahead) == [2]
