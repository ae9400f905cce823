"""Motion between frames: optical flow, trust, cuts."""
