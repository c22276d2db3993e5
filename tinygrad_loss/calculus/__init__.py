"""Folds that differentiate: transforms of functions, one-sided truth at kinks, numerical checks."""
