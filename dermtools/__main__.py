"""`python -m dermtools`, for where no script is on the path."""

from dermtools.cli import main

if __name__ == "__main__":
    main()
