"""Video and pictures, in and out; the only folder that knows libav."""
