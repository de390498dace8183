"""The connection test, and how the bot is in Telegram's eyes."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text, http
from polydesk.channels import service as channels
from polydesk.types import Account, AccountNews, CheckResult, Fact
from polydesk_telegram import api
from polydesk_telegram.api import BotApiFailure
from polydesk_telegram.listening import WANTED
from polydesk_telegram.settings import TelegramSettings

_REACH = Text(N_("Reach Telegram and sign in"))
_CALLS = Text(N_("Have Telegram call this desk"))
_AWAY = (http.NotReached, http.NoAnswer, http.TooLarge)


async def check(settings: TelegramSettings) -> list[CheckResult]:
    """Step by step, until one fails."""
    try:
        await api.call(settings, "getMe")
    except _AWAY as error:
        advice = Text(N_("Check the address of the Bot API, and whether this machine may reach it."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=type(error).__name__)]
    except BotApiFailure as failure:
        advice = Text(N_("Copy the token anew from @BotFather."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(failure))]
    reached = CheckResult(step=_REACH, ok=True)
    return [reached] if settings.way == "poll" else [reached, await _entered(settings)]


async def _entered(settings: TelegramSettings) -> CheckResult:
    """Tell Telegram where to call, and with which proof."""
    if not settings.secret_token:
        advice = Text(N_("Enter a secret token: without one nobody's calls are believed."))
        return CheckResult(step=_CALLS, ok=False, advice=advice)
    try:
        await api.call(
            settings, "setWebhook", url=_hook(settings), secret_token=settings.secret_token, allowed_updates=WANTED
        )
    except _AWAY as error:
        return CheckResult(step=_CALLS, ok=False, technical=type(error).__name__)
    except BotApiFailure as failure:
        advice = Text(N_("Telegram calls https addresses only, on port 443, 80, 88 or 8443. If yours is none, fetch."))
        return CheckResult(step=_CALLS, ok=False, advice=advice, technical=failure.description)
    return CheckResult(step=_CALLS, ok=True)


async def inspect(account: Account) -> AccountNews:
    """The bot's name, how much waits at Telegram, and why its calls fail."""
    settings: TelegramSettings = account.settings
    try:
        me = _object(await api.call(settings, "getMe"))
        hook = _object(await api.call(settings, "getWebhookInfo"))
    except _AWAY as error:
        return AccountNews(trouble=api.unreached(error))
    except BotApiFailure as failure:
        words = Text(N_("Telegram does not accept the bot's token.")) if failure.token_is_wrong else None
        return AccountNews(trouble=words or Text("{own}", {"own": failure.description}))
    waiting = hook.get("pending_update_count")
    facts = [Fact(name="bot", label=Text(N_("Bot")), value=Text("{name}", {"name": f"@{me.get('username') or '?'}"}))]
    if isinstance(waiting, int):
        shown = Text("{count}", {"count": waiting})
        tone = "warn" if waiting > 100 else "good"
        facts.append(Fact(name="waiting", label=Text(N_("Waiting at Telegram")), value=shown, tone=tone))  # type: ignore[arg-type]
    return AccountNews(facts=tuple(facts), trouble=_trouble(settings, hook))


def _trouble(settings: TelegramSettings, hook: dict[str, Any]) -> Text:
    if settings.way == "poll":
        return Text("")
    if hook.get("url") != _hook(settings):
        return Text(N_("Telegram does not call this desk. Run the connection test: it tells Telegram the address."))
    if hook.get("pending_update_count") and hook.get("last_error_message"):
        return Text(N_("Telegram's calls fail: {reason}"), {"reason": str(hook["last_error_message"])[:300]})
    return Text("")


def _hook(settings: TelegramSettings) -> str:
    return f"{channels.hook('telegram')}/{settings.bot}"


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
