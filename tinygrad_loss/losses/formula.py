"""Formulas in LaTeX, as a terminal can write them."""

import re
from typing import Final

__all__ = ["in_plain_letters", "plain"]

WORDS: Final = {
    r"\\lfloor\s*": "floor(", r"\s*\\rfloor": ")", r"\\lceil\s*": "ceil(", r"\s*\\rceil": ")", r"\\cdot": "*", r"\\\|": "||",
    r"\\langle\s*": "<", r"\s*\\rangle": ">", r"\\le(?![a-z])": "<=", r"\\ge(?![a-z])": ">=", r"\\ne(?![a-z])": "!=",
    r"\\notin": "not in", r"\\to(?![a-z])": "->", r"\\otimes": "x", r"\\ell": "l", r"\\infty": "inf",
    r"\\binom\{([^{}]+)\}\{?([^{}])\}?": r"binom(\1, \2)",
    r"\\math(?:rm|bf|cal)\{(\w+)\}": r"\1", r"\\(?:operatorname|text)\{([^{}]+)\}": r"\1", r"\\[,;! ]": " ", r"\\left|\\right": "",
    r"\\var(?=[a-z])": "", r"\\([A-Za-z]+)": r"\1",
}  # fmt: skip
"""How a terminal writes what LaTeX writes otherwise, in this order."""
SCRIPTS: Final = {r"([_^])\{(\w\w?)\}": r"\1\2", r"([_^])\{([^{}]*)\}": r"\1(\2)", r"(?<![_^])\{([^{}]*)\}": r"\1"}
"""Braces, from the inside out."""
ARGUMENT: Final = re.compile(r"\s*(\\[A-Za-z]+|\{|.)")


def plain(formula: str) -> str:
    r"""Write a formula in a line of plain letters.

    >>> plain(r"\tfrac12 (r / c)^2 + \sqrt{\frac{c^2}{n + 1}}")
    '1/2 (r / c)^2 + sqrt(c^2/(n + 1))'
    """
    formula = opened(formula)
    for pattern, replacement in WORDS.items():
        formula = re.sub(pattern, replacement, formula)
    while "{" in formula and "}" in formula:
        before = formula
        for pattern, replacement in SCRIPTS.items():
            formula = re.sub(pattern, replacement, formula)
        if formula == before:
            break
    return " ".join(formula.split())


def in_plain_letters(text: str | None) -> str | None:
    r"""Write the formulas between dollars in a docstring as a terminal can show them.

    >>> in_plain_letters(r"Return $r^2/2$ up to $|r| = \delta$.")
    'Return r^2/2 up to |r| = delta.'
    """
    return text and re.sub(r"\$([^$]+)\$", lambda found: plain(found[1]), text)


def opened(formula: str) -> str:
    """Write fractions and roots with slashes and names, the inner ones first."""
    found = re.search(r"\\(?:[td]?frac(?![a-z])|sqrt(?![a-z]))(?:\[(\w+)\])?", formula)
    if found is None:
        return formula
    before, at = formula[: found.start()], found.end()
    first, at = argument(formula, at)
    if "sqrt" in found[0]:
        name = {None: "sqrt", "3": "cbrt"}.get(found[1], f"root{found[1]}")
        return before + f"{name}({opened(first)})" + opened(formula[at:])
    second, at = argument(formula, at)
    of_function = re.search(r"\\[A-Za-z]+\s*$", before)  # \log\frac12 is the logarithm of the whole fraction
    if of_function:
        return f"{before.rstrip()}({grouped(opened(first))}/{grouped(opened(second))})" + opened(formula[at:])
    gap = " " if re.match(r"[\w\\(|]", formula[at:]) else ""
    return before + f"{grouped(opened(first))}/{grouped(opened(second))}{gap}" + opened(formula[at:])


def argument(formula: str, at: int) -> tuple[str, int]:
    """Return what a command takes from a place on, without its braces, and where it ends."""
    found = ARGUMENT.match(formula, at)
    if found is None:
        return "", at
    if found[1] != "{":
        return found[1], found.end()
    depth, end = 1, found.end()
    while depth and end < len(formula):
        depth += {"{": 1, "}": -1}.get(formula[end], 0)
        end += 1
    return formula[found.end() : end - 1], end


def grouped(part: str) -> str:
    """Put a part of a fraction into parentheses where it would fall apart."""
    whole = re.fullmatch(r"(?:\d+|[A-Za-z]|\\[A-Za-z]+)(?:[_^](?:\w|\{[^{}]*\}))*|\|[^|]*\||\([^()]*\)|\\?\w+\([^()]*\)", part)
    return part if whole else f"({part})"
