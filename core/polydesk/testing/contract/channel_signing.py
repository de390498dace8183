"""Clauses about who may bring something: only who proves it, over these bytes, with today's key."""

from __future__ import annotations

import msgspec

from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.live import signal
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.shapes import Knock, Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import skip_unless, want

_FORGERY = "anyone can call a public address; a forged message would be shown as a customer's own words"


class Signing(ChannelAuthor):
    """Calls that are not proved are refused, and leave nothing behind."""

    async def test_signing__a_signed_call_is_taken(self, stage: Stage) -> None:
        """Otherwise the rest proves nothing."""
        knock = await self.__knock(stage)
        status = await stage.knock(knock)
        want(
            200 <= status < 300,
            "a call with the right proof is answered with 2xx",
            why="the service comes again until it is, and then gives up",
            seen=status,
            clause="signing",
        )

    async def test_signing__a_call_without_proof_is_refused(self, stage: Stage) -> None:
        """No signature at all."""
        await self.__refused(stage, self.unsigned(await self.__knock(stage)), "a call without any proof")

    async def test_signing__a_forged_call_is_refused(self, stage: Stage) -> None:
        """Signed with another key, or with an empty one."""
        knock = await self.__knock(stage)
        for key in ("another-key-than-ours", ""):
            settings = msgspec.structs.replace(stage.account.settings, **{self.secret: key})
            forged = self.signed(knock, settings, stage.url(knock))
            await self.__refused(stage, forged, f"a call signed with {key!r}")

    async def test_signing__an_account_without_a_key_believes_nobody(self, stage: Stage) -> None:
        """The field was left empty: an empty key is known to everyone."""
        knock = await self.__knock(stage)
        bare = msgspec.structs.replace(stage.account.settings, **{self.secret: ""})
        account = msgspec.structs.replace(stage.account, settings=bare)
        forged = self.signed(knock, bare, stage.url(knock))
        answer = await stage.channel.webhook(stage.call(forged), [account])
        want(
            not answer.deliveries and answer.status >= 400,
            "with an empty key no call is believed",
            why=_FORGERY,
            seen=answer,
            clause="signing",
        )

    async def test_signing__a_proof_for_other_bytes_is_refused(self, stage: Stage) -> None:
        """Somebody who saw one call must not be able to write others."""
        skip_unless(self.secret and self.signs_body, "the proof does not cover the body (`signs_body`)")
        first = await self.__knock(stage)
        other = await self.__knock(stage, "another text", "other")
        await self.__refused(stage, msgspec.structs.replace(first, body=other.body), "a signature over another body")

    async def test_signing__the_key_of_yesterday_is_refused(self, stage: Stage) -> None:
        """A key is changed because somebody else knows it."""
        old = await self.__knock(stage)
        changed = msgspec.structs.replace(stage.account.settings, **{self.secret: "the-key-of-today"})
        await channels.save_account(
            stage.owner,
            channel=stage.channel.name,
            client=stage.account.client,
            market=None,
            name="Contract",
            settings=changed,
            account=stage.account.id,
        )
        signal(0, "accounts")
        await self.__refused(stage, old, "a call signed with the key before the present one")
        new = self.signed(old, changed, stage.url(old))
        status = await stage.knock(new)
        want(
            200 <= status < 300,
            "after the key was changed, calls signed with the new one are taken",
            why="a channel that remembers old settings is deaf",
            seen=status,
            clause="signing",
        )

    async def __knock(self, stage: Stage, text: str = "signed", id: str = "signed") -> Knock:
        skip_unless(self.secret, "nothing calls this channel (`secret`)")
        want(
            type(stage.channel).webhook is not Channel.webhook,
            "a channel with a signing secret overrides `webhook`",
            why="that is where it is checked",
            clause="signing",
        )
        came = await self.comes(Said(id=id, text=text))
        assert isinstance(came, Knock), "with `secret`, comes() answers a Knock"
        return came

    async def __refused(self, stage: Stage, knock: Knock, what: str) -> None:
        status = await stage.knock(knock)
        want(400 <= status < 500, f"{what} is refused with a 4xx", why=_FORGERY, seen=status, clause="signing")
        want(
            not await stage.arrivals(),
            f"{what} leaves nothing behind",
            why=_FORGERY,
            seen=await stage.arrivals(),
            clause="signing",
        )
