"""What can be asked of the daemon, over its socket and over MQTT, and who answers."""

from collections.abc import Mapping, Sequence

from edged.config import Config
from edged.control.requests import RequestDesk
from edged.control.verbs import Verb
from edged.daemon.publishing import desk_rules
from edged.daemon.succession import Succession
from edged.flow.folder.retry import retry_verb
from edged.flow.outbox import Outbox
from edged.flow.parts.source import Camera
from edged.flow.ports import ReportedSource
from edged.flow.read_verb import ReadVerb
from edged.flow.relay import Relay
from edged.flow.replay_verb import ReplayVerb
from edged.flow.trigger_verb import TriggerVerb
from edged.lib.clock import Clock, clock_synced


def verbs(config: Config, sources: Sequence[ReportedSource], outbox: Outbox, relay: Relay, clock: Clock) -> dict[str, Verb]:
    """What both ways do to files, cameras and readings."""
    return {
        "replay": ReplayVerb(outbox, clock=clock, synced=clock_synced, told=lambda stop: relay.replay(stop=stop)),
        "retry": retry_verb(config.folders),
        "trigger": TriggerVerb({source.name: source for source in sources if isinstance(source, Camera)}),
    }


def read_verb(config: Config, sources: Sequence[ReportedSource], succession: Succession, clock: Clock) -> Verb:
    """Reads a picture that comes with the question."""
    names = [source.name for source in sources]
    return ReadVerb(names, succession.lease, device=config.device, clock=clock, check=succession.check)


def request_desk(config: Config, known: Mapping[str, Verb], relay: Relay, clock: Clock) -> RequestDesk:
    """Who answers what is asked over MQTT; a slow verb has a thread of its own there."""
    desk = RequestDesk(known, desk_rules(config), answer=relay.answer, event=relay.event, clock=clock, synced=clock_synced)
    relay.on_request(desk.offer)
    return desk
