"""What the operator may say: every section with its keys, ranges and defaults.

types.py     the kinds of values
box.py, broker.py, folder.py, root.py    the sections, up to `Config`; all frozen, unknown keys refused
document.py  YAML as it was typed, with lines
checks.py    what no single key can tell
schema.py    the JSON Schema
words.py     an error as the operator reads it
file.py      from a file to a `Config`, or to every error in it

A step gets its own section, never the whole `Config`.
"""

from edged.config.box import ControlSection, LogSection, ModelSection, OutboxSection, RecogniseSection
from edged.config.broker import MqttSection, TlsSection
from edged.config.folder import FolderSection, LimitsSection, PreprocessSection, RetentionSection
from edged.config.root import SHIPPED, Config

__all__ = [
    "SHIPPED",
    "Config",
    "ControlSection",
    "FolderSection",
    "LimitsSection",
    "LogSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "PreprocessSection",
    "RecogniseSection",
    "RetentionSection",
    "TlsSection",
]
