"""Every loss, and the cases in which its value and slopes are asked for at every extreme."""

from losses.exact.classes import CLASSES
from losses.exact.divergences import DIVERGENCES
from losses.exact.forecasts import FORECASTS
from losses.exact.numbers import NUMBERS
from losses.exact.orders import ORDERS
from losses.exact.vectors import VECTORS

TABLE = NUMBERS | CLASSES | FORECASTS | DIVERGENCES | VECTORS | ORDERS
