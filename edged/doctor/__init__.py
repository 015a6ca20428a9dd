"""`edged doctor`: what would go wrong here, found by really trying; each finding with its remedy.

finding.py   the words of a finding
case.py      what is examined: configuration, running daemon, installed unit
table.py     how it is told
examine.py   all checks in their order; each stands in a file of its own

Nothing here disturbs a running daemon: its database is not opened, its MQTT name is not taken, its drop folders
see nothing but names that it leaves alone.
"""
