"""Is a line set up right, and what is to be written into Asterisk's files for it?"""

from __future__ import annotations

import re

from polydesk import N_, PolydeskError, Text
from polydesk.types import Account, AccountNews, CheckResult, Fact, Instruction
from polydesk_voice.providers.ari import speech
from polydesk_voice.providers.ari.rest import Gone, Rest
from polydesk_voice.settings import LineSettings

_MODULES = {
    "res_stasis_playback.so": Text(N_("Announcements (res_stasis_playback)")),
    "res_stasis_recording.so": Text(N_("Recordings (res_stasis_recording)")),
    "res_stasis_snoop.so": Text(N_("Whispering to agents (res_stasis_snoop)")),
    "res_http_media_cache.so": Text(N_("Announcements from the desk (res_http_media_cache)")),
}


async def check(settings: LineSettings) -> list[CheckResult]:
    """Step by step; whatever needs an earlier one that failed is left out."""
    if not settings.ari_url or not settings.ari_user or not settings.ari_app:
        return [
            CheckResult(
                step=Text(N_("Asterisk")), ok=False, advice=Text(N_("Enter address, user, password and application."))
            )
        ]
    rest, found = Rest(settings), []
    try:
        version = str(((await rest.get("asterisk", "info")).get("system") or {}).get("version") or "?")
    except PolydeskError as error:
        return [_step(N_("Sign in to Asterisk"), error)]
    found.append(CheckResult(step=Text(N_("Sign in to Asterisk {version}"), {"version": version}), ok=True))
    found.append(_template(settings.ari_trunk, r"\{(number|digits)\}", N_("How numbers are dialled"), "{number}"))
    found.append(_template(settings.ari_phone, r"\{(name|address)\}", N_("How agents’ phones are rung"), "{name}"))
    for module, step in _MODULES.items():
        found.append(await _module(rest, module, step))
    found.append(_voice(settings))
    found.append(await _line(rest))
    return found


async def inspect(account: Account) -> AccountNews | None:
    """Version, calls, and whether there is a voice. The trouble of a broken line is told by whoever holds it."""
    rest = Rest(account.settings)
    try:
        version = str(((await rest.get("asterisk", "info")).get("system") or {}).get("version") or "?")
    except PolydeskError as error:
        words = error.words if isinstance(error.words, Text) else Text(N_("{words}"), {"words": error.words})
        return AccountNews(trouble=words)
    voice = _voice(account.settings)
    facts = [
        Fact(name="asterisk", label=Text(N_("Asterisk")), value=Text("{it}", {"it": version})),
        Fact(
            name="voice",
            label=Text(N_("Voice")),
            value=Text(N_("Announcements can be spoken.")) if voice.ok else voice.advice or voice.step,
            tone="" if voice.ok else "warn",
        ),
        Fact(
            name="limits",
            label=Text(N_("Not with Asterisk")),
            value=Text(
                N_("Callers choose by keys only, answering machines are not told apart, recordings have one channel.")
            ),
        ),
    ]
    return AccountNews(facts=tuple(facts))


def instructions(settings: LineSettings) -> list[Instruction]:
    """Lines for Asterisk's files."""
    app, number = settings.ari_app or "polydesk", re.sub(r"[^0-9+]", "", settings.number) or "+995322000111"
    user = settings.ari_user or "polydesk"
    return [
        Instruction(
            label=Text(N_("extensions.conf")),
            value=f"exten => {number},1,Stasis({app},in,{number})\n same => n,Hangup()",
            help=Text(
                N_(
                    "In the context your trunk’s calls arrive in. After Stasis you can send calls elsewhere: they go "
                    "on there while the desk cannot be reached. Every line needs an application of its own."
                )
            ),
        ),
        Instruction(
            label=Text(N_("ari.conf")),
            value=f"[general]\nenabled = yes\n\n[{user}]\ntype = user\nread_only = no\npassword = …",
            help=Text(N_("The password is the one you enter here.")),
        ),
        Instruction(
            label=Text(N_("http.conf")),
            value="[general]\nenabled = yes\nbindaddr = 0.0.0.0\nbindport = 8088",
            help=Text(N_("With TLS (tlsenable, tlsbindaddr) unless desk and Asterisk share a network of their own.")),
        ),
        Instruction(
            label=Text(N_("pjsip.conf, for every agent’s phone")),
            value="allow_transfer = no",
            help=Text(
                N_("Calls are transferred in the desk. What a phone transfers by itself, the desk loses sight of.")
            ),
        ),
        Instruction(
            label=Text(N_("Recorded announcements")),
            value="WAV, 8000 Hz, mono, 16 bit",
            help=Text(N_("What Asterisk plays without further modules. They need res_http_media_cache and res_curl.")),
        ),
    ]


def _step(what: str, error: PolydeskError) -> CheckResult:
    words = error.words if isinstance(error.words, Text) else None
    return CheckResult(step=Text(what), ok=False, advice=words, technical="" if words else str(error))


def _template(value: str, hole: str, what: str, example: str) -> CheckResult:
    advice = Text(N_("It must contain {hole}."), {"hole": example})
    return CheckResult(step=Text(what), ok=bool(re.search(hole, value)), advice=advice)


async def _module(rest: Rest, module: str, step: Text) -> CheckResult:
    try:
        running = (await rest.get("asterisk", "modules", module)).get("status") == "Running"
    except Gone:
        running = False
    except PolydeskError as error:
        return CheckResult(step=step, ok=False, technical=str(error))
    return CheckResult(step=step, ok=running, advice=None if running else Text(N_("Load it in modules.conf.")))


def _voice(settings: LineSettings) -> CheckResult:
    ok = speech.available() or "{text}" in settings.ari_speech
    advice = Text(
        N_(
            "Only announcements somebody has recorded are heard. Install espeak-ng on the machine of the desk, or "
            "enter the address of a service that speaks."
        )
    )
    return CheckResult(step=Text(N_("A voice for announcements")), ok=ok, advice=None if ok else advice)


async def _line(rest: Rest) -> CheckResult:
    """The application exists while somebody holds the line: from the moment the account is switched on."""
    step = Text(N_("The desk holds the line of “{app}”"), {"app": rest.app})
    try:
        await rest.get("applications", rest.app)
    except Gone:
        return CheckResult(
            step=step, ok=True, advice=Text(N_("Not yet: it begins once the account is saved and switched on."))
        )
    except PolydeskError as error:
        return CheckResult(step=step, ok=False, technical=str(error))
    return CheckResult(step=step, ok=True)
