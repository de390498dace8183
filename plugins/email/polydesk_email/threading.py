"""How a mail says which conversation it continues: ids, a signed reply address, and our mark in the subject."""

from __future__ import annotations

import re

from polydesk import secrets
from polydesk_email import limits
from polydesk_email.headers import Headers, collapse

MADE_UP = "@missing.invalid"
"""Ends the id that a mail without one is given."""
_ANGLED = re.compile(r"<\s*([^<>]{1,1000}?)\s*>")
_LOOSE = re.compile(r"[^\s<>,;\"]{1,500}@[^\s<>,;\"]{1,250}")
_REPLY = (
    r"re|aw|antw|antwort|sv|vs|odp|ответ|отв|ha|rif|res|ynt|yan|回复|回覆|答复|答覆|回|返信|답장|απ|ปิด|רי|رد|vá|ats|atb|на|پاسخ"
    r"|პასუხი"
)
_FORWARD = r"fwd?|wg|tr|rv|enc|пересл|vl|pd|转发|轉寄|転送|전달|i|továbbítás|doorst|vb|ilt|πρθ|გადაგზავნა"
_PREFIX = re.compile(
    rf"^\s*(?:(?P<re>{_REPLY})|(?P<fw>{_FORWARD}))\s*(?:\[\d{{1,3}}\]|\(\d{{1,3}}\)|\^\d{{1,3}})?\s*[:：]\s*",
    re.IGNORECASE,
)
_MARK = re.compile(r"\[#?PD-(\d{1,12})\]")
_TOKEN = re.compile(r"^t([a-z2-7]{1,13})([a-z2-7]{10})$")
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_SIGNED = 10
_OURS = re.compile(r"pd\.(\d{1,18})\.(\d{1,18})\.([a-z2-7]{16})@[\w.-]{1,253}", re.IGNORECASE)


# --- Ids ------------------------------------------------------------------------------------------------------------


def ids(value: str) -> list[str]:
    """Message ids in a field, without brackets; a bare one or several are taken too."""
    found = _ANGLED.findall(value) or _LOOSE.findall(value)
    return [collapse(one)[: limits.MAX_ID] for one in found if one.strip()]


def message_id(headers: Headers) -> str:
    """The mail's own id, as far as it has one."""
    value = headers.first("message-id")
    found = ids(value)
    return found[0] if found else collapse(value.strip("<> "))[: limits.MAX_ID]


def references(headers: Headers, own: str) -> tuple[str, ...]:
    """Ids of earlier mails, the nearest first; of a very long chain the nearest and the first few are kept."""
    chain = ids(headers.raw("references"))
    ordered = ids(headers.raw("in-reply-to"))[:5] + chain[::-1]
    unique = [one for one in dict.fromkeys(ordered) if one != own]
    if len(unique) > limits.MAX_REFERENCES:
        unique = unique[: limits.MAX_REFERENCES - 5] + unique[-5:]
    return tuple(unique)


def new_id(client: int, conversation: int, item: int, domain: str) -> str:
    """The id of a mail of ours: the same for the same item, and nobody else can make one up."""
    signature = secrets.sign("email.id", f"{client}:{conversation}:{item}", 16)
    return f"pd.{conversation}.{item}.{signature}@{domain}"


def is_ours(client: int, external_id: str) -> bool:
    """Did this desk give that id, for this client?"""
    match = _OURS.fullmatch(external_id)
    return bool(match) and secrets.verify("email.id", f"{client}:{match[1]}:{match[2]}", match[3]) if match else False


def ours_in(client: int, words: str) -> list[str]:
    """Ids of ours that stand anywhere in the words, each once."""
    return [one for one in dict.fromkeys(match.group() for match in _OURS.finditer(words)) if is_ours(client, one)]


# --- The reply address ----------------------------------------------------------------------------------------------


def reply_token(client: int, conversation: int) -> str:
    """What stands after the plus: the conversation and a short signature, safe against lower-casing."""
    return f"t{_number(conversation)}{secrets.sign('email.reply', f'{client}:{conversation}', _SIGNED)}"


def reply_address(address: str, client: int, conversation: int, reply_domain: str = "") -> str:
    """The address whose answers belong to this conversation."""
    token = reply_token(client, conversation)
    local, _, domain = address.rpartition("@")
    return f"{token}@{reply_domain}" if reply_domain else f"{local}+{token}@{domain}"


def conversation_of(recipient: str, client: int) -> int | None:
    """The conversation a recipient address proves; None when there is no token or its signature is wrong."""
    local = recipient.partition("@")[0].lower()
    match = _TOKEN.match(local.rpartition("+")[2])
    if match is None:
        return None
    number = 0
    for digit in match.group(1):
        number = number * 32 + _DIGITS.index(digit)
    proven = number < 2**63 and secrets.verify("email.reply", f"{client}:{number}", match.group(2))
    return number if proven else None


def _number(value: int) -> str:
    digits = ""
    while True:
        value, rest = divmod(value, 32)
        digits = _DIGITS[rest] + digits
        if not value:
            return digits


# --- The subject ----------------------------------------------------------------------------------------------------


def ticket_of(subject: str) -> int | None:
    """The conversation number in our mark, `[#PD-1042]`."""
    match = _MARK.search(subject)
    return int(match.group(1)) if match else None


def mark(subject: str, conversation: int) -> str:
    """A subject that carries our mark exactly once."""
    wanted = f"[#PD-{conversation}]"
    return subject if wanted in subject else f"{collapse(_MARK.sub('', subject))} {wanted}".strip()


def reply_subject(subject: str) -> str:
    """`Re: ` once, whatever prefixes were there."""
    rest = _MARK.sub("", subject)
    while (match := _PREFIX.match(rest)) and match.group("re"):
        rest = rest[match.end() :]
    return f"Re: {collapse(rest)}".strip()
