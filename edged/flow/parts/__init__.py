"""A camera as a source of parts: what triggers, which frames belong to a part, what is kept of it.

```
FrameSource -> Watch -> trigger ......> Camera: one delivery per part
                  └───> window: the frames of the part, the sharpest first -> part_reader.py
```

looks.py     what is seen in a frame before anything is read
triggers/    what says that a part is there
window.py    the frames of one part
watch.py     shows each frame to the trigger and to the open windows
journal.py   triggers that have no reading yet, over a restart
source.py    the source
"""
