"""How people ask for a person, in many languages: recognised at every step, whatever was asked."""

from __future__ import annotations

from polydesk_menus.matching import fold, says, split
from polydesk_menus.tree import Words

# A word alone counts in short messages only ("agent", but not "your agent never came to my door"); a phrase counts
# anywhere. `*` stands for any ending.
_FEW_WORDS = 4
SPOKEN: dict[str, tuple[str, ...]] = {
    "en": ("agent", "human", "person", "operator", "representative", "advisor", "support", "someone", "real person",
           "talk to a person", "talk to someone", "talk to a human", "speak to someone", "speak to a person",
           "speak to a human", "speak with someone", "customer service", "call me"),
    "fr": ("agent", "humain", "humaine", "personne", "conseiller", "conseillere", "operateur", "operatrice",
           "quelqu'un", "service client", "parler a quelqu'un", "parler a un humain", "parler a une personne",
           "parler a un conseiller", "une vraie personne"),
    "ar": ("موظف", "الموظف", "انسان", "شخص", "بشر*", "وكيل", "مندوب", "خدمة العملاء", "التحدث مع", "اتحدث مع",
           "اتكلم مع", "اكلم حد", "اريد موظف", "عايز حد"),
    "es": ("agente", "humano", "humana", "persona", "operador", "operadora", "asesor", "asesora", "alguien",
           "atencion al cliente", "hablar con alguien", "hablar con una persona", "hablar con un agente",
           "persona real"),
    "it": ("agente", "umano", "persona", "operatore", "operatrice", "addetto", "qualcuno", "servizio clienti",
           "parlare con qualcuno", "parlare con una persona", "parlare con un operatore", "persona vera"),
    "pt": ("agente", "humano", "humana", "pessoa", "atendente", "operador", "operadora", "alguem",
           "falar com alguem", "falar com uma pessoa", "falar com um atendente", "falar com um humano"),
    "ro": ("agent", "om", "persoana", "operator", "consultant", "cineva", "relatii cu clientii",
           "vorbesc cu cineva", "vorbi cu cineva", "vorbesc cu un om", "vorbi cu un operator", "persoana reala"),
    "pl": ("agent*", "czlowiek*", "osoba", "konsultant*", "operator*", "pracownik*", "doradca", "ktos", "z kims",
           "biuro obslugi", "porozmawiac z", "rozmowa z"),
    "uk": ("агент*", "людин*", "людськ*", "оператор*", "консультант*", "менеджер*", "живою людиною",
           "поговорити з", "звʼязатися з", "з'єднайте"),
    "ru": ("агент*", "человек*", "оператор*", "консультант*", "сотрудник*", "менеджер*", "живой", "живым человеком",
           "поговорить с", "соедините с", "свяжите с", "служба поддержки"),
    "ka": ("ოპერატორ*", "ადამიან*", "აგენტ*", "კონსულტანტ*", "თანამშრომელ*", "მენეჯერ*", "პიროვნება", "ვინმე"),
    "tr": ("temsilci*", "insan", "insanla", "operator*", "yetkili*", "danisman*", "musteri hizmetleri",
           "biriyle konus*", "birisiyle konus*", "gercek kisi"),
    "de": ("mensch", "menschen", "person", "mitarbeiter*", "berater*", "agent", "operator", "jemand", "jemanden",
           "jemandem", "kundendienst", "kundenservice", "mit jemandem sprechen", "mit einem menschen",
           "echte person"),
    "nl": ("mens", "persoon", "medewerker", "iemand", "klantenservice", "iemand spreken"),
}  # fmt: skip


def asks_for_human(text: str, own: Words | None = None) -> bool:
    """Is this somebody who wants a person, in whatever language they say it?"""
    words = [each for spoken in SPOKEN.values() for each in spoken]
    words += [each for listed in (own or {}).values() for each in split(listed)]
    short = len(fold(text).split()) <= _FEW_WORDS
    return says(text, [each for each in words if short or " " in fold(each).strip()])
