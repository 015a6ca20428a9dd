"""`python -m edged`."""

from edged.cli import program

if __name__ == "__main__":
    program()
