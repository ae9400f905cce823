"""The rules that keep the code readable, checked on its syntax tree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*ROOT.glob("vidstyle/**/*.py"), *ROOT.glob("samples/*.py"), *ROOT.glob("benchmarks/*.py")])
FILE_LINES, FUNCTION_LINES, NESTING, POSITIONAL = 400, 60, 3, 3

BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.AsyncFor, ast.AsyncWith, ast.TryStar, ast.Match)
Function = ast.FunctionDef | ast.AsyncFunctionDef
CITED_TITLES = ("The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer",)
"""Titles of works, spelled as their authors spell them."""

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def depth(node: ast.AST, inside: int = 0) -> int:
    """How deep blocks are nested below a node; functions inside it count for themselves, elif is no step."""
    deepest = inside
    for field, value in ast.iter_fields(node):
        children = [child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)]
        chained = (
            isinstance(node, ast.If) and field == "orelse" and len(children) == 1 and isinstance(children[0], ast.If)
        )
        for child in children:
            if not isinstance(child, Function):
                step = isinstance(child, BLOCKS) and not chained
                deepest = max(deepest, depth(child, inside + step))
    return deepest


def positional(function: Function) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


@each_file
def test_files_and_functions_are_short_and_flat(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= FILE_LINES, f"{lines} lines"
    too_much = [
        f"{f.name} (line {f.lineno}): {what} {count} > {most}"
        for f in functions(tree_of(path))
        for what, count, most in (
            ("lines", (f.end_lineno or f.lineno) - f.lineno + 1, FUNCTION_LINES),
            ("nesting", depth(f), NESTING),
            ("positional parameters", positional(f), POSITIONAL),
        )
        if count > most
    ]
    assert not too_much, too_much


def undocumented(node: ast.Module | ast.ClassDef, prefix: str) -> Iterator[str]:
    for child in node.body:
        if isinstance(child, Function | ast.ClassDef) and not child.name.startswith("_"):
            name = f"{prefix}{child.name}"
            if ast.get_docstring(child) is None:
                yield name
            if isinstance(child, ast.ClassDef):
                yield from undocumented(child, f"{name}.")


@each_file
def test_everything_public_says_what_it_is(path: Path) -> None:
    tree = tree_of(path)
    missing = list(undocumented(tree, ""))
    assert ast.get_docstring(tree), "the module has no docstring"
    assert not missing, missing


@each_file
def test_only_the_command_talks_and_exits(path: Path) -> None:
    called = [ast.unparse(node.func) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    assert "print" not in called
    is_command = path.is_relative_to(ROOT / "vidstyle/cli") or path.name == "__main__.py"
    if path.is_relative_to(ROOT / "vidstyle") and not is_command:
        assert not {"sys.exit", "exit", "quit", "os._exit"} & set(called)


@each_file
def test_what_is_left_to_do_has_an_issue(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if re.search(r"\b(TODO|FIXME|XXX)\b", line) and not re.search(r"#\d+", line)]


@each_file
def test_public_names_are_sorted(path: Path) -> None:
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            names = ast.literal_eval(node.value)
            assert list(names) == sorted(names)


def test_public_names_exist() -> None:
    import vidstyle

    for name in vidstyle.__all__:
        assert getattr(vidstyle, name) is not None
    with pytest.raises(AttributeError):
        vidstyle.no_such_name  # noqa: B018


def test_color_has_one_spelling() -> None:
    texts = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("presets/*.toml"), *ROOT.glob("vidstyle/**/*")]
    british = []
    for path in texts:
        if path.suffix in (".py", ".md", ".toml"):
            text = " ".join(path.read_text(encoding="utf-8").split())
            for title in CITED_TITLES:
                text = text.replace(title, "")
            british += [str(path.relative_to(ROOT))] if "colour" in text.lower() else []
    assert british == []


def test_paths_in_the_docs_exist() -> None:
    looks_like_path = re.compile(r"`((?:vidstyle|tests|docs|presets|samples|benchmarks|\.ci)/[\w./-]*)`")
    missing = []
    for page in [*ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md"), *ROOT.glob("*.md")]:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        named = [str(name) for name in looks_like_path.findall(text)]
        missing += [f"{page.name}: {name}" for name in named if not (ROOT / name).exists()]
    assert missing == []


HEAVY = ("torch", "torchvision", "av", "cv2", "rich")


def loaded_after(statement: str) -> set[str]:
    """Which heavy packages a fresh interpreter has loaded after a statement."""
    code = f"{statement}\nimport sys\nassert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return set()
    last = done.stderr.strip().splitlines()[-1]
    assert "AssertionError" in last, done.stderr
    return {name for name in HEAVY if f"'{name}'" in last}


def test_importing_vidstyle_is_free() -> None:
    assert loaded_after("import vidstyle") == set()
    assert loaded_after("import torch") == {"torch"}


def test_top_modules_and_the_command_are_cheap() -> None:
    modules = [f"vidstyle.{path.stem}" for path in ROOT.glob("vidstyle/*.py") if not path.stem.startswith("__")]
    assert loaded_after(f"import {', '.join(sorted(modules))}, vidstyle.cli") == set()
