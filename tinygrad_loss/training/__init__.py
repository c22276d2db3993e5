"""The loop: models, losses, optimisers, data and pictures together."""
