"""The phones a make-believe Asterisk rings, each as `Exchange.phones` says that it behaves."""

from __future__ import annotations

from collections.abc import Callable

from polydesk.testing.telephone.ari_objects import Channel
from polydesk.testing.telephone.ari_pbx import BUSY, CONGESTION, NO_ANSWER, NORMAL, REJECTED, Pbx
from polydesk.testing.telephone.exchange import Behaviour, Exchange

_RINGS_AFTER = 0.3
_CAUSES = {"busy": BUSY, "fails": CONGESTION, "declines": REJECTED}
PicksUp = Callable[[str, Channel], None]


class Phones:
    """`exchange` says how they behave, `picks_up` is told of whoever lifts a receiver."""

    def __init__(self, pbx: Pbx, exchange: Exchange, picks_up: PicksUp) -> None:
        self._pbx, self._exchange, self._picks_up = pbx, exchange, picks_up

    def ring(self, id: str, query: dict[str, str]) -> Channel:
        """Originate."""
        who = self.who(query["endpoint"])
        it = self._exchange.phones.get(who, self._exchange.anyone)
        name = f"{query['endpoint'].partition('@')[0]}-{len(self._pbx.channels):08x}"
        channel = Channel(
            id, name, query.get("app", ""), query.get("callerId", ""), state="Down", began=self._pbx.now()
        )
        self._pbx.channels[id] = channel
        later, most = self._pbx.later, float(query.get("timeout", "30"))
        if it.does not in ("busy", "fails"):
            channel.timers.append(later(min(_RINGS_AFTER, it.after / 2), lambda: self._rings(channel)))
        if (cause := _CAUSES.get(it.does)) is not None:
            wait = it.after if it.does == "declines" else _RINGS_AFTER
            channel.timers.append(later(wait, lambda: self._pbx.hang_up(channel, cause)))
        elif it.does in ("answers", "machine") and it.after < most:
            args = query.get("appArgs", "").split(",")
            channel.timers.append(later(it.after, lambda: self._answered(channel, who, it, args)))
        else:
            # Older ones say nothing of why a phone that rang in vain fell silent.
            silent = self._pbx.chance.choice((0, NO_ANSWER))
            channel.timers.append(later(most, lambda: self._pbx.hang_up(channel, silent)))
        return channel

    def who(self, endpoint: str) -> str:
        """Which of the phones an endpoint of Asterisk is."""
        name = endpoint.partition("/")[2].partition("@")[0]
        if name[:1] in "+0123456789":
            return f"number:{name}" if f"number:{name}" in self._exchange.phones else name
        for known in self._exchange.phones:
            kind, _colon, address = known.partition(":")
            if kind in ("sip", "client") and address.partition("@")[0] == name:
                return known
        return f"client:{name}"

    def _rings(self, channel: Channel) -> None:
        channel.state = "Ringing"
        self._pbx.tell(channel.app, "Dial", peer=channel.shown(), dialstatus="RINGING", dialstring="", forward="")
        self._pbx.set_state(channel, "Ringing")

    def _answered(self, channel: Channel, who: str, it: Behaviour, args: list[str]) -> None:
        self._picks_up(who, channel)
        self._pbx.set_state(channel, "Up")
        self._pbx.into_application(channel, args)
        if it.talks is not None:
            channel.timers.append(self._pbx.later(it.talks, lambda: self._pbx.hang_up(channel, NORMAL, asked=True)))
