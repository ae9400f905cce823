"""Presets: the shipped ones work, and a wrong one is refused with the word that was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vidstyle.errors import UsageError
from vidstyle.presets import (
    build_look,
    check_encoder,
    check_style,
    describe_look,
    find_preset,
    list_presets,
    overlay,
    read_preset,
    shipped_folder,
    user_folder,
)

SHIPPED = sorted(shipped_folder().glob("*.toml"))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.parametrize(("method", "images"), [("adain", []), ("fast", ["a.jpg"])])
def test_a_look_has_pictures_just_where_its_stylizer_paints_after_them(method: str, images: list[str]) -> None:
    other = [] if images else ["a.jpg"]
    check_style(build_look({"stylizer": {"method": method}, "style": {"images": other}}, where="test"))
    with pytest.raises(UsageError, match=r"no style|takes no picture \(a\.jpg\)"):
        check_style(build_look({"stylizer": {"method": method}, "style": {"images": images}}, where="test"))


@pytest.mark.parametrize(
    ("style", "message"),
    [
        ({"scale": 50.0}, "--style-scale: --method fast has its style in its weights, and no picture to scale"),
        ({"images": ["a.jpg"], "ease": "smooth"}, "--style-ease: nothing changes over time"),
    ],
)
def test_a_setting_without_effect_is_refused(style: dict[str, Any], message: str) -> None:
    method = "adain" if "images" in style else "fast"
    with pytest.raises(UsageError, match=message):
        check_style(build_look({"stylizer": {"method": method}, "style": style}, where="test"))


def test_another_encoder_is_for_methods_that_see_with_it() -> None:
    looks = {name: build_look({"stylizer": {"method": name}}, where="test") for name in ("adain", "gatys")}
    check_encoder(looks["gatys"], "vgg19")
    check_encoder(looks["adain"], "slim")
    with pytest.raises(UsageError, match=r"--encoder vgg19: --method adain does not see with it; .*gatys"):
        check_encoder(looks["adain"], "vgg19")


def test_there_are_presets_and_they_are_listed_by_name() -> None:
    assert SHIPPED
    assert [preset.name for preset in list_presets()] == [path.stem for path in SHIPPED]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_preset_is_complete(path: Path) -> None:
    preset = read_preset(path)
    look = build_look(preset.tables, where="test")
    assert preset.title and preset.about and preset.credit
    assert look.pictures and all(picture.path.is_file() for picture in look.pictures)
    assert find_preset(path.stem) == preset
    assert isinstance(describe_look(look), list)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[stylizer]\nstrenght = 1.0", "stylizer adain: unknown option 'strenght'; did you mean 'strength'"),
        ("[stylzer]\nstrength = 1.0", "unknown table 'stylzer'; did you mean 'stylizer'"),
        ("stylizer = 3", "stylizer: expected a table"),
        ("[stylizer]\nmethod = 'adian'", "unknown stylizer 'adian'; did you mean 'adain'"),
        ("[stylizer]\nmethod = 3", "expected a method's name"),
        ("[stylizer]\nstrength = 7.0", "strength: 7.0 is outside 0 .. 1"),
        ("[style]\nimages = 'a.png'", "expected a list of paths"),
        ("[style]\nimages = ['a.png']\nweights = [1.0, 2.0]", "a number for each picture (1)"),
        ("[style]\nimages = ['a.png']\nweights = [-1.0]", "not negative"),
        ("[style]\nimages = ['a.png']\nweights = [nan]", "not negative"),
        ("[style]\nimages = ['a.png']\nweights = [inf]", "not negative"),
        ("[style]\nimages = ['a.png']\nweights = [true]", "a number for each picture (1)"),
        ("[style]\nimages = ['a.png', 'b.png']\nweights = [0, 0]", "at least one must be above 0"),
        ("[style]\nkeep_color = 'luma'", "keep_color: 'luma' is none of the choices"),
        ("[style", "cannot be read"),
    ],
)
def test_a_wrong_preset_is_refused_with_its_path(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path / "mine.toml", text)
    with pytest.raises(UsageError) as caught:
        find_preset(str(path))
    assert str(path) in str(caught.value) and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_gets_a_suggestion() -> None:
    name = SHIPPED[0].stem
    with pytest.raises(UsageError, match=f"did you mean '{name}'"):
        find_preset(f"{name}z")


def test_pictures_are_found_beside_the_preset(tmp_path: Path) -> None:
    preset = read_preset(write(tmp_path / "mine.toml", "[style]\nimages = ['pictures/a.png']"))
    (picture,) = build_look(preset.tables, where="test").pictures
    assert picture.path == (tmp_path / "pictures/a.png").resolve()
    assert picture.weight == 1.0


def test_a_users_preset_hides_the_shipped_one() -> None:
    path = write(user_folder() / SHIPPED[0].name, "title = 'Mine'")
    try:
        assert find_preset(path.stem).title == "Mine"
        assert [preset.title for preset in list_presets()].count("Mine") == 1
    finally:
        path.unlink()


def test_flags_go_over_a_preset_key_by_key() -> None:
    below = {"stylizer": {"method": "adain", "strength": 0.3, "hold": 5}, "style": {"scale": 50.0}}
    merged = overlay(below, {"stylizer": {"strength": 0.9}})
    assert merged == {"stylizer": {"method": "adain", "strength": 0.9, "hold": 5}, "style": {"scale": 50.0}}
    assert below["stylizer"]["strength"] == 0.3


def test_another_method_takes_no_options_of_the_one_below() -> None:
    below = {"flow": {"method": "dis", "preset": "fast"}}
    assert overlay(below, {"flow": {"method": "none"}}) == {"flow": {"method": "none"}}
    assert overlay(below, {"flow": {"method": "dis"}}) == below


def test_the_default_method_named_above_keeps_options_below() -> None:
    below = {"stylizer": {"strength": 0.3}}
    merged = overlay(below, {"stylizer": {"method": "adain"}})
    assert build_look(merged, where="test").stylizer.options.strength == 0.3


def test_other_pictures_take_no_weights_of_those_below() -> None:
    below = {"style": {"images": ["a", "b"], "weights": [1.0, 3.0], "scale": 50.0}}
    assert overlay(below, {"style": {"images": ["c"]}}) == {"style": {"images": ["c"], "scale": 50.0}}


def test_other_pictures_take_the_ease_below_only_where_something_still_changes() -> None:
    below: dict[str, Any] = {"style": {"images": ["a", "b"], "ease": "step", "keys": [{"at": "0s", "weights": [1, 0]}]}}
    assert overlay(below, {"style": {"images": ["c"]}}) == {"style": {"images": ["c"]}}
    timed = {"images": ["c"], "keys": [{"at": "0s", "weights": [1]}]}
    assert overlay(below, {"style": timed}) == {"style": {**timed, "ease": "step"}}
    below["style"]["keys"][0]["strength"] = 0.5
    assert overlay(below, {"style": {"images": ["c"]}}) == {
        "style": {"images": ["c"], "ease": "step", "keys": [{"at": "0s", "strength": 0.5}]}
    }


def test_a_look_without_tables_has_the_default_methods() -> None:
    look = build_look({}, where="test")
    assert (look.stylizer.method, look.flow.method, look.stabilizer.method) == ("adain", "dis", "blend")
    assert describe_look(look) == []
    changed = build_look({"stylizer": {"strength": 0.5}, "style": {"scale": 80}}, where="test")
    assert describe_look(changed) == ["style.scale = 80.0", "stylizer.strength = 0.5"]
