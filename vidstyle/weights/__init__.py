"""Trained weights: what exists, where it lies, and that it is what it claims to be."""
