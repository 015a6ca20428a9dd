"""What the daemon is made of beside the two ways of a datum; `edged.app` joins it.

opening.py       what the machine holds: outbox and folders
succession.py    which generation reads now
reloading.py     one reload
answering.py     what can be asked, and who answers
publishing.py    what a configuration means for the way to the broker
report.py        what the daemon says of itself
exporter.py      what it counts, as a text file
certificates.py  how long they are still good
"""
