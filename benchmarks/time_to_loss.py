"""How soon `gatys` is where plain L-BFGS from noise is after 500 iterations: ``python benchmarks/time_to_loss.py``.

The same picture, style, network and loss for both, one after the other in one process. Plain is as the papers' ports
have it: one scale, from noise, torch's own L-BFGS with its line search.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from vidstyle.device import Compute, choose_device, set_threads
from vidstyle.method_options import GatysOptions
from vidstyle.ops.minimize import Loss
from vidstyle.ops.resize import fit_longest, resize
from vidstyle.stylizers.encoder import load_encoder
from vidstyle.stylizers.gatys import Gatys, balance_of
from vidstyle.stylizers.objective import Area, Perception
from vidstyle.types import Frame, Image, Step, Style
from vidstyle.video.sources import open_source
from vidstyle.video.stills import read_picture

SAMPLES = Path(__file__).parent.parent / "samples"

HISTORY = 100
"""Of plain L-BFGS: torch's default, and that of neural-style."""

STEPS = (30, 40, 45, 50, 55, 60, 65, 70, 75, 80, 100, 150, 200)
"""Of ours at the finest scale, tried one after the other, each run from its start."""


class Found(NamedTuple):
    """The seconds that a painting took, wall and of the processor, and the loss it ends with."""

    seconds: float
    processor: float
    loss: float


class Plan(NamedTuple):
    """How far plain L-BFGS goes, which steps of ours are tried, and at which precision ours computes."""

    iterations: int
    steps: Sequence[int]
    precision: str


def timed(paint: Callable[[], Image], loss: Loss) -> Found:
    """A painting's time and its loss."""
    wall, processor = time.perf_counter(), time.process_time()
    painted = paint()
    seconds = time.perf_counter() - wall, time.process_time() - processor
    with torch.no_grad():
        return Found(*seconds, float(loss(painted)))


def plain(loss: Loss, size: tuple[int, int], iterations: int) -> Image:
    """What L-BFGS makes of noise."""
    image = torch.rand(3, *size, generator=torch.Generator().manual_seed(0)).requires_grad_()
    optimizer = torch.optim.LBFGS(
        [image],
        max_iter=iterations,
        max_eval=10 * iterations,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=HISTORY,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        value = loss(image)
        (image.grad,) = torch.autograd.grad(value, image)
        return value

    step: Callable[..., Any] = optimizer.step
    step(closure)
    return image.detach()


def picture(size: int) -> Image:
    """The first frame of the sample clip, its longest side as asked for."""
    with open_source(str(SAMPLES / "clip.mp4")) as source:
        frame = next(iter(source.frames(0, 1)))
    height, width = frame.image.shape[1:]
    return resize(frame.image, fit_longest(height, width, size)).clamp(0, 1)


def compare(size: int, options: GatysOptions, plan: Plan) -> dict[str, Any]:
    """Both, from the same loss; ours with the first number of steps that brings it at most as high."""
    compute = Compute(choose_device("cpu"))
    content = picture(size)
    shape = (content.shape[1], content.shape[2])
    style = read_picture(SAMPLES / "starry.jpg")
    factor = min(shape) / min(style.shape[1:])
    style = resize(style, [round(side * factor) for side in style.shape[1:]])
    perception = Perception(load_encoder(compute, pooling=options.pooling), compute)
    loss = perception.objective(content, [Area(perception.look(style))], balance_of(options))
    first = Step(Frame(0, 0, Fraction(1, 25), content), None, 0)

    def ours(steps: int) -> Found:
        own = replace(compute, precision=plan.precision)
        stylizer = Gatys(replace(options, iterations=steps), Style((style,), (1.0,)), own)
        return timed(lambda: next(iter(stylizer.stylize([first]))), loss)

    ours(1)  # warms up
    goal = timed(lambda: plain(loss, shape, plan.iterations), loss)
    tried = {}
    for steps in plan.steps:
        tried[steps] = ours(steps)
        if tried[steps].loss <= goal.loss:
            break
    last = list(tried.values())[-1]
    reached = last.loss <= goal.loss
    ratio = goal.processor / last.processor if reached else None
    ours_as_json = {steps: found._asdict() for steps, found in tried.items()}
    return {"size": list(shape), "plain": goal._asdict(), "ours": ours_as_json, "times_sooner": ratio}


def main() -> None:
    """One comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=512, help="longest side")
    parser.add_argument("--iterations", type=int, default=500, help="of plain L-BFGS")
    parser.add_argument("--steps", type=int, nargs="+", default=STEPS, help="of ours at the finest scale, to try")
    parser.add_argument("--precision", default="fp32", help="of ours; losses are compared in fp32")
    parser.add_argument("--style-loss", default="wasserstein")
    parser.add_argument("--unrealness", type=float, default=1.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    set_threads(arguments.threads)
    options = GatysOptions(style_loss=arguments.style_loss, unrealness=arguments.unrealness, tolerance=0.0)
    plan = Plan(arguments.iterations, arguments.steps, arguments.precision)
    record = compare(arguments.size, options, plan)
    rows = [("plain L-BFGS", arguments.iterations, record["plain"])]
    rows += [("gatys", steps, found) for steps, found in record["ours"].items()]
    lines = [f"{name:12} {n:4d} steps {found['processor']:8.1f} s  loss {found['loss']:.4f}" for name, n, found in rows]
    lines.append(f"times sooner: {record['times_sooner']}")
    sys.stdout.write((json.dumps(record) if arguments.json else "\n".join(lines)) + "\n")


if __name__ == "__main__":
    main()
