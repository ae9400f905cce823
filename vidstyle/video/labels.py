"""Words drawn into pictures."""

from __future__ import annotations

import cv2
import numpy as np
import torch

from vidstyle.types import Image

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_LINE = 24
"""Height of a label in pixels."""
_SCALE = 0.5
"""Of the font: letters about 12 pixels tall."""
_MARGIN = 6


def draw_label(image: Image, text: str) -> Image:
    """A copy with `text` at its top left, white on dark; cut short where the picture is too narrow.

    Characters beyond ASCII become question marks: the font that OpenCV brings has no others.
    """
    words = _fitting(text.encode("ascii", "replace").decode(), image.shape[2] - 2 * _MARGIN)
    if not words:
        return image.clone()
    (width, _), _ = cv2.getTextSize(words, _FONT, _SCALE, 1)
    height, width = min(_LINE, image.shape[1]), min(width + 2 * _MARGIN, image.shape[2])
    plate = np.full((height, width, 3), 24, np.uint8)
    cv2.putText(plate, words, (_MARGIN, _LINE - 8), _FONT, _SCALE, (255, 255, 255), 1, cv2.LINE_AA)
    labeled = image.clone()
    labeled[:, :height, :width] = torch.from_numpy(plate).to(image).permute(2, 0, 1) / 255
    return labeled


def _fitting(text: str, width: int) -> str:
    while text and cv2.getTextSize(text, _FONT, _SCALE, 1)[0][0] > width:
        text = text[:-1]
    return text
