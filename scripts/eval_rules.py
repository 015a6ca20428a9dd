"""Measure what patterns do to labelled lines: which become right, which become wrong, and how surely.

usage: eval_rules.py TREE [--models-dir DIR] [--model NAME] [--confusions default|none|seen]

Each source of TREE stands for a place whose texts have a known form: the lines whose labels meet a pattern are read by it, as a
commissioned line would. The `foreign` lines, whose labels do not meet it, tell how often a rule makes something fit that does not.
"""

import argparse
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edged.commands.evaluate import PLAIN, read
from edged.commands.pictures import opened
from edged.config import ModelSection, RulesSection
from edged.exam.labelled import labelled
from edged.flow.rules import Rules
from edged.generation import config_or_defaults
from edged.lib.pattern import compile_pattern
from edged.types import Corrected, Transcript

PATTERNS = {
    "expiry_codes": (
        r"\d{2} ?[/.-] ?\d{2} ?[/.-] ?\d{2,4}", r"\d{4}[/.-] ?\d{2}[/.-] ?\d{2}", r"\d{2}[:.]\d{2}(:\d{2})?", r"\d{6}( \d)?",
        r"(BEST BEFORE|EXP|MFG|DATE|PROD|BB)?:? ?\d{2}[/. -]+\d{2}[/. -]+\d{2,4}", r"[A-Z]\d{2}[A-Z]\d[A-Z]", r"[A-Z]\d{4,6}",
    ),
    "wire_markers": (r"\d[A-Z]\d{2}", r"-?[A-Z]{1,3}\d{1,4}", r"\d{2}[A-Z]\d{1,2}", r"-?[A-Z]{2}\d[A-Z]\d{2}", r"X\d{1,2}:\d{1,2}(:\d)?"),
    "meter_strips_semireal": (r"\d{4,7}",),
    "lcd_multimeter": (r"-?\d{0,3}\.\d{1,3}",),
    "lcd_energy_meter": (r"\d{3,8}(\.\d)?",),
    "plate_cn": (r"[一-鿿][A-Z][-·. ]?[A-Z0-9]{5}",),
    "plate_in": (r"[A-Z]{2}[-·. ]?\d{2}[-·. ]?[A-Z]{1,2}[-·. ]?\d{4}",),
    "plate_eu_br": (r"[A-Z]{3}[-·. ]?\d{4}", r"[A-Z]{2}[-·. ]?\d{3}[-·. ]?[A-Z]{2}"),
    "plate_us": (r"[A-Z]{3}[-·. ]?\d{3,4}", r"\d[A-Z]{3}\d{3}"),
}  # fmt: skip
SEPARATORS_ASIDE = {"plate_cn", "plate_in", "plate_eu_br", "plate_us"}  # their labels leave them out


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled line, read by one pattern."""

    right_before: bool
    right: bool
    corrected: Corrected


def same(text: str, label: str, source: str) -> bool:
    """Equal without spaces, and case counts: a rule decides it."""

    def plain(one: str) -> str:
        one = "".join(unicodedata.normalize("NFKC", one).split())
        return "".join(c for c in one if c.isalnum()) if source in SEPARATORS_ASIDE else one

    return plain(text) == plain(label)


def cases(transcripts: Mapping[str, Transcript], labels: Mapping[str, str], confusions: str) -> tuple[dict[str, list[Case]], Counter[str]]:
    """Per source the lines of each pattern; and over all sources what became of foreign lines."""
    found: dict[str, list[Case]] = {source: [] for source in PATTERNS}
    foreign: Counter[str] = Counter()
    for source, patterns in PATTERNS.items():
        for pattern in patterns:
            rules, compiled = Rules(RulesSection(pattern=pattern, confusions=confusions)), compile_pattern(pattern)
            for key, transcript in transcripts.items():
                corrected, label = rules.correct(transcript), labels[key]
                if compiled.matches(label) and key.startswith(f"{source}/"):
                    found[source].append(
                        Case(same(transcript.text, label, source), same(corrected.transcript.text, label, source), corrected)
                    )
                elif not compiled.matches(label) and transcript.text.strip() and not compiled.matches(transcript.text):
                    foreign["lines"] += 1
                    foreign["made to fit"] += bool(corrected.rules)
                    foreign["made to fit, at 0.8"] += bool(corrected.rules) and corrected.transcript.confidence >= 0.8
    return found, foreign


def report(found: Mapping[str, list[Case]], foreign: Counter[str]) -> None:
    """A table a source, then the corrections by their confidence."""
    print("| source | lines | right before | right after | made right | made wrong | changed, wrong before and after | unmet or tied |")
    print("|---|---|---|---|---|---|---|---|")
    for source, rows in (*found.items(), ("all", [case for some in found.values() for case in some])):
        changed = [case for case in rows if case.corrected.rules]
        print(
            f"| {source} | {len(rows)} | {sum(c.right_before for c in rows)} | {sum(c.right for c in rows)} "
            f"| {sum(c.right and not c.right_before for c in rows)} | {sum(c.right_before and not c.right for c in rows)} "
            f"| {sum(not c.right and not c.right_before for c in changed)} | {sum(c.corrected.doubt is not None for c in rows)} |"
        )
    changed = [case for rows in found.values() for case in rows if any(" -> " in rule for rule in case.corrected.rules)]
    print("\ncorrected characters, by the confidence of the text:")
    for low, high in ((0.0, 0.05), (0.05, 0.3), (0.3, 0.5), (0.5, 0.8), (0.8, 1.01)):
        inside = [case for case in changed if low <= case.corrected.transcript.confidence < high]
        print(f"  {low:4} to {min(high, 1):4}: {sum(case.right for case in inside)} right of {len(inside)}")
    print(f"\nforeign lines: {dict(foreign)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", type=Path)
    parser.add_argument("--models-dir", type=Path, default=None)
    parser.add_argument("--model", default=None)
    parser.add_argument("--confusions", choices=("default", "none", "seen"), default="default")
    arguments = parser.parse_args()
    lines = [line for line in labelled(arguments.tree) if line.source in PATTERNS]
    loaded = config_or_defaults(None)
    with opened(loaded, PLAIN, ModelSection(name=arguments.model or loaded.config.model.name), arguments.models_dir) as chain:
        transcripts = {line.key: reading.lines[0].transcript for line, reading in read(lines, chain) if reading.lines}
    labels = {line.key: line.text for line in lines}
    report(*cases(transcripts, labels, arguments.confusions))


if __name__ == "__main__":
    main()
