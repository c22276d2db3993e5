"""The optimisers and schedules that are compared with PyTorch's: names and settings that both libraries take."""

OPTIMISERS = {
    "sgd": ("SGD", {"lr": 0.1}),
    "sgd momentum": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    "sgd nesterov": ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "sgd maximize": ("SGD", {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.1, "maximize": True}),
    "adagrad": ("Adagrad", {"lr": 0.1, "lr_decay": 0.02, "weight_decay": 0.1, "initial_accumulator_value": 0.2}),
    "adagrad maximize": ("Adagrad", {"maximize": True}),
    "rmsprop": ("RMSprop", {"lr": 0.02, "alpha": 0.9}),
    "rmsprop centered": ("RMSprop", {"lr": 0.02, "centered": True, "momentum": 0.5, "weight_decay": 0.1}),
    "rmsprop maximize": ("RMSprop", {"momentum": 0.9, "maximize": True}),
    "adam": ("Adam", {"lr": 0.05}),
    "adam amsgrad": ("Adam", {"lr": 0.05, "betas": [0.7, 0.9], "eps": 1e-3, "weight_decay": 0.1, "amsgrad": True}),
    "adam maximize": ("Adam", {"lr": 0.05, "maximize": True}),
    "adamw": ("AdamW", {"lr": 0.05}),
    "adamw amsgrad": ("AdamW", {"lr": 0.05, "weight_decay": 0.3, "amsgrad": True, "maximize": True}),
}
"""Name of the case: class, settings."""

SCHEDULES = {
    "step": [("StepLR", {"step_size": 7, "gamma": 0.5})],
    "multistep": [("MultiStepLR", {"milestones": [3, 11, 12], "gamma": 0.3})],
    "exponential": [("ExponentialLR", {"gamma": 0.9})],
    "constant": [("ConstantLR", {"factor": 0.25, "total_iters": 4})],
    "linear": [("LinearLR", {"start_factor": 0.1, "end_factor": 0.8, "total_iters": 9})],
    "cosine": [("CosineAnnealingLR", {"T_max": 13, "eta_min": 0.01})],
    "restarts": [("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2, "eta_min": 0.02})],
    "one cycle": [("OneCycleLR", {"max_lr": 0.7, "total_steps": 40, "div_factor": 10.0})],
    "one cycle linear": [("OneCycleLR", {"max_lr": [0.7, 0.3], "epochs": 9, "steps_per_epoch": 5, "anneal_strategy": "linear"})],
    "one cycle three": [("OneCycleLR", {"max_lr": 0.7, "total_steps": 45, "three_phase": True, "pct_start": 0.4, "cycle_momentum": False})],
    "plateau": [("ReduceLROnPlateau", {"factor": 0.5, "patience": 2, "cooldown": 1, "min_lr": 0.01})],
    "plateau max": [("ReduceLROnPlateau", {"mode": "max", "patience": 1, "threshold": 0.1, "threshold_mode": "abs"})],
    "warm-up, cosine": [("LinearLR", {"start_factor": 0.1, "total_iters": 6}), ("CosineAnnealingLR", {"T_max": 35}), [6]],
    "three in turn": [
        ("ConstantLR", {"factor": 0.5, "total_iters": 100}),
        ("ExponentialLR", {"gamma": 0.8}),
        ("StepLR", {"step_size": 5}),
        [5, 15],
    ],
}
"""Name of the case: a schedule, or schedules in turn with the milestones last."""

STEPS = 40
LBFGS = {
    "lbfgs": {"lr": 0.05, "max_iter": 7},
    "lbfgs short memory": {"lr": 0.05, "max_iter": 7, "history_size": 3},
    "lbfgs strong wolfe": {"max_iter": 7, "line_search_fn": "strong_wolfe"},
    "lbfgs few evaluations": {"max_iter": 9, "max_eval": 6, "line_search_fn": "strong_wolfe", "history_size": 2},
}


def valley(x):
    """Two Rosenbrock valleys, so that curvature matters and line searches must interpolate."""
    return 5 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2 + 5 * (x[3] - x[2] ** 2) ** 2 + (1 - x[2]) ** 2


VALLEY_START = [-1.0, 2.0, 0.3, -0.7]


def metric(t):
    """A loss that falls, stalls and rises again: what a plateau is recognised by."""
    return 1 / (1 + t) if t < 8 else 0.12 + 0.002 * (t % 5)


def schedule_of(module, optimizer, parts):
    """Make the schedule of a case in either library."""
    if len(parts) == 1:
        name, settings = parts[0]
        return getattr(module, name)(optimizer, **settings)
    *stages, milestones = parts
    return module.SequentialLR(optimizer, [getattr(module, name)(optimizer, **s) for name, s in stages], milestones)


def rates(optimizer, schedule):
    """Return the rate of each group, and the momentum where it cycles, over the steps."""
    seen = []
    for t in range(STEPS):
        seen.append([[g["lr"], g.get("momentum", 0.0)] for g in optimizer.param_groups])
        optimizer.step()
        schedule.step(*([metric(t)] if type(schedule).__name__ == "ReduceLROnPlateau" else []))
    return seen
