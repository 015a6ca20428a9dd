"""Other recognisers beside ours: the same crops, cores and machine, each in a process of its own.

worker.py      one process: opens a reader, then reads all crops whenever it is told to
ours.py        a model of the shelf, the daemon's way from bytes to text
rapid.py       RapidOCR's recogniser on its OpenVINO engine
tesseract.py   Tesseract 5, the program
easy.py        EasyOCR's english_g2
turns.py       all of them in turns, from outside
table.py       what came of it: Markdown and JSON
chart.py       the picture
"""
