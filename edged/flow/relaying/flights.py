"""What is on its way and has no receipt yet. Used by the relay's thread only."""

from dataclasses import dataclass

from edged.flow.relaying.parcel import Parcel


@dataclass(frozen=True, slots=True)
class _Flight:
    parcel: Parcel
    since: float  # monotonic


class Flights:
    """Parcels by their ticket."""

    def __init__(self) -> None:
        self._flights: dict[int, _Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def add(self, ticket: int, parcel: Parcel, now: float) -> None:
        """It was given to the publisher."""
        self._flights[ticket] = _Flight(parcel, now)

    def landed(self, ticket: int) -> Parcel | None:
        """Its receipt came; None where nobody waits for it."""
        flight = self._flights.pop(ticket, None)
        return flight.parcel if flight else None

    def parcels(self) -> list[Parcel]:
        """All of them."""
        return [flight.parcel for flight in self._flights.values()]

    def overdue(self, before: float) -> list[Parcel]:
        """Those that went off before that time."""
        return [flight.parcel for flight in self._flights.values() if flight.since <= before]

    def lost(self) -> list[Parcel]:
        """The connection ended: none of them has a receipt, or will have one."""
        parcels = self.parcels()
        self._flights.clear()
        return parcels
