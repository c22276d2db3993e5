"""How people who know PyTorch spell things, and what that is here: the methods, the hints and the page come from one table."""

from tinygrad_loss.spelling.methods import install as install
