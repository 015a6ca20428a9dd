"""The readers of one generation; each model is loaded once, whoever uses it."""

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from edged.annotate import snapshot
from edged.config import CameraSection, DetectorSection, ModelSection, ReadingSection, RecogniseSection, RulesSection
from edged.config.file import LoadedConfig
from edged.config.place_checks import References
from edged.config.rule_checks import Dictionaries
from edged.errors import FrameRejected
from edged.flow import segments, trial
from edged.flow.alone import doubted_alone
from edged.flow.at_once import AtOnce
from edged.flow.ctc import decode_greedy
from edged.flow.decode import decode
from edged.flow.detect import Detector
from edged.flow.model_files import LoadedModel, load_detector, load_model
from edged.flow.part_reader import PartReader
from edged.flow.preprocess import normalised
from edged.flow.reader import Reader
from edged.flow.recognise import Recogniser
from edged.flow.room import Room, admit_all
from edged.flow.rules import FieldRules, Rules
from edged.flow.share import Precedence, Share
from edged.flow.steps import Layout, Steps
from edged.flow.upright import upright
from edged.generation.types import Generation, Opened, OpenedDetector
from edged.layouts import detected, regions, whole
from edged.lib.clock import Clock, clock_synced
from edged.types import NO_TEXT, Corrected, ModelRef, Posteriors, Transcript

_TRIAL_SECONDS = 10.0  # shorter than a worker may go without a sign of life


class Builder:
    """Builds the readers of one generation; each model is loaded once, whoever uses it."""

    def __init__(
        self,
        shelf: Iterable[Path],
        section: RecogniseSection,
        *,
        config: str,
        clock: Clock,
        detector: DetectorSection | None = None,
        dictionaries: Dictionaries | None = None,
        references: References | None = None,
        before: Generation | None = None,
        wait: Callable[[float], object] = time.sleep,
        pages: bool = False,
        cameras: bool = False,
    ) -> None:
        """Look for models on *shelf*, for whole *pages* or not; *config* is the digest that readings carry; see `build_generation`.

        Where there are *cameras*, files take half of the requests of a recogniser, and give way to frames.
        """
        self._wanted = detector or DetectorSection()
        self._shelf, self._section, self._config, self._clock, self._wait = tuple(shelf), section, config, clock, wait
        self._dictionaries, self._references = dictionaries or {}, references or {}
        opened, detectors = (before.opened, before.detectors) if before else ((), ())
        self._pages, self._room, self._cameras = pages, Room(), cameras
        self._shares: dict[Recogniser, Share] = {}
        self._precedence = Precedence()
        self._before = {model.ref: Opened(model, one) for model, one in opened if (one.section, one.pages) == (section, pages)}
        self._before_detectors = {model.ref: OpenedDetector(model, one) for model, one in detectors if one.section == section}
        self._detector: OpenedDetector | None = None
        self._refs: dict[tuple[str, str], ModelRef] = {}
        self._opened: dict[ModelRef, Opened] = {}

    @classmethod
    def of(
        cls,
        loaded: LoadedConfig,
        shelf: Iterable[Path],
        clock: Clock,
        *,
        before: Generation | None = None,
        wait: Callable[[float], object] = time.sleep,
        pages: bool = False,
    ) -> "Builder":
        """What builds the readers of a configuration, with the models on *shelf*; see `build_generation`."""
        return cls(
            shelf,
            loaded.config.recognise,
            config=loaded.digest,
            detector=loaded.config.detector,
            dictionaries=loaded.dictionaries,
            references=loaded.references,
            clock=clock,
            before=before,
            wait=wait,
            pages=pages or any(source.layout == "detect" for source in loaded.config.sources.values()),
            cameras=bool(loaded.config.cameras),
        )

    def model(self, wanted: ModelSection) -> Opened:
        """The model and its recogniser, opened on first use; it has read its golden lines.

        Raises:
            ModelError: It is missing, damaged, or does not read its golden lines.
        """
        key = (wanted.name, wanted.precision)
        if key not in self._refs:
            model = load_model(self._shelf, *key, wait=self._wait)
            if model.ref not in self._opened:
                self._open(model)
            self._refs[key] = model.ref
        return self._opened[self._refs[key]]

    def _open(self, model: LoadedModel) -> None:
        shared = self._before.get(model.ref)
        if shared is not None:
            if shared.model.golden != model.golden:
                shared.recogniser.prove(model)
            shared.recogniser.adopt(model)
            self._opened[model.ref] = Opened(model, shared.recogniser)
            return
        recogniser = Recogniser(model, self._section, pages=self._pages)
        self._opened[model.ref] = Opened(model, recogniser)
        recogniser.open()

    def detector(self) -> OpenedDetector:
        """The model that finds text, opened on first use; it has found the texts of its golden pictures.

        Raises:
            ModelError: It is missing, damaged, or does not find them.
            FrameError: A golden picture is damaged.
        """
        if self._detector is None:
            model = load_detector(self._shelf, self._wanted.name, self._wanted.precision, wait=self._wait)
            shared = self._before_detectors.get(model.ref)
            self._detector = OpenedDetector(model, shared.detector if shared else Detector(model, self._section))
            if shared is None:
                self._detector.detector.open()
            elif shared.model.golden != model.golden:
                shared.detector.prove(model)
            model.ir.let_go()
        return self._detector

    def abandon(self) -> None:
        """Close what was opened in vain."""
        kept = [*(one for _, one in self._before.values()), *(one for _, one in self._before_detectors.values())]
        made: tuple[Recogniser | Detector, ...] = (*self.recognisers, *(one for _, one in self.detectors))
        for engine in made:
            if engine not in kept:
                engine.close()

    def reads(self, source: ReadingSection, wanted: ModelSection) -> Reader | PartReader:
        """Who reads one source: a camera's parts take several frames."""
        reader = self.reader(source, wanted)
        if not isinstance(source, CameraSection):
            return reader
        window = source.window
        return PartReader(
            inner=reader, most=window.frames, agree=min(window.agree, window.frames), clock=self._clock, precedence=self._precedence
        )

    def reader(self, source: ReadingSection, wanted: ModelSection) -> Reader:
        """The reader of one source, with the model *wanted*."""
        model, recogniser = self.model(wanted)
        shape = model.manifest.input
        rules = FieldRules({name: self._rules(field) for name, field in source.fields.items()}, self._rules(source.rules))

        def transcribe(posteriors: Posteriors) -> Transcript:
            seen = upright(posteriors, blank=model.manifest.blank_index, turned=model.turned_index)
            return decode_greedy(seen, charset=model.charset, blank=model.manifest.blank_index)

        def transcribe_found(posteriors: Posteriors) -> Transcript:
            try:
                return transcribe(posteriors)
            except FrameRejected:  # one line of several, and which way up it stands was asked before
                return NO_TEXT

        def correct_found(read: Transcript, field: str | None) -> Corrected:
            return doubted_alone(rules.correct(read, field), source.unsure_below)

        def prove(data: bytes) -> None:
            trial.survives(data, source.limits, timeout_seconds=_TRIAL_SECONDS)

        submit = recogniser.submit if isinstance(source, CameraSection) or not self._cameras else self._share(recogniser).submit
        at_once = AtOnce(
            prepared=partial(normalised, section=source.preprocess, height=shape.height),
            cut=partial(segments.cut, widest=shape.width_buckets[-1], overlap=shape.overlap),
            submit=submit,
            check=recogniser.check,
            join=partial(segments.join, overlap=shape.overlap // shape.stride),
            transcribe=transcribe_found,
        )
        steps = Steps(
            prove=prove,
            decode=lambda data, admit=admit_all: decode(data, source.limits, admit).image,
            layout=self._layout(source, recogniser, shape.height, at_once),
            cut=at_once.cut,
            submit=submit,
            join=at_once.join,
            transcribe=transcribe_found if source.layout == "detect" else transcribe,
            correct=correct_found if source.layout == "detect" else rules.correct,
            room=self._room,
            snap=snapshot if source.evidence.wanted else None,
        )
        return Reader(
            steps=steps,
            model=model.ref,
            calibrated=model.manifest.calibration is not None,
            config=self._config,
            unsure_below=source.unsure_below,
            fields=tuple(source.fields),
            apart=source.layout == "regions",
            empty=source.empty if source.layout == "detect" else None,
            clock=self._clock,
            synced=clock_synced,
        )

    def _share(self, recogniser: Recogniser) -> Share:
        """That of the files, one for all folders."""
        if recogniser not in self._shares:
            self._shares[recogniser] = Share(max(1, recogniser.requests // 2), recogniser.submit, recogniser.check, self._precedence)
        return self._shares[recogniser]

    def _layout(self, source: ReadingSection, recogniser: Recogniser, height: int, at_once: AtOnce) -> Layout:
        """From a frame to its text lines, of the height of the model; *at_once* tells which way up a page stands."""
        if source.layout == "regions":
            return regions(source, height, self._references[source.align.reference] if source.align else None)
        if source.layout == "detect":
            return detected(source, self.detector().detector, at_once, recogniser.rest)
        return whole(source, height)

    def _rules(self, section: RulesSection) -> Rules:
        file = section.dictionary_file
        return Rules(section, section.dictionary if file is None else self._dictionaries[file])

    @property
    def opened(self) -> tuple[Opened, ...]:
        """Those that were opened so far."""
        return tuple(self._opened.values())

    @property
    def detectors(self) -> tuple[OpenedDetector, ...]:
        """The one that finds text, where it was asked for."""
        return () if self._detector is None else (self._detector,)

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """Likewise, without their models."""
        return tuple(recogniser for _, recogniser in self._opened.values())
