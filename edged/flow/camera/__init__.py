"""A camera as a source: its capture runs in a process of its own (`edged.capture`), and this is our side of it.

states.py    the words for how a camera is doing
order.py     what the process is told to open, from the camera's section
sight.py     whether frames show anything: frozen, black
redact.py    what FFmpeg prints, without passwords
causes.py    from that to a state and to what to do
course.py    what is to be done when, and what is told; pure
link.py      the process: started, listened to, ended
capture.py   all of it on a thread: a `FrameSource`
"""
