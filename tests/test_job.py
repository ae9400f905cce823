"""Whole runs: what goes in, what comes out, and that a part of a run is that part of the whole."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conformance.shots import texture
from tests.limits import given_threads
from tests.media import write_movie
from vidstyle.errors import InputError, OutputError, VidstyleError
from vidstyle.events import CutFound, Event, Finished, FrameDone, Started, Warned
from vidstyle.job import Job, default_output, plan_job, run_job
from vidstyle.presets import Look, build_look
from vidstyle.stages import load_style, output_size
from vidstyle.video.sources import open_source
from vidstyle.video.stills import read_picture, write_picture

SIZE = (32, 48)
TABLES: dict[str, dict[str, Any]] = {
    "stylizer": {"hold": 3},
    "stabilizer": {"interval": 8, "fade": 2},
}


def look_of(folder: Path, **tables: dict[str, Any]) -> Look:
    """A look with a style picture of its own, and memories so short that parts of a clip are parts."""
    picture = folder / "style.png"
    if not picture.exists():
        write_picture(picture, texture(0, seed=70, size=(64, 80)))
    merged = {name: {**TABLES.get(name, {}), **tables.get(name, {})} for name in {*TABLES, *tables}}
    merged["style"] = {"images": [str(picture)], **tables.get("style", {})}
    return build_look(merged, where="test")


def write_sequence(folder: Path, count: int, *, cut: int | None = None, first: int = 1001) -> Path:
    """PNGs of a pan, with another scene from `cut` on."""
    folder.mkdir()
    for index in range(count):
        scene = 0 if cut is None or index < cut else 3
        write_picture(folder / f"in.{first + index}.png", texture(index, size=SIZE, seed=scene))
    return folder


@pytest.fixture
def job(tmp_path: Path, painter_file: Path) -> Job:
    """Twenty-six frames, numbered from 1001, into a folder of PNGs."""
    write_sequence(tmp_path / "in", 26)
    return Job(
        input=str(tmp_path / "in/in.%04d.png"),
        look=look_of(tmp_path),
        output=str(tmp_path / "out.####.png"),
        device="cpu",
        weights=(("adain", str(painter_file)),),
    )


def run(job: Job) -> tuple[Finished, list[Event]]:
    events: list[Event] = []
    return run_job(job, events.append), events


def of_kind(events: Iterable[Event], kind: type) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def bytes_of(folder: Path, pattern: str = "out.*.png") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern))}


def test_a_sequence_keeps_its_numbers_and_tells_its_story(job: Job, tmp_path: Path) -> None:
    finished, events = run(job)
    assert [path.name for path in sorted(tmp_path.glob("out.*.png"))] == [f"out.{n}.png" for n in range(1001, 1027)]
    assert events[0] == Started(job.input, job.output, 48, 32, 26)
    assert [(e.number, e.done) for e in of_kind(events, FrameDone)] == [(1000 + n, n) for n in range(1, 27)]
    assert events[-1] == finished and finished.frames == 26 and finished.cuts == 0
    assert of_kind(events, Warned) == []
    painted = read_picture(tmp_path / "out.1004.png")
    assert painted.shape == (3, *SIZE)
    assert (painted - texture(3, size=SIZE)).abs().mean() > 0.02


def test_a_part_alone_is_that_part_of_the_whole(job: Job, tmp_path: Path) -> None:
    run(job)
    (tmp_path / "part").mkdir()
    part = replace(job, output=str(tmp_path / "part/out.####.png"), frames="1022-1024,1026")
    plan = plan_job(part)
    assert plan["passes"][0][0] > 0, "the part must not start at the start, or nothing is shown"
    run(part)
    whole, found = bytes_of(tmp_path), bytes_of(tmp_path / "part")
    assert list(found) == [f"out.{n}.png" for n in (1022, 1023, 1024, 1026)]
    assert all(whole[name] == data for name, data in found.items())


def test_a_part_after_a_cut_is_that_part_of_the_whole(job: Job, tmp_path: Path) -> None:
    write_sequence(tmp_path / "cut", 26, cut=14)
    job = replace(job, input=str(tmp_path / "cut/in.%04d.png"))
    finished, events = run(job)
    assert finished.cuts == 1 and of_kind(events, CutFound) == [CutFound(1015)]
    (tmp_path / "part").mkdir()
    run(replace(job, output=str(tmp_path / "part/out.####.png"), frames="1014-1016,1025"))
    whole = bytes_of(tmp_path)
    assert all(whole[name] == data for name, data in bytes_of(tmp_path / "part").items())


def test_what_is_lost_is_painted_again_and_equal(job: Job, tmp_path: Path) -> None:
    run(job)
    whole = bytes_of(tmp_path)
    for number in (1003, 1020, 1026):
        (tmp_path / f"out.{number}.png").unlink()
    finished, events = run(replace(job, existing="skip"))
    assert finished.frames == 3
    assert [e.number for e in of_kind(events, FrameDone)] == [1003, 1020, 1026]
    assert bytes_of(tmp_path) == whole


def test_frames_of_another_look_are_not_kept(job: Job, tmp_path: Path) -> None:
    run(replace(job, frames="1001-1002"))
    other = replace(job, existing="skip", look=look_of(tmp_path, stylizer={"strength": 0.5}))
    with pytest.raises(OutputError, match="other settings"):
        run(other)


def test_frames_of_an_input_that_has_changed_are_not_kept(job: Job, tmp_path: Path) -> None:
    masks = write_sequence(tmp_path / "masks", 26)
    job = replace(job, frames="1001-1002", mask=str(masks / "in.####.png"), existing="skip")
    run(job)
    assert run(job)[0].frames == 0
    for later in (masks / "in.1020.png", tmp_path / "in/in.1020.png"):
        before = later.read_bytes()
        write_picture(later, texture(0, size=SIZE, seed=9))
        with pytest.raises(OutputError, match="other input"):
            run(job)
        later.write_bytes(before)


def test_existing_frames_are_refused_or_replaced(job: Job, tmp_path: Path) -> None:
    two = replace(job, frames="1001-1002")
    run(two)
    before = bytes_of(tmp_path)
    with pytest.raises(OutputError):
        run(two)
    run(replace(two, existing="overwrite", look=look_of(tmp_path, stylizer={"strength": 0.2})))
    after = bytes_of(tmp_path)
    assert after.keys() == before.keys() and all(after[name] != before[name] for name in before)


def test_a_movie_keeps_times_and_size(job: Job, tmp_path: Path) -> None:
    clip = write_movie(tmp_path / "clip.mp4", frames=8, size=(64, 48))
    output = str(tmp_path / "out.mp4")
    finished, events = run(replace(job, input=str(clip), output=output))
    assert finished.frames == 8
    assert events[0] == Started(str(clip), output, 64, 48, 8, estimated=True)
    with open_source(str(clip)) as before, open_source(str(tmp_path / "out.mp4")) as after:
        pairs = list(zip(before.frames(), after.frames(), strict=True))
        assert all(a.time == b.time and a.image.shape == b.image.shape for a, b in pairs)
        assert any((a.image - b.image).abs().mean() > 0.02 for a, b in pairs)


def test_the_longest_side_is_what_was_asked_for(job: Job, tmp_path: Path) -> None:
    run(replace(job, frames="1001", size=96))
    assert read_picture(tmp_path / "out.1001.png").shape == (3, 64, 96)


def test_the_mask_leaves_the_rest_as_it_was(job: Job, tmp_path: Path) -> None:
    mask = torch.zeros(3, *SIZE)
    mask[..., :24] = 1
    write_picture(tmp_path / "mask.png", mask)
    run(replace(job, frames="1001", mask=str(tmp_path / "mask.png")))
    painted, content = read_picture(tmp_path / "out.1001.png"), read_picture(tmp_path / "in/in.1001.png")
    assert torch.equal(painted[..., 24:], content[..., 24:])
    assert not torch.equal(painted[..., :24], content[..., :24])


def test_numbers_past_the_end_are_a_warning_and_none_at_all_an_error(job: Job, tmp_path: Path) -> None:
    finished, events = run(replace(job, frames="1025-1030"))
    assert finished.frames == 2
    assert [e.message for e in of_kind(events, Warned)] == [f"{job.input}: has no frames 1027-1030"]
    with pytest.raises(InputError):
        run(replace(job, frames="2000", output=str(tmp_path / "none.####.png")))
    assert list(tmp_path.glob("none*.png")) == []


def test_a_failed_run_leaves_nothing_under_the_final_name(job: Job, tmp_path: Path) -> None:
    def give_up(event: Event) -> None:
        if isinstance(event, FrameDone) and event.done == 3:
            raise KeyboardInterrupt

    movie = replace(job, output=str(tmp_path / "out.mp4"))
    with pytest.raises(KeyboardInterrupt):
        run_job(movie, give_up)
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"input": "nothing.mp4"},
        {"frames": "1-"},
        {"cuts": "nothing.csv"},
        {"device": "gpu"},
        {"mask": "nothing.png"},
        {"weights": (("adain", "nothing.safetensors"),)},
        {"output": "out.xyz"},
        {"existing": "owerwrite"},
        {"precision": "bf61"},
        {"encoder": "vgg19"},
        {"size": 0},
        {"threads": -1},
        {"frame_rate": 24},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_wrong_is_one_line(job: Job, change: dict[str, Any]) -> None:
    with pytest.raises(VidstyleError) as caught:
        run(replace(job, **change))
    assert caught.value.exit_code != 1 and "\n" not in str(caught.value)


def test_a_plan_writes_nothing_and_is_json(job: Job, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    plan = json.loads(json.dumps(plan_job(replace(job, frame_rate=Fraction(30000, 1001)))))
    assert sorted(tmp_path.rglob("*")) == before
    assert plan["frames"] == 26 and not plan["frames_estimated"] and plan["size"] == [48, 32]
    assert plan["job"]["frame_rate"] == "30000/1001"
    assert plan["job"]["look"]["stylizer"]["options"]["hold"] == 3


def test_the_fingerprint_follows_the_pixels_and_nothing_else(job: Job, tmp_path: Path) -> None:
    def fingerprint(**change: Any) -> str:
        return str(plan_job(replace(job, **change))["fingerprint"])

    same = fingerprint()
    assert fingerprint(frames="1001-1003", existing="skip", strict=True, output=str(tmp_path / "b.####.png")) == same
    others = [
        fingerprint(size=64),
        fingerprint(seed=1),
        fingerprint(look=look_of(tmp_path, style={"keep_color": "luminance"})),
        fingerprint(cuts="none"),
    ]
    write_picture(tmp_path / "style.png", texture(0, seed=71, size=(64, 80)))
    others.append(fingerprint())
    assert len({same, *others}) == 6


def test_threads_count_for_methods_that_optimize(job: Job, tmp_path: Path) -> None:
    def fingerprint(method: str, threads: int) -> str:
        tables = {"style": {"images": [str(tmp_path / "style.png")]}, "stylizer": {"method": method}}
        look = build_look(tables, where="test")
        with given_threads(threads):
            return str(plan_job(replace(job, look=look))["fingerprint"])

    assert fingerprint("gatys", 1) != fingerprint("gatys", 2)
    assert fingerprint("color", 1) == fingerprint("color", 2)


def test_the_style_is_scaled_to_the_frame(tmp_path: Path) -> None:
    look = look_of(tmp_path, style={"scale": 50.0})
    (image,) = load_style(look, (64, 128), torch.device("cpu")).images
    assert image.shape == (3, 32, 40)


def test_the_library_serves_those_with_frames_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_picture("painting.jpg", texture(0, seed=70, size=(64, 80)))
    page = (Path(__file__).parent.parent / "docs" / "library.md").read_text()
    example = page.rpartition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(example, names)
    assert [image.shape for image in names["painted"]] == [image.shape for image in names["images"]]


def test_sizes_and_names_follow_the_input(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_source(job.input) as source:
        assert output_size(source.info, None) == SIZE
        assert output_size(source.info, 24) == (16, 24)
    assert default_output("holiday.mov", job.look) == "holiday_style.mov"
    assert default_output("street_960x540.mp4", job.look) == "street_960x540_style.mp4"
    assert default_output("shots/f.%04d.png", job.look) == "f_style"
    assert default_output(str(tmp_path / "in"), job.look) == "in_style"
    (tmp_path / "day 1.5").mkdir()
    monkeypatch.chdir(tmp_path / "day 1.5")
    assert default_output(".", job.look) == default_output("../day 1.5/", job.look) == "day 1_5_style"
