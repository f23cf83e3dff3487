"""`python -m rawg_sandbox serve`."""

from rawg_sandbox.cli import main

if __name__ == "__main__":
    main()
