"""The connection test, how the line is in the provider's eyes, and what to enter there."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text, http
from polydesk.channels import service as channels
from polydesk.types import Account, AccountNews, CheckResult, Fact, Instruction
from polydesk_voice.providers.twiml import addresses, rest
from polydesk_voice.providers.twiml.told import same_number
from polydesk_voice.settings import LineSettings

_REACH = Text(N_("Reach the provider and sign in"))
_NUMBER = Text(N_("Find the number"))
_INCOMING = Text(N_("Calls to the number come here"))
_FALLBACK = Text(N_("Callers hear something if this desk does not answer"))
_NEWS = Text(N_("The end of calls is told here"))
_INACTIVE = Text(N_("The provider's account is not active; its console says why."))
_UNREACHED = (http.NotReached, http.NoAnswer, http.TooLarge)


async def check(settings: LineSettings) -> list[CheckResult]:
    """Step by step, until one fails."""
    if not settings.account_sid or not settings.token:
        advice = Text(N_("Copy the account SID and the auth token from the provider's console."))
        return [CheckResult(step=_REACH, ok=False, advice=advice)]
    try:
        account = await rest.ask(settings, "GET", ".json")
    except _UNREACHED as error:
        advice = Text(N_("Check the address of the service, and whether this machine may reach it."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(error))]
    except rest.Failure as no:
        advice = Text(N_("Copy the account SID and the auth token anew from the provider's console."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(no))]
    if account.get("status") not in ("active", None):
        return [CheckResult(step=_REACH, ok=False, advice=_INACTIVE, technical=str(account.get("status")))]
    return [CheckResult(step=_REACH, ok=True), *await _number(settings)]


async def _number(settings: LineSettings) -> list[CheckResult]:
    number = _digits(settings.number)
    query = [("PhoneNumber", number), ("PageSize", "5")]
    try:
        answer = await rest.ask(settings, "GET", "/IncomingPhoneNumbers.json", query=query)
    except (*_UNREACHED, rest.Failure) as error:
        return [CheckResult(step=_NUMBER, ok=False, technical=str(error))]
    numbers = answer.get("incoming_phone_numbers") or ()
    ours = next((each for each in numbers if same_number(number, str(each.get("phone_number")))), None)
    if ours is None:
        advice = Text(N_("This number does not belong to the account. Enter it with its country."))
        return [CheckResult(step=_NUMBER, ok=False, advice=advice)]
    if (ours.get("capabilities") or {}).get("voice") is False:
        return [CheckResult(step=_NUMBER, ok=False, advice=Text(N_("This number cannot make or take calls.")))]
    return [CheckResult(step=_NUMBER, ok=True), *_entered(ours)]


def _entered(ours: dict[str, Any]) -> list[CheckResult]:
    base = addresses.base(channels.hook("voice"))
    found = []
    for step, field, wanted, needed in (
        (_INCOMING, "voice_url", f"{base}/incoming", True),
        (_FALLBACK, "voice_fallback_url", f"{base}/fallback", False),
        (_NEWS, "status_callback", f"{base}/progress", False),
    ):
        entered = str(ours.get(field) or "")
        right = entered.rstrip("/") == wanted
        advice = None
        if not right:
            advice = (
                Text(N_("At the provider, enter the address below, or no call arrives."))
                if needed
                else Text(N_("At the provider, enter the address below."))
            )
        found.append(CheckResult(step=step, ok=right, advice=advice, technical="" if right else entered))
    return found


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit() or sign == "+")


async def inspect(account: Account) -> AccountNews | None:
    """Balance and standing."""
    settings = account.settings
    try:
        found = await rest.ask(settings, "GET", ".json")
        balance = await _balance(settings)
    except _UNREACHED as error:
        return AccountNews(trouble=rest.unreached(error))
    except rest.Failure as no:
        return AccountNews(trouble=no.words)
    if found.get("status") not in ("active", None):
        return AccountNews(trouble=_INACTIVE)
    return AccountNews(facts=balance, trouble=Text(""))


async def _balance(settings: LineSettings) -> tuple[Fact, ...]:
    try:
        found = await rest.ask(settings, "GET", "/Balance.json")
        amount = float(found.get("balance") or 0)
    except (rest.Failure, ValueError, TypeError):
        return ()
    value = Text("{amount} {currency}", {"amount": f"{amount:.2f}", "currency": str(found.get("currency") or "")})
    tone = "bad" if amount <= 0 else "warn" if amount < 10 else "good"
    return (Fact(name="balance", label=Text(N_("Balance")), value=value, tone=tone),)  # type: ignore[arg-type]


def instructions(hook: str) -> list[Instruction]:
    """What the console of the provider asks for, at the number."""
    base = addresses.base(hook)
    return [
        Instruction(
            label=Text(N_("A call comes in")),
            value=f"{base}/incoming",
            help=Text(N_("At the provider, under the number: webhook, HTTP POST.")),
        ),
        Instruction(
            label=Text(N_("Primary handler fails")),
            value=f"{base}/fallback",
            help=Text(N_("Callers are asked to hold the line when this desk does not answer at once.")),
        ),
        Instruction(
            label=Text(N_("Call status changes")),
            value=f"{base}/progress",
            help=Text(N_("How this desk learns that a caller has hung up.")),
        ),
    ]
