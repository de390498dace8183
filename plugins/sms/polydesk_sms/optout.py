"""Who asked for no more messages: heard in their own language, kept by number, shown before anybody answers."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from polydesk import N_, Text, db
from polydesk.contacts import identify
from polydesk.types import Conversation, Item, Objection
from polydesk_sms import codes, numbers

Wish = Literal["stop", "start"]
_LOOK_BACK = 20
# The whole message must be one of these: "please stop calling the courier" is no opt-out.
STOP = {
    "en": "stop stopall unsubscribe cancel end quit revoke optout",
    "fr": "stop arret arreter desabonner desinscrire",
    "de": "stop stopp abmelden abbestellen beenden",
    "es": "alto parar baja detener cancelar",
    "it": "ferma basta cancella disiscrivi annulla",
    "pt": "parar pare sair cancelar",
    "ro": "opreste dezabonare anuleaza",
    "pl": "zatrzymaj wypisz rezygnuje koniec",
    "uk": "стоп зупинити відписатися відписка",
    "ru": "стоп отписаться отписка отмена хватит",
    "ka": "სტოპ შეწყვეტა გაუქმება",
    "tr": "dur iptal durdur",
    "ar": "توقف الغاء ايقاف قف",
    "nl": "stop stoppen afmelden",
}
START = {
    "en": "start unstop",
    "fr": "reprendre reabonner",
    "de": "starten anmelden",
    "es": "iniciar alta reanudar",
    "it": "riprendi iscrivimi",
    "pt": "iniciar retomar",
    "ro": "porneste abonare",
    "pl": "wznow zapisz",
    "uk": "старт підписатися",
    "ru": "старт подписаться",
    "ka": "სტარტ დაწყება",
    "tr": "basla baslat",
    "ar": "ابدا اشتراك",
}


def wish(text: str) -> Wish | None:
    """What a whole message asks for, in whatever language; None for everything that says more."""
    folded = _folded(text)
    if folded in _all(STOP):
        return "stop"
    return "start" if folded in _all(START) else None


async def meant(client: int, phone: str, text: str, *, before: int | None = None) -> Wish | None:
    """The same, unless it is a choice they were offered just before: who picks "Cancel" from a menu says no more."""
    wanted = wish(text)
    return None if wanted is not None and _folded(text) in await _offered(client, phone, before) else wanted


async def _offered(client: int, phone: str, before: int | None) -> set[str]:
    """The choices in the last text message to a number."""
    earlier = "AND i.id < {} " if before is not None else ""
    rows = await db.fetch(
        "SELECT i.data FROM pd_identity n JOIN pd_conversation c ON c.contact = n.contact "
        "JOIN pd_item i ON i.conversation = c.id JOIN pd_delivery d ON d.item = i.id "
        "JOIN pd_account a ON a.id = d.account WHERE n.client = {} AND n.kind = {} AND n.value = {} "
        f"AND a.channel = 'sms' AND i.kind = 'message' {earlier}ORDER BY i.id DESC LIMIT 1",
        client,
        numbers.PHONE,
        phone,
        *([] if before is None else [before]),
    )
    prompt = msgspec.json.decode(rows[0]["data"]).get("prompt") if rows else None
    return {_folded(each["label"]) for each in (prompt or {}).get("choices", ())}


def _all(words: dict[str, str]) -> set[str]:
    return {_folded(each) for listed in words.values() for each in listed.split()}


def _folded(text: str) -> str:
    if len(text) > 60:
        return ""
    spread = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(each for each in spread if not unicodedata.combining(each)))


async def heard(conversation: Conversation, item: Item) -> None:
    """A message came in: was it a wish?"""
    if conversation.channel != "sms" or wish(item.text) is None:
        return
    phone = await _phone_of(item.id)
    wanted = await meant(conversation.client, phone, item.text, before=item.id)
    if phone and wanted is not None:
        await _write(conversation.client, phone, wanted == "stop", "message", item.id)


async def failed(conversation: Conversation, item: Item, reason: str) -> None:
    """The gateway keeps a list of its own: what it refuses for that is kept here too."""
    if conversation.channel != "sms" or reason != codes.CODES[codes.OPTED_OUT].words:
        return
    if phone := await _phone_of(item.id):
        await _write(conversation.client, phone, True, "gateway", item.id)


async def objections(conversation: Conversation, _text: str) -> list[Objection]:
    """A warning, no more: whoever opened a matter may still be answered."""
    if conversation.channel != "sms" or not (phone := await _phone(conversation)):
        return []
    rows = await db.fetch(
        "SELECT stopped, source FROM sms_consent WHERE client = {} AND phone = {}", conversation.client, phone
    )
    if not rows or not rows[0]["stopped"]:
        return []
    if rows[0]["source"] == "gateway":
        reason = Text(N_("The gateway says that this contact wants no more text messages: it will refuse this one."))
    else:
        reason = Text(N_("This contact asked for no more text messages. Answer only what they asked about."))
    return [Objection(reason=reason, blocks=False)]


async def _phone(conversation: Conversation) -> str:
    """The number last written from or to: a contact may have several, and opts out with one of them."""
    rows = await db.fetch(
        "SELECT direction, data FROM pd_item WHERE conversation = {} AND kind = 'message' "
        f"ORDER BY id DESC LIMIT {_LOOK_BACK}",
        conversation.id,
    )
    if phone := next(filter(None, map(_number, rows)), ""):
        return phone
    contact = await identify.load(conversation.contact)
    return next((each.value for each in contact.handles if each.kind == numbers.PHONE), "")


async def _phone_of(item: int) -> str:
    """Whose number a message came from, or went to."""
    rows = await db.fetch("SELECT direction, data FROM pd_item WHERE id = {}", item)
    return next(map(_number, rows), "")


def _number(row: dict[str, Any]) -> str:
    data = msgspec.json.decode(row["data"])
    people = [data.get("sender")] if row["direction"] == "in" else data.get("to") or []
    return next((each["value"] for each in people if each and each["kind"] == numbers.PHONE), "")


async def _write(client: int, phone: str, stopped: bool, source: str, item: int) -> None:
    await db.fetch(
        "INSERT INTO sms_consent (client, phone, purpose, stopped, source, item, at) "
        "VALUES ({}, {}, 'marketing', {}, {}, {}, {}) ON CONFLICT (client, phone) DO UPDATE SET "
        "stopped = EXCLUDED.stopped, source = EXCLUDED.source, item = EXCLUDED.item, at = EXCLUDED.at "
        "WHERE sms_consent.item <= EXCLUDED.item",
        client,
        phone,
        stopped,
        source,
        item,
        datetime.now(UTC),
    )
