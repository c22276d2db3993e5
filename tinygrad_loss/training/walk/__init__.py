"""The walk from |x - y| to cross-entropy: each step is an ordinary function that computes its figures."""
