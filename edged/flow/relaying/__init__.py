"""What the relay joins: everything between outbox and broker that has no thread and no socket of its own.

parcel.py     one message on its way, and the lane it belongs to
delivery.py   the lane of readings that were never sent
suspects.py   the poison guard of that lane
notices.py    the lane of retained topics, events and answers
reconnect.py  when to knock at the broker's door again
"""
