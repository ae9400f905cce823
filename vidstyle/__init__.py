"""Repaint video, time-lapses and image sequences in the manner of any style image, without flicker."""

__version__ = "0.1.0"
