"""A camera."""

from typing import Literal

from pydantic import Field

from edged.config.reading import ReadingSection
from edged.config.trigger import TriggerSection, WindowSection
from edged.config.types import CameraUrl


class CameraSection(ReadingSection):
    """A camera, or what plays the part of one."""

    kind: Literal["camera"] = Field(description="folder or camera")
    url: CameraUrl = Field(
        description="rtsp://, rtsps://, http:// or https:// of a network camera; v4l2:///dev/v4l/by-id/… of one on USB; "
        "file:///… of a video or a folder of pictures"
    )
    trigger: TriggerSection = Field(default=TriggerSection(), description="what says that a part is there: each time, there is one reading")
    window: WindowSection = Field(default=WindowSection(), description="which frames of a part are read, and until when")
