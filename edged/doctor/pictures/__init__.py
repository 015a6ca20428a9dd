"""`edged doctor IMAGE`: why a picture is read as it is, and what would make it better; each finding with its remedy.

sight.py    what is known of one picture after it was read
file.py     what the file is
layout.py   where text was found, and how high it is
quality.py  each measure beside its limit
reading.py  what was read, and where the doubt lies
trials.py   whether it reads better turned, enlarged, or with its contrast stretched
examine.py  all of it in order, and the verdict
"""
