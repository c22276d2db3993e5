"""Rows of ``ops/bessel.py``."""

import math

from table.row import Row, Sample, table

HANDBOOK = "Abramowitz and Stegun 1964, Handbook of Mathematical Functions, tables 9.1 and 9.8, digits by mpmath 1.3"
I0, I1 = 1.2660658777520083356, 0.56515910399248502721
J0, J1 = 0.76519768655796655145, 0.44005058574493351596
K0, K1 = 0.42102443824070833334, 0.60190723019723457474
Y0, Y1 = 0.088256964215676957983, -0.78121282130028871655
E = math.e
ORDERS = (Sample((2, 3), order=0), Sample((2, 3), order=1), Sample((2, 3), order=3))
FIRST = {"order": 0}

ROWS = table(
    Row(name="bessel_i", at=(1.0,), static=FIRST, value=I0, slopes=(I1,), curvature=I0 - I1, source=HANDBOOK, samples=ORDERS),
    Row(name="bessel_j", at=(1.0,), static=FIRST, value=J0, slopes=(-J1,), curvature=J1 - J0, source=HANDBOOK, samples=ORDERS),
    Row(name="bessel_k", at=(1.0,), static=FIRST, value=K0, slopes=(-K1,), curvature=K0 + K1, source=HANDBOOK, samples=ORDERS, tied=(0.0,)),
    Row(name="bessel_y", at=(1.0,), static=FIRST, value=Y0, slopes=(-Y1,), curvature=Y1 - Y0, source=HANDBOOK, samples=ORDERS, tied=(0.0,)),
    Row(name="bessel_ie", at=(1.0,), static=FIRST, value=I0 / E, slopes=((I1 - I0) / E,), source=HANDBOOK, samples=ORDERS, tied=(0.0,)),
    Row(name="bessel_ke", at=(1.0,), static=FIRST, value=E * K0, slopes=(E * (K0 - K1),), source=HANDBOOK, samples=ORDERS, tied=(0.0,)),
)
