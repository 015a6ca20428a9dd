"""What a model makes of labelled lines: `edged models eval`, and whatever judges one model against another.

rules.py        what counts as the same text, and which sources count
labelled.py     the folder: pictures, and tables that say what they show
score.py        right or wrong, a source at a time and over all
alignment.py    which character was taken for which
told.py         for people, and for programs

Nothing here reads a picture: that is done by the daemon's own steps, and only what they read comes here.
"""
