"""``python -m streamblur``."""

from streamblur.cli import main

if __name__ == "__main__":
    main(prog_name="streamblur")
