"""The connection test, and how the account is in the gateway's eyes."""

from __future__ import annotations

from polydesk import N_, Text, http
from polydesk.channels import service as channels
from polydesk.types import Account, AccountNews, CheckResult, Fact
from polydesk_sms import gateway, numbers
from polydesk_sms.gateway import GatewayFailure
from polydesk_sms.settings import SmsSettings

_REACH = Text(N_("Reach the gateway and sign in"))
_NUMBER = Text(N_("Find the number"))


async def check(settings: SmsSettings) -> list[CheckResult]:
    """Step by step, until one fails."""
    if not numbers.normal(settings.number) and not settings.messaging_service:
        advice = Text(N_("Enter the number with its country, as in +995 322 000 222, or a messaging service."))
        return [CheckResult(step=_NUMBER, ok=False, advice=advice)]
    try:
        account = await gateway.ask(settings, "GET", ".json")
    except (http.NotReached, http.NoAnswer, http.TooLarge) as error:
        advice = Text(N_("Check the address of the gateway, and whether this machine may reach it."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(error))]
    except GatewayFailure as failure:
        advice = Text(N_("Copy the account SID and the auth token anew from the gateway's console."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(failure))]
    if account.get("status") not in ("active", None):
        advice = Text(N_("The gateway's account is not active; its console says why."))
        return [CheckResult(step=_REACH, ok=False, advice=advice, technical=str(account.get("status")))]
    found = [CheckResult(step=_REACH, ok=True)]
    if number := numbers.normal(settings.number):
        found.append(await _number(settings, number))
    return found


async def _number(settings: SmsSettings, number: str) -> CheckResult:
    try:
        answer = await gateway.ask(
            settings, "GET", "/IncomingPhoneNumbers.json", query=[("PhoneNumber", number), ("PageSize", "5")]
        )
    except (http.NotReached, http.NoAnswer, http.TooLarge, GatewayFailure) as error:
        return CheckResult(step=_NUMBER, ok=False, technical=str(error))
    ours = next(
        (each for each in answer.get("incoming_phone_numbers") or () if each.get("phone_number") == number), None
    )
    if ours is None:
        return CheckResult(step=_NUMBER, ok=False, advice=Text(N_("This number does not belong to the account.")))
    if (ours.get("capabilities") or {}).get("sms") is False:
        return CheckResult(step=_NUMBER, ok=False, advice=Text(N_("This number cannot send or get text messages.")))
    entered, ours_is = str(ours.get("sms_url") or ""), channels.hook("sms")
    if not settings.messaging_service and entered.rstrip("/") != ours_is:
        advice = Text(N_("At the gateway, enter the callback URL below as where messages of this number go."))
        return CheckResult(step=_NUMBER, ok=False, advice=advice, technical=entered)
    return CheckResult(step=_NUMBER, ok=True)


async def inspect(account: Account) -> AccountNews | None:
    """Balance and standing."""
    try:
        found = await gateway.ask(account.settings, "GET", ".json")
        balance = await _balance(account.settings)
    except (http.NotReached, http.NoAnswer, http.TooLarge) as error:
        return AccountNews(trouble=gateway.unreached(error))
    except GatewayFailure as failure:
        return AccountNews(trouble=failure.words)
    if found.get("status") not in ("active", None):
        return AccountNews(trouble=Text(N_("The gateway's account is not active; its console says why.")))
    return AccountNews(facts=balance, trouble=Text(""))


async def _balance(settings: SmsSettings) -> tuple[Fact, ...]:
    try:
        found = await gateway.ask(settings, "GET", "/Balance.json")
        amount = float(found.get("balance") or 0)
    except (GatewayFailure, ValueError, TypeError):
        return ()
    value = Text("{amount} {currency}", {"amount": f"{amount:.2f}", "currency": str(found.get("currency") or "")})
    tone = "bad" if amount <= 0 else "warn" if amount < 10 else "good"
    return (Fact(name="balance", label=Text(N_("Balance")), value=value, tone=tone),)  # type: ignore[arg-type]
