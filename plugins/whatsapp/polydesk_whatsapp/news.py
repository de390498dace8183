"""How Meta thinks of the account: quality, limits, names, restrictions, and what became of templates."""

from __future__ import annotations

from typing import Any, Literal

from polydesk import N_, Text, http
from polydesk.types import Account, AccountNews, Fact, Nothing
from polydesk_whatsapp import templates
from polydesk_whatsapp.graph import GraphFailure, described
from polydesk_whatsapp.webhook import Piece

Tone = Literal["", "good", "warn", "bad"]
_TONES: dict[str, Tone] = {
    "GREEN": "good",
    "YELLOW": "warn",
    "RED": "bad",
    "APPROVED": "good",
    "CONNECTED": "good",
    "AVAILABLE_WITHOUT_REVIEW": "good",
    "PENDING_REVIEW": "warn",
    "PENDING": "warn",
    "PAUSED": "warn",
    "REJECTED": "bad",
    "DECLINED": "bad",
    "DISABLED": "bad",
    "FLAGGED": "warn",
    "BANNED": "bad",
    "RESTRICTED": "bad",
}
_LABELS = {
    "quality": Text(N_("Quality rating")),
    "limit": Text(N_("New people a day")),
    "name_status": Text(N_("Display name")),
    "status": Text(N_("State of the number")),
    "throughput": Text(N_("Throughput")),
    "alert": Text(N_("Notice from Meta")),
}
_TROUBLE = ("DISABLED", "RESTRICTION", "VIOLATION", "DELETED", "BAN")


def fact(name: str, value: Any) -> Fact:
    """Something Meta says, in its own words."""
    words = str(value)
    return Fact(name=name, label=_LABELS[name], value=Text("{value}", {"value": words}), tone=_TONES.get(words, ""))


def complaint(error: dict[str, Any]) -> AccountNews:
    """An error that concerns the whole account."""
    return AccountNews(trouble=Text("{words}", {"words": described(error)}))


async def change(piece: Piece, account: Account) -> AccountNews | Nothing:
    """Any field but messages."""
    told = piece.body if isinstance(piece.body, dict) else {}
    event = str(told.get("event") or "")
    match piece.field:
        case "message_template_status_update" | "message_template_quality_update" | "template_category_update":
            return await _template(told, account)
        case "phone_number_quality_update":
            limit = told.get("current_limit") or told.get("max_daily_conversations_per_business") or event
            return AccountNews(facts=(fact("limit", limit),))
        case "business_capability_update":
            limit = told.get("max_daily_conversations_per_business") or told.get("max_daily_conversation_per_phone")
            return AccountNews(facts=(fact("limit", limit),)) if limit else Nothing(reason="no limit told")
        case "phone_number_name_update":
            return AccountNews(facts=(fact("name_status", told.get("decision") or event),))
        case "account_review_update":
            return AccountNews(facts=(fact("status", told.get("decision") or event),))
        case "account_alerts":
            words = told.get("alert_description") or told.get("alert_type") or event
            return AccountNews(facts=(fact("alert", words),))
        case "account_update":
            return _account(event, told)
        case "user_preferences":
            return Nothing(reason="a preference about advertising, which is not sent from here")
    return Nothing(reason=f"news of a kind that is not known here: {piece.field}")


async def _template(told: dict[str, Any], account: Account) -> AccountNews:
    name, language = told.get("message_template_name"), told.get("message_template_language")
    said = str(told.get("event") or told.get("new_quality_score") or told.get("new_category") or "")
    why = str(told.get("reason") or "")
    words = f"{said} ({why})" if why and why != "NONE" else said
    label = Text(N_("Template {name} ({code})"), {"name": str(name), "code": str(language)})
    one = Fact(
        name=f"template:{name}:{language}",
        label=label,
        value=Text("{value}", {"value": words}),
        tone=_TONES.get(said, ""),
    )
    try:
        return AccountNews(facts=(one,), templates=await templates.of(account.settings))
    except (GraphFailure, http.NotReached, http.NoAnswer, http.TooLarge):
        return AccountNews(facts=(one,))  # the next inspection brings them


def _account(event: str, told: dict[str, Any]) -> AccountNews:
    facts = (fact("status", event),)
    if not any(each in event for each in _TROUBLE):
        return AccountNews(facts=facts)
    if event == "DISABLED_UPDATE" and _part(told, "ban_info").get("waba_ban_state") == "REINSTATE":
        return AccountNews(facts=facts, trouble=Text(""))
    more = [_part(told, "violation_info").get("violation_type"), _part(told, "ban_info").get("waba_ban_state")]
    restrictions = told.get("restriction_info")
    more += [_part({"x": each}, "x").get("restriction_type") for each in restrictions or ()]
    words = ", ".join(str(each) for each in (event, *more) if each)
    return AccountNews(facts=facts, trouble=Text(N_("Meta restricts this account: {words}"), {"words": words}))


def _part(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}
