"""``python -m tinygrad_loss`` is the command ``tinygrad-loss``."""

import sys

from tinygrad_loss.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
