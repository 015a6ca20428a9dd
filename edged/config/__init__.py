"""What the operator may say: every section with its keys, ranges and defaults.

types.py     the kinds of values
box.py, broker.py, camera.py, evidence.py, folder.py, places.py, quality.py, reading.py, rules.py, trigger.py
             with root.py   the sections, up to `Config`; all frozen, unknown keys refused
document.py  YAML as it was typed, with lines
effects.py   what a changed key takes: live, reconnect, restart
checks.py, camera_checks.py, place_checks.py, rule_checks.py, trigger_checks.py   what no single key can tell
passwords.py  how a password comes
schema.py    the JSON Schema
words.py     an error as the operator reads it
layers.py    the main file with what edged wrote itself on top
file.py      from the files to a `Config`, or to every error in them
merged.py    what is in effect, with who said what
last_good.py, start.py    what the daemon starts with when the files are bad

A step gets its own section, never the whole `Config`.
"""

from edged.config.box import ControlSection, DetectorSection, LogSection, MetricsSection, ModelSection, OutboxSection, RecogniseSection
from edged.config.broker import HomeAssistantSection, MqttSection, TlsSection
from edged.config.camera import CameraSection, DeviceSection, PlaySection
from edged.config.evidence import EvidenceSection
from edged.config.folder import FolderSection, RetentionSection
from edged.config.places import AlignSection
from edged.config.quality import QualitySection
from edged.config.reading import LimitsSection, PreprocessSection, ReadingSection
from edged.config.root import SHIPPED, Config
from edged.config.rules import FieldSection, RulesSection
from edged.config.trigger import TriggerSection, WindowSection

__all__ = [
    "SHIPPED",
    "AlignSection",
    "CameraSection",
    "Config",
    "ControlSection",
    "DetectorSection",
    "DeviceSection",
    "EvidenceSection",
    "FieldSection",
    "FolderSection",
    "HomeAssistantSection",
    "LimitsSection",
    "LogSection",
    "MetricsSection",
    "ModelSection",
    "MqttSection",
    "OutboxSection",
    "PlaySection",
    "PreprocessSection",
    "QualitySection",
    "ReadingSection",
    "RecogniseSection",
    "RetentionSection",
    "RulesSection",
    "TlsSection",
    "TriggerSection",
    "WindowSection",
]
