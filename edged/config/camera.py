"""A camera."""

from typing import Literal

from pydantic import Field

from edged.config.reading import ReadingSection
from edged.config.trigger import TriggerSection, WindowSection
from edged.config.types import CameraUrl, ControlValue, Credential, FilePath, FourCc, Name, Section, Text


class DeviceSection(Section):
    """What a camera on USB is set to; what is left out stays as the camera has it."""

    format: FourCc | None = Field(default=None, description="four letters, as MJPG or YUYV")
    width: int | None = Field(default=None, ge=16, le=16_384, description="of its pictures, in pixels; goes with height")
    height: int | None = Field(default=None, ge=16, le=16_384, description="likewise; goes with width")
    fps: float | None = Field(default=None, ge=1, le=1000, description="frames per second")
    controls: dict[Name, ControlValue] = Field(
        default={}, description="set in this order: names as v4l2-ctl --list-ctrls says them, a number or the text of a menu's entry"
    )


class PlaySection(Section):
    """How a video or a folder of pictures is played."""

    pace: Literal["own", "fast"] = Field(default="own", description="own: as it was taken; fast: as fast as it is read, passing over none")
    fps: float = Field(default=1.0, ge=0.01, le=1000, description="of a folder of pictures with a pace of its own")
    loop: bool = Field(default=False, description="begin again at the end")


class CameraSection(ReadingSection):
    """A camera, or what plays the part of one."""

    kind: Literal["camera"] = Field(description="folder or camera")
    url: CameraUrl = Field(
        description="rtsp://, rtsps://, http:// or https:// of a network camera; v4l2:///dev/v4l/by-id/… of one on USB; "
        "file:///… of a video or a folder of pictures"
    )
    trigger: TriggerSection = Field(default=TriggerSection(), description="what says that a part is there: each time, there is one reading")
    window: WindowSection = Field(default=WindowSection(), description="which frames of a part are read, and until when")
    username: Text | None = Field(default=None, description="of a network camera; none asks without a user")
    password_file: FilePath | None = Field(default=None, description="file whose first line is the camera's password")
    password_credential: Credential | None = Field(default=None, description="name of the systemd credential with the camera's password")
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="with rtsp: udp loses packets and gains some milliseconds")
    open_seconds: float = Field(default=6.0, ge=1, le=120, description="a camera that is not open after this is unreachable")
    read_seconds: float = Field(default=4.0, ge=0.5, le=3600, description="without a frame for this long it is silent, and is opened anew")
    frozen_seconds: float = Field(default=30.0, ge=0, le=86_400, description="equal frames for this long are told; 0 tells nothing")
    black_seconds: float = Field(default=30.0, ge=0, le=86_400, description="black frames for this long are told; 0 tells nothing")
    v4l2: DeviceSection = Field(default=DeviceSection(), description="what a camera on USB is set to")
    file: PlaySection = Field(default=PlaySection(), description="how a video or a folder of pictures is played")
