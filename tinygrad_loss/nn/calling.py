"""What a type checker is told of calling a module: it takes what its ``forward`` takes, and returns what that returns."""

from typing import ParamSpec, Protocol, TypeVar

__all__ = ["Forward", "Inputs", "Output_co"]

Inputs = ParamSpec("Inputs")
Output_co = TypeVar("Output_co", covariant=True)


class Forward(Protocol[Inputs, Output_co]):
    """What has a ``forward``."""

    def forward(self, *inputs: Inputs.args, **named: Inputs.kwargs) -> Output_co:
        """Compute the function."""
