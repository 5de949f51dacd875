"""`python -m seinfer` is `seinfer`."""

from .cli.app import main

main()
