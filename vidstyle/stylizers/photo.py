"""A photograph that stays one: regions take the colors and the light of the style, and every edge stays where it is.

Key frames are solved at a small size, see `Relight`; what is solved is a bilateral grid of affine color maps. Every
frame is shown through the grids of the last two key frames, carried along the motion, so a film costs little more than
a lookup at any size, and nothing can flicker but what changes slowly by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, final

import torch
import torch.nn.functional as F
from torch import Tensor

from vidstyle.device import Compute
from vidstyle.method_options import PhotoOptions
from vidstyle.ops.bilateral_grid import apply_affine, fit_grid, identity_grid, map_colors, sample_grid
from vidstyle.ops.filters import luma
from vidstyle.ops.lut import fit_table, look_up
from vidstyle.ops.relay import Relay
from vidstyle.stylizers.finite import check_finite, finite_image
from vidstyle.stylizers.relight import LEVELS, Relight
from vidstyle.types import Frame, Image, Motion, Reach, Step, Style

TABLE_STRIDE = 6
"""Every which image is solved for a table of colors: 4 of the 24 that stand for a clip."""

TABLE_POINTS = 17
"""Along each axis of the table of what an affine map for each level of light leaves: every second of a ``.cube``'s."""


class _Carried(NamedTuple):
    """A key frame's grid, and where its nodes' places have come from since."""

    grid: Tensor
    shift: Tensor
    """``(2, H, W)``: from each node to the place in the key frame that is there now, as shares of the frame."""

    def after(self, motion: Motion) -> _Carried:
        """One frame later."""
        size = (self.shift.shape[1], self.shift.shape[2])
        step = _at_nodes(motion, size)
        return self._replace(shift=step + _sampled(self.shift, step))

    def shown(self) -> Tensor:
        """The grid as it lies over this frame."""
        return _sampled(self.grid.flatten(0, 1), self.shift).view(self.grid.shape)


@final
class Photo:
    """Shows every frame through grids of color maps that were solved at key frames."""

    def __init__(self, options: PhotoOptions, style: Style, compute: Compute) -> None:
        check_finite(style, "photo cannot follow it")
        self._options = options
        self._style = style
        self._relight = Relight(options, style, compute)
        # Grids dissolve into one another all the time: there is no moment at which the look changes.
        self._relay = Relay(options.interval, options.interval)

    @property
    def reach(self) -> Reach:
        """Back to the key frame before the last."""
        return self._relay.reach

    def stylize(self, shot: Iterable[Step]) -> Iterator[Image]:
        """One image per step, in ``[0, 1]``; `InputError` for a frame with values that are no numbers."""
        keys: tuple[_Carried, ...] = ()
        before: int | None = None
        for step in shot:
            content, index = finite_image(step.frame, "photo cannot show it"), step.frame.index
            strength = self._options.strength * self._style.strength_at(step.frame)
            if self._options.strength == 0:
                yield content.clone()
                continue
            motion = step.motion
            keys = () if motion is None else tuple(key.after(motion) for key in keys)
            if not keys or self._relay.number(index) != before:
                keys = (*keys[-1:], self._key(step.frame))
            before = self._relay.number(index)
            yield self._shown(content, keys, (self._weight(index), strength))

    def color_map(self, images: Iterable[Image]) -> Callable[[Tensor], Tensor]:
        """The map of colors that comes nearest to what a shot of these images would be shown as.

        An affine map for each level of light, which holds for colors that the images lack, and a table of what the
        images' own colors are off by: light that was bent back into the range is no affine function of color.
        """
        solved = [self._relight.solve(image, self._style.weights) for image in islice(images, 0, None, TABLE_STRIDE)]
        with torch.no_grad():
            shown = [apply_affine(sample_grid(key.grid, luma(key.content).clamp(0, 1)), key.content) for key in solved]
            content, painted = (
                torch.cat([image.flatten(1) for image in each], 1)[:, None]
                for each in ([key.content for key in solved], shown)
            )
            affine = fit_grid(content, painted, (LEVELS, 1, 1))
            rest = fit_table(content.flatten(1), (painted - map_colors(affine, content)).flatten(1), TABLE_POINTS)
        grid, rest = self._weakened(affine, self._options.strength), rest * self._options.strength
        return lambda colors: map_colors(grid, colors.reshape(3, 1, -1)).view(colors.shape) + look_up(rest, colors)

    def _weight(self, index: int) -> float:
        """How much of the newest grid shows. It grows by equal steps, those to the next grid's first share included:
        with a relay's own weights the step where grids change was twice the others (seen from day into night)."""
        return (index % self._options.interval + 0.5) / self._options.interval

    def _key(self, frame: Frame) -> _Carried:
        regions = self._style.regions
        labels = None if regions is None else regions.of_frame(frame.index)
        grid = self._relight.solve(frame.image, self._style.weights_at(frame), labels).grid
        return _Carried(grid, torch.zeros_like(grid[:2, 0]))

    def _weakened(self, grid: Tensor, strength: float) -> Tensor:
        """The grid on its way from leaving everything as it is."""
        return torch.lerp(identity_grid(*grid.shape[1:]).to(grid), grid, strength)

    @torch.no_grad()
    def _shown(self, content: Image, keys: tuple[_Carried, ...], shares: tuple[float, float]) -> Image:
        weight, strength = shares
        grid = keys[-1].shown()
        if len(keys) > 1:
            grid = torch.lerp(keys[0].shown(), grid, weight)
        return map_colors(self._weakened(grid, strength), content).clamp_(0, 1)


def _at_nodes(motion: Motion, size: tuple[int, int]) -> Tensor:
    """The trusted motion around the nodes of a grid, ``(2, H, W)``, as shares of the frame; 0 where none is trusted.

    Nodes lie on the frame's border, the first and the last; the means are those of cells, half a cell inside.
    """
    height, width = motion.to_previous.shape[1:]
    scale = motion.to_previous.new_tensor((1 / width, 1 / height)).view(2, 1, 1)
    sums = F.adaptive_avg_pool2d(torch.cat((motion.to_previous * scale * motion.trust, motion.trust)), size)
    means = sums[:2] / (sums[2:] + 1e-3)
    nodes = _nodes(size, means.device)
    return F.grid_sample(means[None], nodes[None], mode="bilinear", padding_mode="border", align_corners=False)[0]


def _nodes(size: tuple[int, int], device: torch.device) -> Tensor:
    """Where the nodes of a grid lie, ``(H, W, 2)``: x and y, -1 and 1 on the border."""
    rows, columns = (torch.linspace(-1, 1, length, device=device) for length in size)
    return torch.stack((columns.expand(size[0], -1), rows[:, None].expand(-1, size[1])), 2)


def _sampled(values: Tensor, shift: Tensor) -> Tensor:
    """Values ``(C, H, W)`` at nodes, sampled `shift` away from each; their border goes on outward."""
    places = _nodes((shift.shape[1], shift.shape[2]), shift.device) + 2 * shift.permute(1, 2, 0)
    found = F.grid_sample(values[None], places[None], mode="bilinear", padding_mode="border", align_corners=True)
    return found[0]
