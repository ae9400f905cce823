"""Settings of training runs; free of torch, so flags can grow from them."""

from __future__ import annotations

from vidstyle.options import option, options


@options
class TrainOptions:
    """What every run of ``vidstyle train`` has."""

    steps: int = option(default=9000, at_least=1, help="Length of the run; the learning rate falls along it.")
    batch: int = option(default=4, at_least=1, help="Pictures of each kind per step.")
    size: int = option(default=160, at_least=64, unit="px", help="Side of the training crops; a multiple of 16.")
    learning_rate: float = option(default=1e-3, at_least=0, help="At its highest.")
    warmup: int = option(default=200, at_least=1, help="Steps in which the learning rate rises.")
    bf16: bool = option(default=False, help="Compute convolutions in bfloat16.")
    seed: int = option(default=1, at_least=0, help="Fixes the start, the order of pictures and the crops.")
    log_every: int = option(default=20, at_least=1, unit="steps", help="How often losses are logged.")
    save_every: int = option(default=500, at_least=1, unit="steps", help="How often a checkpoint is written.")


@options
class EncoderTraining(TrainOptions):
    """A run of ``vidstyle train encoder``."""

    layer_steps: int = option(
        default=1000, at_least=0, help="In which every layer is fitted by itself, beforehand; 0 for a run with --start."
    )


@options
class TransferTraining(TrainOptions):
    """What the networks for any style have in common."""

    style_weight: float = option(default=50.0, at_least=0, help="Of the style loss against the content loss's 1.")
    texture_weight: float = option(default=2.5, at_least=0, help="Of the covariance between features.")
    unrest_weight: float = option(default=200.0, at_least=0, help="Of fine texture where the content is empty.")
    detail_weight: float = option(default=0.1, at_least=0, help="Of the content loss at relu3_1.")
    identity_weight: float = option(default=4.0, at_least=0, help="Of painting a picture in its own style.")
    steadiness_weight: float = option(default=40.0, at_least=0, help="Of painting a moved, grainy picture alike.")


@options
class AdaINTraining(TransferTraining):
    """A run of ``vidstyle train adain``."""

    steadiness_weight: float = option(default=115.0, at_least=0, help="Of painting a moved, grainy picture alike.")


@options
class SANetTraining(TransferTraining):
    """A run of ``vidstyle train sanet``."""

    attention: str = option(
        default="cosine",
        choices=("cosine", "softmax"),
        help="How the content asks the style: bounded and steady, or SANet's own, sharper one.",
    )
    likeness_weight: float = option(default=0.1, at_least=0, help="Of a picture's features in its own style.")


@options
class FastTraining(TrainOptions):
    """A run of ``vidstyle train fast``."""

    style_size: int = option(
        default=256, at_least=32, unit="px", help="Shortest side of the style picture: the size of its strokes."
    )
    style_weight: float = option(default=30.0, at_least=0, help="Of the style loss against the content loss's 1.")
    texture_weight: float = option(default=3.0, at_least=0, help="Of the covariance between features.")
    detail_weight: float = option(default=0.2, at_least=0, help="Of the content loss at relu3_1.")
    unrest_weight: float = option(default=80.0, at_least=0, help="Of fine texture where the content is empty.")
    steadiness_weight: float = option(default=27.0, at_least=0, help="Of painting a moved, grainy picture alike.")
