"""A camera as a source: its capture runs in a process of its own (`edged.capture`), and this is our side of it.

states.py    the words for how a camera is doing
"""
