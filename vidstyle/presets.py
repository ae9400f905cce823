"""Looks, and presets: looks saved as TOML files.

A look is read from tables (``style``, ``stylizer``, ``flow``, ``stabilizer``), whether they come from a preset,
from flags, or from both laid over one another; there is one reader, and it refuses what it does not know.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from vidstyle.catalog import MethodSpec, Stage
from vidstyle.device import ENCODERS
from vidstyle.errors import UsageError, suggestion
from vidstyle.options import build_options, describe
from vidstyle.registry import all_methods, default_method, find_method
from vidstyle.style_options import StyleOptions
from vidstyle.timeline import Key, read_keys, read_weights

Tables: TypeAlias = Mapping[str, Any]

TEXTS = ("title", "about", "credit")
NO_STYLE = "no style: add --style IMAGE, or --preset NAME (vidstyle presets lists them)"


@dataclass(frozen=True, slots=True)
class Choice:
    """A method and its settings."""

    method: str
    options: Any
    """An instance of the method's option set."""


@dataclass(frozen=True, slots=True)
class StylePicture:
    """A style picture and how much of it, where no key says otherwise."""

    path: Path
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Style, methods and settings: all that decides what a frame looks like."""

    pictures: tuple[StylePicture, ...]
    style: StyleOptions
    stylizer: Choice
    flow: Choice
    stabilizer: Choice
    keys: tuple[Key, ...] = ()
    """What changes over time, in its order."""

    def as_record(self) -> dict[str, Any]:
        """The look as a JSON-able mapping."""
        record = asdict(self)
        record["pictures"] = [{"path": str(p.path), "weight": p.weight} for p in self.pictures]
        record["keys"] = [key.as_record() for key in self.keys]
        return record


@dataclass(frozen=True, slots=True)
class Preset:
    """A saved look with its texts."""

    name: str
    path: Path
    title: str
    about: str
    credit: str
    tables: Tables
    """As read, but with the paths of style pictures made absolute."""


def shipped_folder() -> Path:
    """Where the presets of this installation lie: in the wheel inside the package, in a checkout at its top."""
    inside = Path(__file__).parent / "presets_data"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "presets"


def user_folder() -> Path:
    """Where users keep presets of their own."""
    import platformdirs

    return Path(platformdirs.user_config_dir("vidstyle")) / "presets"


def list_presets() -> list[Preset]:
    """Every shipped and every user preset, by name; a user's hides a shipped one of the same name."""
    paths = {p.stem: p for folder in (shipped_folder(), user_folder()) for p in sorted(folder.glob("*.toml"))}
    return [read_preset(path) for _, path in sorted(paths.items())]


def find_preset(name: str) -> Preset:
    """The preset of that name, or at that path."""
    if name.endswith(".toml"):
        return read_preset(Path(name))
    for folder in (user_folder(), shipped_folder()):
        if (folder / f"{name}.toml").is_file():
            return read_preset(folder / f"{name}.toml")
    raise UsageError(f"--preset: unknown preset {name!r}; {suggestion(name, [p.name for p in list_presets()])}")


def read_preset(path: Path) -> Preset:
    """Read and check one file. `UsageError` names the file and what is wrong in it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"preset {path}: cannot be read ({why})") from None
    texts = {name: str(tables.pop(name, "")) for name in TEXTS}
    style = tables.get("style", {})
    if isinstance(style, dict) and isinstance(style.get("images"), list):
        style["images"] = [str((path.parent / str(image)).resolve()) for image in style["images"]]
    build_look(tables, where=f"preset {path}")
    return Preset(path.stem, path, texts["title"], texts["about"], texts["credit"], tables)


def overlay(below: Tables, above: Tables) -> dict[str, Any]:
    """Tables laid over one another: `above` wins, key by key.

    A stage whose method changes takes no options from below: they belonged to another method.
    """
    merged: dict[str, Any] = {name: dict(table) for name, table in below.items()}
    for name, table in above.items():
        under = merged.get(name, {})
        changed = "method" in table and under.get("method", table["method"]) != table["method"]
        merged[name] = dict(table) if changed else {**under, **table}
        if name == "style" and "images" in table:
            merged[name] = _with_other_pictures(under, table)
    return merged


def _with_other_pictures(below: Tables, above: Tables) -> dict[str, Any]:
    """Style tables over one another where the pictures change: weights belong to pictures, all else stays.

    Of keys that set more than weights, the rest stays; where no key is left, nothing is left to ease.
    """
    kept = {name: value for name, value in below.items() if name not in ("weights", "keys", "ease")}
    keys = [{name: value for name, value in key.items() if name != "weights"} for key in below.get("keys", ())]
    lasting = [key for key in keys if "strength" in key]
    timed = {"keys": lasting} if lasting else {}
    if "ease" in below and (lasting or "keys" in above):
        timed["ease"] = below["ease"]
    return {**kept, **timed, **above}


def build_look(tables: Tables, *, where: str) -> Look:
    """A checked look from tables; `where` opens every message."""
    known = ("style", "stylizer", "flow", "stabilizer")
    for name, table in tables.items():
        if name not in known:
            raise UsageError(f"{where}: unknown table {name!r}; {suggestion(name, known)}")
        if not isinstance(table, Mapping):
            raise UsageError(f"{where}: {name}: expected a table, got {table!r}")
    style = dict(tables.get("style", {}))
    weights = style.pop("weights", None)
    pictures = _pictures(style.pop("images", []), weights, where)
    keys = read_keys(style.pop("keys", []), len(pictures), where=f"{where}: style keys")
    if weights is not None and any(key.weights is not None for key in keys):
        raise UsageError(f"{where}: style weights: there are some in the keys as well; leave one of them out")
    stylizer = _choice(default_method(Stage.STYLIZER), tables, where)
    defaults = [default_method(stage, stylizer.method) for stage in (Stage.FLOW, Stage.STABILIZER)]
    others = {spec.stage.value: _choice(spec, tables, where) for spec in defaults}
    options = build_options(StyleOptions, style, f"{where}: style")
    return Look(pictures=pictures, style=options, stylizer=stylizer, keys=keys, **others)


def _choice(default: MethodSpec, tables: Tables, where: str) -> Choice:
    stage = default.stage
    values = dict(tables.get(stage.value, {}))
    name = values.pop("method", default.name)
    if not isinstance(name, str):
        raise UsageError(f"{where}: {stage}: expected a method's name, got {name!r}")
    try:
        spec = find_method(stage, name)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    return Choice(name, build_options(spec.options, values, f"{where}: {stage} {name}"))


def _pictures(images: Any, weights: Any, where: str) -> tuple[StylePicture, ...]:
    if not isinstance(images, list) or not all(isinstance(image, str) for image in images):
        raise UsageError(f"{where}: style images: expected a list of paths, got {images!r}")
    weights = [1.0] * len(images) if weights is None else weights
    if images or weights != []:
        read_weights(weights, len(images), where=f"{where}: style weights")
    return tuple(StylePicture(Path(image), float(w)) for image, w in zip(images, weights, strict=True))


def check_style(look: Look) -> None:
    """`UsageError` unless a look has what its stylizer paints after: pictures or none, keys only where it can.

    What is set of a style and would change nothing is refused as well.
    """
    method = look.stylizer.method
    spec = find_method(Stage.STYLIZER, method)
    if spec.needs_style and not look.pictures:
        raise UsageError(NO_STYLE)
    if look.pictures and not spec.needs_style:
        path = look.pictures[0].path
        raise UsageError(f"--method {method}: has its style in its weights, so it takes no picture ({path})")
    if look.style.scale != StyleOptions().scale and not spec.needs_style:
        raise UsageError(f"--style-scale: --method {method} has its style in its weights, and no picture to scale")
    if look.style.ease != StyleOptions().ease and not look.keys:
        raise UsageError("--style-ease: nothing changes over time; give pictures times, as in IMG@10s")
    if look.keys and not spec.follows_timeline:
        able = ", ".join(other.name for other in all_methods(Stage.STYLIZER) if other.follows_timeline)
        at = look.keys[0].at.text
        raise UsageError(f"--method {method}: its style cannot change over time (@{at}); methods that can: {able}")


def check_encoder(look: Look, encoder: str) -> None:
    """`UsageError` for another encoder than the default where a look's stylizer does not see with one."""
    method = look.stylizer.method
    if encoder != ENCODERS[0] and not find_method(Stage.STYLIZER, method).uses_encoder:
        able = ", ".join(other.name for other in all_methods(Stage.STYLIZER) if other.uses_encoder)
        raise UsageError(f"--encoder {encoder}: --method {method} does not see with it; methods that do: {able}")


def describe_look(look: Look) -> list[str]:
    """The settings of a look that differ from their defaults, one line each, for ``vidstyle presets``."""
    sets = {"style": look.style, "stylizer": look.stylizer.options, "stabilizer": look.stabilizer.options}
    return [
        f"{name}.{info.name} = {getattr(values, info.name)}"
        for name, values in sets.items()
        for info in describe(type(values))
        if getattr(values, info.name) != info.default
    ]
