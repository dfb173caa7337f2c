"""`python -m cxsim` is the command line."""

from cxsim.cli import main

if __name__ == "__main__":
    main()
