"""Files in, files out. The only folder that imports av; `stills` does without it."""
