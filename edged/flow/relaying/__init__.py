"""What the relay joins: everything between outbox and broker that has no thread and no socket of its own.

lanes.py       which lane sends next
delivery.py    the lane of readings that the broker never took
suspects.py    the poison guard of that lane
redelivery.py  the lane of readings that no consumer confirmed
replay.py      the lane of readings that somebody asked for once more
signals.py     the lane of live signals
pictures.py    the lane of pictures: the newest of each topic
notices.py     the lane of retained topics, events and answers
retained.py    which retained topics may stand at the broker, and which of them are to be cleared
inbound.py     what comes in: confirmations and requests
flights.py     what is on its way
parcel.py      one message on its way, and what a lane is
words.py       what a relay is asked for, and what it tells
reconnect.py   when to knock at the broker's door again
"""
