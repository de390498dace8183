"""`polydesk simulate` has the exchange in the desk's own process, and a desk runs on uvloop, whose parts differ."""

from __future__ import annotations

import httpx
import pytest
import uvloop

from polydesk.testing.telephone.asterisk import AsteriskExchange
from polydesk.testing.telephone.twiml import TwilioExchange


@pytest.mark.parametrize("make", [TwilioExchange, AsteriskExchange])
def test_an_exchange_answers_there(make: type[TwilioExchange | AsteriskExchange]) -> None:
    async def ask() -> int:
        exchange = make()
        settings = await exchange.start("http://127.0.0.1:9/hooks/voice")
        address = settings.get("ari_url") or getattr(exchange, "root", "")
        try:
            async with httpx.AsyncClient(timeout=5) as caller:
                return (await caller.get(f"{address}/nothing")).status_code
        finally:
            await exchange.stop()

    assert uvloop.run(ask()) in (401, 404)
