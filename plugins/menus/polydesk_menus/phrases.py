"""What every menu says by itself, to contacts, in their language."""

from __future__ import annotations

import re

import msgspec

from polydesk_menus.matching import fold


class Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed words of one language. `thanks` are further ways of saying that something helped."""

    human: str
    handing_over: str
    helped: str
    yes: str
    no: str
    thanks: tuple[str, ...]
    unclear: str
    wrong_shape: str


BY_LANGUAGE = {
    "en": Phrases(
        human="Talk to a person", handing_over="A colleague will answer you here.", helped="Did this help?",
        yes="Yes, thank you", no="No", thanks=("yes", "yep", "thanks", "thank you", "great", "ok thanks"),
        unclear="Sorry, I did not understand that.", wrong_shape="That does not look right.",
    ),
    "fr": Phrases(
        human="Parler à quelqu’un", handing_over="Un collègue va vous répondre ici.", helped="Cela vous a-t-il aidé ?",
        yes="Oui, merci", no="Non", thanks=("oui", "merci", "parfait", "super"),
        unclear="Désolé, je n’ai pas compris.", wrong_shape="Cela ne semble pas correct.",
    ),
    "ar": Phrases(
        human="التحدث مع موظف", handing_over="سيرد عليك أحد زملائنا هنا.", helped="هل أفادك هذا؟",
        yes="نعم، شكرا", no="لا", thanks=("نعم", "شكرا", "اه", "تمام"),
        unclear="عذرا، لم أفهم ذلك.", wrong_shape="لا يبدو ذلك صحيحا.",
    ),
    "es": Phrases(
        human="Hablar con alguien", handing_over="Un compañero le responderá aquí.", helped="¿Le ha servido?",
        yes="Sí, gracias", no="No", thanks=("si", "gracias", "perfecto", "genial"),
        unclear="Perdone, no le he entendido.", wrong_shape="No parece correcto.",
    ),
    "it": Phrases(
        human="Parla con qualcuno", handing_over="Un collega le risponderà qui.", helped="Le è stato utile?",
        yes="Sì, grazie", no="No", thanks=("si", "grazie", "perfetto"),
        unclear="Mi scusi, non ho capito.", wrong_shape="Non sembra corretto.",
    ),
    "pt": Phrases(
        human="Falar com alguém", handing_over="Um colega vai responder aqui.", helped="Isto ajudou?",
        yes="Sim, obrigado", no="Não", thanks=("sim", "obrigado", "obrigada", "perfeito"),
        unclear="Desculpe, não percebi.", wrong_shape="Não parece correto.",
    ),
    "ro": Phrases(
        human="Vorbesc cu cineva", handing_over="Un coleg vă va răspunde aici.", helped="V-a fost de folos?",
        yes="Da, mulțumesc", no="Nu", thanks=("da", "multumesc", "mersi"),
        unclear="Îmi pare rău, nu am înțeles.", wrong_shape="Nu pare corect.",
    ),
    "pl": Phrases(
        human="Rozmowa z człowiekiem", handing_over="Ktoś z nas odpowie Ci tutaj.", helped="Czy to pomogło?",
        yes="Tak, dziękuję", no="Nie", thanks=("tak", "dziekuje", "dzieki", "super"),
        unclear="Przepraszam, nie rozumiem.", wrong_shape="To nie wygląda poprawnie.",
    ),
    "uk": Phrases(
        human="Покликати людину", handing_over="Вам відповість наш колега.", helped="Це допомогло?",
        yes="Так, дякую", no="Ні", thanks=("так", "дякую", "спасибі", "чудово"),
        unclear="Вибачте, я не зрозумів.", wrong_shape="Здається, тут помилка.",
    ),
    "ru": Phrases(
        human="Позвать человека", handing_over="Вам ответит наш коллега.", helped="Это помогло?",
        yes="Да, спасибо", no="Нет", thanks=("да", "спасибо", "отлично", "помогло"),
        unclear="Извините, я не понял.", wrong_shape="Похоже, здесь ошибка.",
    ),
    "ka": Phrases(
        human="ოპერატორთან საუბარი", handing_over="ჩვენი კოლეგა აქ გიპასუხებთ.", helped="დაგეხმარათ ეს?",
        yes="დიახ, მადლობა", no="არა", thanks=("დიახ", "კი", "მადლობა"),
        unclear="უკაცრავად, ვერ გავიგე.", wrong_shape="ეს სწორი არ ჩანს.",
    ),
    "tr": Phrases(
        human="Temsilciye bağlan", handing_over="Bir arkadaşımız size buradan yanıt verecek.",
        helped="Bu yardımcı oldu mu?", yes="Evet, teşekkürler", no="Hayır", thanks=("evet", "tesekkurler", "sagol"),
        unclear="Üzgünüm, anlayamadım.", wrong_shape="Bu doğru görünmüyor.",
    ),
    "de": Phrases(
        human="Mit jemandem sprechen", handing_over="Jemand von uns antwortet Ihnen hier.", helped="Hat das geholfen?",
        yes="Ja, danke", no="Nein", thanks=("ja", "danke", "super", "prima"),
        unclear="Das habe ich leider nicht verstanden.", wrong_shape="Das sieht nicht richtig aus.",
    ),
    "nl": Phrases(
        human="Iemand spreken", handing_over="Een collega antwoordt u hier.", helped="Heeft dit geholpen?",
        yes="Ja, bedankt", no="Nee", thanks=("ja", "bedankt", "dank u", "top"),
        unclear="Sorry, dat begreep ik niet.", wrong_shape="Dat lijkt niet te kloppen.",
    ),
}  # fmt: skip


def spoken(*languages: str) -> Phrases:
    """The fixed words in the first of these languages there are any in; English otherwise."""
    for code in languages:
        if found := BY_LANGUAGE.get(re.split("[-_]", code)[0]):
            return found
    return BY_LANGUAGE["en"]


def affirms(text: str) -> bool:
    """Is this a yes (or thanks) in any language?"""
    folded = fold(text)
    return any(folded in (fold(each.yes), *map(fold, each.thanks)) for each in BY_LANGUAGE.values())


def denies(text: str) -> bool:
    """Is this a plain no in any language?"""
    return any(fold(text) == fold(each.no) for each in BY_LANGUAGE.values())
