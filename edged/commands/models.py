"""`edged models`: the shelf."""
