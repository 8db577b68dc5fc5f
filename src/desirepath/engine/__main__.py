"""`python -m desirepath.engine`: options from the command line, secrets from the environment."""

import sys

from desirepath.engine.options import parse
from desirepath.engine.process import run

if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:])))
