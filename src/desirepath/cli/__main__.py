"""`python -m desirepath.cli` is the program `desirepath`."""

from desirepath.cli.app import main

if __name__ == "__main__":
    main()
