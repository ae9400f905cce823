"""Option sets: a default, its bounds, its help and its unit, each written once.

Command-line flags, preset validation, ``vidstyle methods NAME`` and the method cards grow from them::

    @options
    class BlendOptions:
        memory: float = option(default=0.98, at_least=0, at_most=0.99, help="How much of the past is kept.")
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform, get_type_hints

from vidstyle.errors import UsageError, suggestion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OptionInfo:
    """One option of a set, as flags and cards need it."""

    name: str
    kind: type
    """``bool``, ``int``, ``float`` or ``str``."""
    default: Any
    help: str
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Any:
        """The value as this option's kind; `UsageError` when it is of another kind or out of bounds."""
        if self.kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not self.kind:
            raise UsageError(f"{self.name}: expected {self.kind.__name__}, got {value!r}")
        self._check_bounds(value)
        return value

    def _check_bounds(self, value: Any) -> None:
        if self.choices and value not in self.choices:
            raise UsageError(f"{self.name}: {value!r} is none of the choices; {suggestion(value, self.choices)}")
        # NaN passes no comparison, so it is refused here as well.
        low_ok = self.at_least is None or value >= self.at_least
        high_ok = self.at_most is None or value <= self.at_most
        if not (low_ok and high_ok):
            raise UsageError(f"{self.name}: {value} is outside {self.bounds()}")

    def bounds(self) -> str:
        """The allowed range as text, empty where there is none."""
        if self.at_least is None and self.at_most is None:
            return ""
        low = "-inf" if self.at_least is None else f"{self.at_least:g}"
        high = "inf" if self.at_most is None else f"{self.at_most:g}"
        return f"{low} .. {high}"


def option(
    *,
    default: T,
    help: str,
    unit: str = "",
    at_least: float | None = None,
    at_most: float | None = None,
    choices: tuple[str, ...] = (),
) -> T:
    """A field of an option set."""
    metadata = {"help": help, "unit": unit, "at_least": at_least, "at_most": at_most, "choices": choices}
    result: T = field(default=default, metadata=metadata)
    return result


def _checked(self: Any) -> None:
    for info in describe(type(self)):
        object.__setattr__(self, info.name, info.check(getattr(self, info.name)))


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(option,))
def options(cls: type[T]) -> type[T]:
    """Make a class of `option` fields a frozen, keyword-only, bounds-checked option set."""
    cls.__post_init__ = _checked  # type: ignore[attr-defined]
    return dataclass(frozen=True, slots=True, kw_only=True)(cls)


def describe(option_set: type) -> Iterator[OptionInfo]:
    """The options of a set, in the order written."""
    kinds = get_type_hints(option_set)
    for item in fields(option_set):
        yield _info(item, kinds[item.name])


def _info(item: Field[Any], kind: type) -> OptionInfo:
    if item.default is MISSING:
        raise TypeError(f"option {item.name!r} needs a default")
    return OptionInfo(name=item.name, kind=kind, default=item.default, **item.metadata)


def build_options(option_set: type[T], values: Mapping[str, Any], where: str) -> T:
    """An option set from loose values; unknown names are errors that name the nearest known one.

    `where` opens every message, for example a preset's path and table.
    """
    known = [info.name for info in describe(option_set)]
    for name in values:
        if name not in known:
            raise UsageError(f"{where}: unknown option {name!r}; {suggestion(name, known)}")
    try:
        return option_set(**values)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
