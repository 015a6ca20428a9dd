"""The publisher keeps the contract in both protocols, and so does the double that stands for it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edged.config import MqttSection
from edged.flow.publish import MqttPublisher
from tests.contracts.publisher_contract import PublisherContract, PublisherRig
from tests.doubles.broker import Broker
from tests.doubles.fake_publisher import FakePublisher


class FakeRig(PublisherRig):
    def __init__(self) -> None:
        super().__init__()
        self.publisher = self.fake = FakePublisher()

    def broker_goes(self) -> None:
        self.fake.up = False
        self.fake.lose()

    def broker_comes(self) -> None:
        self.fake.up = True


class MqttRig(PublisherRig):
    def __init__(self, folder: Path, protocol: str) -> None:
        super().__init__()
        self.broker = Broker(folder).start()
        self.publisher = MqttPublisher(MqttSection(host="127.0.0.1", port=self.broker.port, protocol=protocol), "contract")

    def broker_goes(self) -> None:
        self.broker.kill()

    def broker_comes(self) -> None:
        self.broker.start()

    def close(self) -> None:
        self.publisher.close(5)
        self.broker.stop()


class TestFakePublisher(PublisherContract):
    @pytest.fixture
    def rig(self) -> PublisherRig:
        return FakeRig()


class TestMqttPublisher(PublisherContract):
    @pytest.fixture(params=["5", "3.1.1"])
    def rig(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PublisherRig]:
        made = MqttRig(tmp_path, request.param)
        yield made
        made.close()
