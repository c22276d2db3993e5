"""What the formulas of several losses are made of, in exact arithmetic."""

import mpmath as mp

FLOATS = 10**7
"""Exponents whose exponentials lie beyond every float."""
BEYOND = mp.mpf(10) ** 4342944


def exp(x):
    """e^x; where that lies beyond every float something else beyond them that still grows, at a small part of the cost."""
    if abs(x) <= FLOATS:
        return mp.exp(x)
    grown = BEYOND * x * x
    return grown if x > 0 else 1 / grown


def expm1(x):
    return mp.expm1(x) if abs(x) <= FLOATS else exp(x) - 1


def log(x):
    return mp.log(x) if x else -mp.inf


def sp(x):
    return max(x, mp.mpf(0)) + mp.log1p(exp(-abs(x)))


def sg(x):
    return exp(-sp(-x))


def xmul(a, b):
    """a b, 0 where either is 0."""
    return mp.mpf(0) if a == 0 or b == 0 else a * b


def xlog(a, b):
    """a log b with 0 log 0 = 0."""
    return xmul(a, log(b)) if a else mp.mpf(0)


def huber(r, d=1):
    return r * r / 2 if abs(r) <= d else d * (abs(r) - mp.mpf(d) / 2)


def focal(c, gamma=2):
    return (-expm1(-c)) ** gamma * c


def clamped(p, y):
    return -(y * max(log(p), -100) + (1 - y) * max(log(1 - p), -100))


HALF = mp.mpf(0.5)


def tweedie(m, y, p=3 * HALF):
    grown = y ** (2 - p) / ((1 - p) * (2 - p)) if y else mp.mpf(0)
    return 2 * (grown - y * m ** (1 - p) / (1 - p) + m ** (2 - p) / (2 - p))


def barron(r, a=2 * HALF):
    b = abs(a - 2)
    return b / a * ((r * r / b + 1) ** (a / 2) - 1)


def lse(z):
    """log sum exp, of what is not minus infinity."""
    top = max(z)
    return top if mp.isinf(top) else top + mp.log(mp.fsum(exp(v - top) for v in z))


def shares(z):
    """The softmax."""
    norm = lse(z)
    return [exp(v - norm) for v in z]


def dot(a, b):
    return mp.fsum(x * y for x, y in zip(a, b, strict=True))


def apart(a, b):
    return mp.sqrt(mp.fsum((x - y) ** 2 for x, y in zip(a, b, strict=True)))


def cosine(a, b):
    return dot(a, b) / mp.sqrt(dot(a, a) * dot(b, b))
