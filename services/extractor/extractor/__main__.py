"""`python -m extractor`, and the entry point of extractor.pex."""

from extractor.cli import main

if __name__ == "__main__":
    main()
