"""Procedural pictures: the style images of this project, painted by its own code."""
