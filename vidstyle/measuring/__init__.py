"""Judging a styled clip: what is measured of it frame by frame, summed up, held against limits, and shown."""
