"""What runs in a camera's own process, `python -m edged.capture`: the only door of OpenCV's video input, and so of FFmpeg.

It may block, crash and leak as it likes: the other side (`edged.flow.camera`) kills it and starts it again.

channel.py   messages and descriptors over a socket
protocol.py  what is said on it
ring.py      frames in shared memory
address.py   where FFmpeg is sent, with the password
players.py   the three kinds of cameras, opened by what they are: video.py, v4l2_camera.py, pictures.py
v4l2.py      the controls of a USB camera
look.py      what is cheaply known of a frame
session.py   the loop: an order, its frames, its end

Only channel, protocol and ring are for the other side, too.
"""
