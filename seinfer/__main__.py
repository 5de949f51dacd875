"""`python -m seinfer` is `seinfer`."""

from .cli import main

main()
