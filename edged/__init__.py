"""edged: pictures in, text over MQTT out, durably, on an edge box.

The map, in the order of events:

* ``flow/`` is the data path: source, decode, preprocess, recognise, ctc, outbox, relay, publish;
  ``flow/pipeline.py`` joins source to outbox, ``flow/relay.py`` joins outbox to broker.
* ``control/`` supervises, watches health and answers the control socket; it never sees ``flow``.
* ``shelf/`` builds models; ``app.py`` puts everything together, with what stands in ``daemon/``; ``cli.py`` is the only door for people.
* ``types/`` holds what flows, ``errors.py`` what goes wrong, ``config/`` what an operator may say.
"""

import sys

__version__ = "0.1.0"

# Importing openvino tells a web service that it was imported, and keeps an identity in the home folder for it.
# What is installed as None cannot be imported, and openvino goes without it: this box tells nobody anything.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
