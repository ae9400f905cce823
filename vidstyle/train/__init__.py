"""Training of the networks that vidstyle ships. Importable without av."""
