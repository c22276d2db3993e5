"""tinygrad_loss: a small autograd framework on NumPy that tells the truth about loss functions."""

from tinygrad_loss import context as context
from tinygrad_loss import errors as errors
from tinygrad_loss import ops as ops
from tinygrad_loss.calculus.functional import grad as grad
from tinygrad_loss.calculus.functional import hessian as hessian
from tinygrad_loss.calculus.functional import hvp as hvp
from tinygrad_loss.calculus.functional import jacobian as jacobian
from tinygrad_loss.calculus.functional import jvp as jvp
from tinygrad_loss.calculus.functional import value_and_grad as value_and_grad
from tinygrad_loss.calculus.functional import vjp as vjp
from tinygrad_loss.context import at_kinks as at_kinks
from tinygrad_loss.context import enable_grad as enable_grad
from tinygrad_loss.context import no_grad as no_grad
from tinygrad_loss.engine.tensor import Tensor as Tensor
from tinygrad_loss.engine.tensor import tensor as tensor
