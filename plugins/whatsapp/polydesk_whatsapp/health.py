"""Ask Meta how a number is: when it is set up, step by step; afterwards every quarter of an hour."""

from __future__ import annotations

import hashlib
import hmac

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, AccountNews, CheckResult
from polydesk_whatsapp import codes, graph, news, templates
from polydesk_whatsapp.graph import GraphFailure
from polydesk_whatsapp.settings import WhatsAppSettings

_FACTS = {
    "quality_rating": "quality",
    "whatsapp_business_manager_messaging_limit": "limit",
    "name_status": "name_status",
    "status": "status",
}
_FIELDS = "display_phone_number,verified_name,throughput," + ",".join(_FACTS)
_UNREACHED = (http.NotReached, http.NoAnswer, http.TooLarge)


async def inspect(account: Account) -> AccountNews:
    """Facts, templates, and whether Meta still calls us. Raise `TryLater` when it cannot be asked."""
    settings = account.settings
    try:
        told = await graph.call(settings, "GET", settings.phone_number_id, query=[("fields", _FIELDS)])
        listed = await templates.of(settings)
        subscribed = await _subscribed(settings)
    except _UNREACHED as error:
        raise TryLater(graph.unreached(error)) from error
    except GraphFailure as failure:
        if codes.meaning(failure.code) == "later" or failure.code == -1:
            raise TryLater(graph.unreached(failure)) from failure
        return AccountNews(trouble=Text("{words}", {"words": failure.words}))
    facts = [news.fact(name, told[key]) for key, name in _FACTS.items() if told.get(key)]
    throughput = told.get("throughput")
    if isinstance(throughput, dict) and throughput.get("level"):
        facts.append(news.fact("throughput", throughput["level"]))
    trouble = Text("") if subscribed else _SILENT
    return AccountNews(facts=tuple(facts), trouble=trouble, templates=listed)


_SILENT = Text(N_("Meta does not tell this desk what arrives: no app is subscribed to the WhatsApp Business account."))


async def _subscribed(settings: WhatsAppSettings) -> bool:
    answer = await graph.call(settings, "GET", f"{settings.business_id}/subscribed_apps")
    return bool(answer.get("data"))


async def check(settings: WhatsAppSettings) -> list[CheckResult]:
    """From the address to the webhooks; what fails ends it, with what to do."""
    found: list[CheckResult] = []
    steps = (
        (Text(N_("Reach Meta with the access token")), _number, _TOKEN),
        (Text(N_("See whether the app secret belongs to the token")), _secret, _SECRET),
        (Text(N_("Read the templates of the WhatsApp Business account")), _templates, _BUSINESS),
        (Text(N_("See whether Meta calls this desk")), _calls, _SUBSCRIBE),
    )
    for step, ask, advice in steps:
        try:
            technical = await ask(settings)
        except _UNREACHED as error:
            found.append(CheckResult(step=step, ok=False, advice=_NETWORK, technical=str(error)))
            return found
        except GraphFailure as failure:
            found.append(CheckResult(step=step, ok=False, advice=advice, technical=failure.words))
            return found
        found.append(CheckResult(step=step, ok=True, technical=technical))
    return found


_TOKEN = Text(
    N_(
        "Take a system user's permanent token that may use this app and this WhatsApp account, and the phone number ID "
        "(not the number) from API setup."
    )
)
_SECRET = Text(N_("Copy the app secret from the basic settings of the same app that the token was made for."))
_BUSINESS = Text(N_("Check the WhatsApp Business Account ID, and that the token has whatsapp_business_management."))
_SUBSCRIBE = Text(N_("In the app's WhatsApp settings enter callback URL and verify token, and subscribe to messages."))
_NETWORK = Text(N_("Check the address of the Graph API, and that this machine may reach it."))


async def _number(settings: WhatsAppSettings) -> str:
    told = await graph.call(settings, "GET", settings.phone_number_id, query=[("fields", _FIELDS)])
    if "display_phone_number" not in told:
        raise GraphFailure(200, 100, "this is not the ID of a telephone number")
    return f"{told.get('verified_name', '')} {told['display_phone_number']}".strip()


async def _secret(settings: WhatsAppSettings) -> str:
    """Graph refuses a proof made with another app's secret: the one way to know before anything arrives."""
    proof = hmac.new(settings.app_secret.encode(), settings.token.encode(), hashlib.sha256).hexdigest()
    await graph.call(settings, "GET", settings.phone_number_id, query=[("fields", "id"), ("appsecret_proof", proof)])
    return ""


async def _templates(settings: WhatsAppSettings) -> str:
    return str(len(await templates.of(settings)))


async def _calls(settings: WhatsAppSettings) -> str:
    if not await _subscribed(settings):
        raise GraphFailure(200, 100, "subscribed_apps: []")
    return ""
