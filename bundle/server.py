"""What the desktop app starts, with the arguments of the bundle's manifest."""

from dermtools.cli import main

main()
