"""Whether a camera that sends frames shows anything: equal or black ones for too long."""

from edged.flow.camera.states import CameraState


class Sight:
    """Watches frames as they come; pure."""

    def __init__(self, frozen_seconds: float, black_seconds: float) -> None:
        """0 switches either off."""
        self._frozen, self._black = frozen_seconds, black_seconds
        self._digest: int | None = None
        self._same_since = 0.0
        self._dark_since: float | None = None

    def limits(self, frozen_seconds: float, black_seconds: float) -> None:
        """Go by these from now on."""
        self._frozen, self._black = frozen_seconds, black_seconds

    def seen(self, digest: int, dark: bool, at: float) -> CameraState | None:
        """A frame came at this time; what is wrong with it and those before, black before frozen."""
        if digest != self._digest:
            self._digest, self._same_since = digest, at
        if not dark:
            self._dark_since = None
        elif self._dark_since is None:
            self._dark_since = at
        if self._black and self._dark_since is not None and at - self._dark_since >= self._black:
            return CameraState.BLACK
        if self._frozen and at - self._same_since >= self._frozen:
            return CameraState.FROZEN
        return None
