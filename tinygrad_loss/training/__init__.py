"""The loop: models, losses, optimisers, data and pictures together; its history, its checkpoints, and how good the result is."""

from tinygrad_loss.training import checkpoint as checkpoint
from tinygrad_loss.training import metrics as metrics
from tinygrad_loss.training.evaluate import evaluate as evaluate
from tinygrad_loss.training.evaluate import predict as predict
from tinygrad_loss.training.history import History as History
