"""The broker and how we meet it."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from edged.config.types import Credential, FilePath, Host, Name, Section, Text, TopicBase, as_typed


class TlsSection(Section):
    """TLS to the broker; the section's presence switches it on."""

    ca_file: FilePath | None = Field(default=None, description="PEM of the authority; none takes the system's")
    cert_file: FilePath | None = Field(default=None, description="PEM of the client certificate")
    key_file: FilePath | None = Field(default=None, description="PEM of the client key")


class HomeAssistantSection(Section):
    """Device discovery of Home Assistant."""

    enabled: bool = Field(default=False, description="announce the device with its sources and fields")
    prefix: TopicBase = Field(default="homeassistant", description="start of its discovery topics")
    birth_topic: TopicBase = Field(
        default="homeassistant/status", description="where it says that it is online; all is announced again then"
    )


class MqttSection(Section):
    """The broker and how we meet it."""

    host: Host = Field(default="localhost", description="name or address of the broker")
    port: int = Field(default=1883, ge=1, le=65535, description="8883 is usual with tls")
    protocol: Annotated[Literal["5", "3.1.1"], BeforeValidator(as_typed)] = Field(
        default="5", description="3.1.1 only for brokers that cannot do 5"
    )
    base: TopicBase | None = Field(default=None, description="start of all topics; none means edged/<device>")
    client_id: Name | None = Field(default=None, description="stable and unique on the broker; none means edged-<device>")
    username: Text | None = Field(default=None, description="none connects without a user")
    password_file: FilePath | None = Field(default=None, description="file whose first line is the password")
    password_credential: Credential | None = Field(default=None, description="name of the systemd credential with the password")
    keepalive_seconds: int = Field(default=30, ge=5, le=3600, description="a dead connection is noticed after about 1.5 times this")
    connect_timeout_seconds: float = Field(default=5.0, ge=1, le=60, description="for the TCP and TLS handshake")
    retry_max_seconds: float = Field(
        default=60.0, ge=1, le=3600, description="longest pause between two connects; the pause is random below it"
    )
    live_seconds: int = Field(
        default=10, ge=1, le=86400, description="how long the broker keeps a live signal (field, verdict) for a subscriber"
    )
    live_retained: bool = Field(default=False, description="whether the broker keeps the last live signal of each topic, for live_seconds")
    unread_token: Text = Field(default="?", description="what a field says that was not read or cannot be trusted")
    app_ack: bool = Field(default=False, description="readings count as delivered only once a consumer publishes their ids on <base>/ack")
    ack_timeout_seconds: float = Field(
        default=60.0, ge=1, le=86_400, description="with app_ack: unconfirmed readings are sent again after this, then after ever longer"
    )
    require_subscriber: bool = Field(
        default=False, description="readings wait while the broker says that nobody subscribes to their topic; protocol 5 only"
    )
    control: bool = Field(default=False, description="take requests over MQTT that change something: reload, replay")
    request_max_age_seconds: float = Field(
        default=30.0, ge=1, le=3600, description="such a request must carry a timestamp this fresh, or an expiry"
    )
    home_assistant: HomeAssistantSection = Field(
        default=HomeAssistantSection(), description="what Home Assistant is told, so that it shows the device by itself"
    )
    tls: TlsSection | None = Field(default=None, description="none connects without TLS")
