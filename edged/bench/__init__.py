"""`edged bench`: what this box can do, each figure beside the raw limit of the same run.

lines.py     the pictures: text lines of mixed widths
raw.py       the limit: nothing but inference, with the settings that are fastest here
inside.py    the recogniser stage, and bytes to text, in this process
box.py       folder to PUBACK: a daemon and a broker of its own
process.py   what a process costs, as the kernel counts it
figures.py   the figures, and how they are told
drawing.py   the picture of them

Rounds of all variants take turns, so that what else runs on the box burdens all of them alike.
"""
