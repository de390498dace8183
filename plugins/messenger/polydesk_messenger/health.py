"""Ask Meta how a page is: when it is set up, step by step; afterwards every quarter of an hour."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, AccountNews, CheckResult, Fact
from polydesk_messenger import codes, graph
from polydesk_messenger.graph import GraphFailure
from polydesk_messenger.settings import PageSettings

_UNREACHED = (http.NotReached, http.NoAnswer, http.TooLarge)


async def inspect(account: Account) -> AccountNews:
    """Its name, and whether Meta still calls us: after an hour of failures it stops, and has to be asked to go on."""
    settings = account.settings
    try:
        told = await graph.call(settings, "GET", graph.node(account), query=[("fields", "name,username")])
        facts = [_fact("name", Text(N_("Name")), Text("{value}", {"value": str(told.get("name") or "")}), "")]
        if await _subscribed(settings, graph.node(account)):
            facts.append(_fact("subscription", _CALLS, Text(N_("yes")), "good"))
        else:
            await _subscribe(settings, graph.node(account))
            words = Text(N_("It had stopped; asked again just now. Messages of the time between may be missing."))
            facts.append(_fact("subscription", _CALLS, words, "warn"))
    except _UNREACHED as error:
        raise TryLater(graph.unreached(error)) from error
    except GraphFailure as failure:
        if codes.meaning(failure.code, failure.subcode) in ("later", "slower") or failure.code == -1:
            raise TryLater(graph.unreached(failure)) from failure
        return AccountNews(trouble=Text("{words}", {"words": failure.words}))
    return AccountNews(facts=tuple(facts), trouble=Text(""))


_CALLS = Text(N_("Meta calls this desk"))


def _fact(name: str, label: Text, value: Text, tone: Any) -> Fact:
    return Fact(name=name, label=label, value=value, tone=tone)


async def _subscribed(settings: PageSettings, node: str) -> bool:
    answer = await graph.call(settings, "GET", f"{node}/subscribed_apps")
    apps = answer.get("data")
    named = [str(each.get("id") or "") for each in apps if isinstance(each, dict)] if isinstance(apps, list) else []
    return settings.app_id in named if settings.app_id else bool(named)


async def _subscribe(settings: PageSettings, node: str) -> None:
    wanted = ",".join(each.strip() for each in settings.fields.split(",") if each.strip())
    await graph.call(settings, "POST", f"{node}/subscribed_apps", query=[("subscribed_fields", wanted)])


async def check(settings: PageSettings) -> list[CheckResult]:
    """From the address to the webhooks; what fails ends it, with what to do."""
    found: list[CheckResult] = []
    steps = (
        (Text(N_("Reach Meta with the access token")), _name, _TOKEN),
        (Text(N_("See whether the app secret belongs to the token")), _secret, _SECRET),
        (Text(N_("Have Meta call this desk")), _calls, _SUBSCRIBE),
    )
    node = str(getattr(settings, "page_id", "") or settings.account_id)
    for step, ask, advice in steps:
        try:
            technical = await ask(settings, node)
        except _UNREACHED as error:
            found.append(CheckResult(step=step, ok=False, advice=_NETWORK, technical=str(error)))
            return found
        except GraphFailure as failure:
            found.append(CheckResult(step=step, ok=False, advice=advice, technical=failure.words))
            return found
        found.append(CheckResult(step=step, ok=True, technical=technical))
    return found


_TOKEN = Text(N_("Take a token of this very page or account that may read and send its messages, and check the ID."))
_SECRET = Text(N_("Copy the app secret from the basic settings of the same app that the token was made for."))
_SUBSCRIBE = Text(
    N_("The token needs the right to manage the page's webhooks (pages_manage_metadata), and the fields must exist.")
)
_NETWORK = Text(N_("Check the address of the Graph API, and that this machine may reach it."))


async def _name(settings: PageSettings, node: str) -> str:
    told = await graph.call(settings, "GET", node, query=[("fields", "name,username")])
    return str(told.get("name") or told.get("username") or "")


async def _secret(settings: PageSettings, node: str) -> str:
    """Graph refuses a proof made with another app's secret: the one way to know before anything arrives."""
    proof = hmac.new(settings.app_secret.encode(), settings.token.encode(), hashlib.sha256).hexdigest()
    await graph.call(settings, "GET", node, query=[("fields", "id"), ("appsecret_proof", proof)])
    return ""


async def _calls(settings: PageSettings, node: str) -> str:
    if not await _subscribed(settings, node):
        await _subscribe(settings, node)
    return settings.fields
