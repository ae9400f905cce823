"""Settings of training runs; free of torch, so flags can grow from them."""

from __future__ import annotations

from vidstyle.options import option, options


@options
class TrainOptions:
    """A run of ``vidstyle train adain``."""

    steps: int = option(default=8000, at_least=1, help="Length of the run; the learning rate falls along it.")
    batch: int = option(default=4, at_least=1, help="Contents and styles per step.")
    size: int = option(default=160, at_least=64, unit="px", help="Side of the training crops; a multiple of 8.")
    learning_rate: float = option(default=1e-3, at_least=0, help="Of Adam, at its highest.")
    warmup: int = option(default=200, at_least=1, help="Steps in which the learning rate rises.")
    style_weight: float = option(default=80.0, at_least=0, help="Of the style loss against the content loss's 1.")
    detail_weight: float = option(default=0.1, at_least=0, help="Of the content loss at relu3_1.")
    identity_weight: float = option(default=4.0, at_least=0, help="Of painting a picture in its own style.")
    steadiness_weight: float = option(default=4.0, at_least=0, help="Of painting a moved, grainy picture alike.")
    bf16: bool = option(default=False, help="Compute convolutions in bfloat16.")
    seed: int = option(default=1, at_least=0, help="Fixes the start, the order of pictures and the crops.")
    log_every: int = option(default=20, at_least=1, unit="steps", help="How often losses are logged.")
    save_every: int = option(default=500, at_least=1, unit="steps", help="How often a checkpoint is written.")
