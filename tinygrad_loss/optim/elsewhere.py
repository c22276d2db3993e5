"""What to type for optimisers and schedules of PyTorch's that are not here."""

from typing import Final

__all__ = ["OF_THE_ROOM"]

OF_THE_ROOM: Final = {
    "LRScheduler": "type tl.optim.Schedule",
    "ChainedScheduler": "type tl.optim.LambdaLR(optimizer, lambda t: first(t) * second(t))",
    "MultiplicativeLR": "type tl.optim.LambdaLR(optimizer, lambda t: factor**t)",
    "PolynomialLR": "type tl.optim.LambdaLR(optimizer, lambda t: (1 - min(t, steps) / steps) ** power)",
    "CyclicLR": "type tl.optim.OneCycleLR(optimizer, max_lr, total_steps), or tl.optim.CosineAnnealingWarmRestarts(optimizer, T_0)",
    **dict.fromkeys(("Adamax", "NAdam", "RAdam", "Adafactor", "SparseAdam", "Muon"), "type tl.optim.Adam or tl.optim.AdamW"),
    **dict.fromkeys(("Adadelta", "Rprop"), "type tl.optim.RMSprop"),
    "ASGD": "type tl.optim.SGD",
}
"""By name in ``tl.optim`` and ``tl.optim.lr_scheduler``."""
