"""A menu to begin with: couriers go straight to a person, everyone else says what it is about."""

from __future__ import annotations

from polydesk_menus.tree import Answer, Ask, Collect, HandOver, Option, Set, Tree, When, Words

_WHAT: Words = {
    "en": "Hello! What is it about?",
    "fr": "Bonjour ! De quoi s’agit-il ?",
    "ar": "مرحبا! بماذا يمكننا مساعدتك؟",
    "es": "¡Hola! ¿De qué se trata?",
    "it": "Buongiorno! Di che cosa si tratta?",
    "de": "Hallo! Worum geht es?",
    "pt": "Olá! De que se trata?",
    "ro": "Bună ziua! Despre ce este vorba?",
    "pl": "Dzień dobry! W czym możemy pomóc?",
    "uk": "Вітаємо! З чим вам допомогти?",
    "ru": "Здравствуйте! С чем вам помочь?",
    "ka": "გამარჯობა! რით დაგეხმაროთ?",
    "tr": "Merhaba! Konu nedir?",
}
_ORDER: Words = {
    "en": "My order", "fr": "Ma commande", "ar": "طلبي", "es": "Mi pedido", "it": "Il mio ordine",
    "de": "Meine Bestellung", "pt": "A minha encomenda", "ro": "Comanda mea", "pl": "Moje zamówienie",
    "uk": "Моє замовлення", "ru": "Мой заказ", "ka": "ჩემი შეკვეთა", "tr": "Siparişim",
}  # fmt: skip
_MONEY: Words = {
    "en": "Payment or refund", "fr": "Paiement, remboursement", "ar": "الدفع أو الاسترداد", "es": "Pago o reembolso",
    "it": "Pagamento o rimborso", "de": "Zahlung, Erstattung", "pt": "Pagamento ou reembolso",
    "ro": "Plată sau rambursare", "pl": "Płatność lub zwrot", "uk": "Оплата чи повернення",
    "ru": "Оплата или возврат", "ka": "გადახდა ან დაბრუნება", "tr": "Ödeme veya iade",
}  # fmt: skip
_WORK: Words = {
    "en": "I am a courier", "fr": "Je suis coursier", "ar": "أنا مندوب توصيل", "es": "Soy repartidor",
    "it": "Sono un corriere", "de": "Ich bin Kurier", "pt": "Sou estafeta", "ro": "Sunt curier",
    "pl": "Jestem kurierem", "uk": "Я кур’єр", "ru": "Я курьер", "ka": "მე კურიერი ვარ", "tr": "Ben kuryeyim",
}  # fmt: skip
_PARTNER: Words = {
    "en": "I am a partner", "fr": "Je suis partenaire", "ar": "أنا شريك", "es": "Soy un socio", "it": "Sono un partner",
    "de": "Ich bin Partner", "pt": "Sou parceiro", "ro": "Sunt partener", "pl": "Jestem partnerem",
    "uk": "Я партнер", "ru": "Я партнёр", "ka": "მე პარტნიორი ვარ", "tr": "Ben iş ortağıyım",
}  # fmt: skip
_NUMBER: Words = {
    "en": "What is your order number? It is in your confirmation.",
    "fr": "Quel est votre numéro de commande ? Il figure dans votre confirmation.",
    "ar": "ما هو رقم طلبك؟ ستجده في رسالة التأكيد.",
    "es": "¿Cuál es su número de pedido? Está en la confirmación.",
    "it": "Qual è il numero d’ordine? È nella conferma.",
    "de": "Wie lautet Ihre Bestellnummer? Sie steht in der Bestätigung.",
    "pt": "Qual é o número da encomenda? Está na confirmação.",
    "ro": "Care este numărul comenzii? Îl găsiți în confirmare.",
    "pl": "Jaki jest numer zamówienia? Jest w potwierdzeniu.",
    "uk": "Який номер замовлення? Він є в підтвердженні.",
    "ru": "Какой номер заказа? Он есть в подтверждении.",
    "ka": "რა არის შეკვეთის ნომერი? ის დადასტურებაშია.",
    "tr": "Sipariş numaranız nedir? Onay mesajında yazar.",
}
_REFUNDS: Words = {
    "en": "A refund is back on your card three to five working days after we have confirmed it.",
    "fr": "Un remboursement revient sur votre carte trois à cinq jours ouvrés après notre confirmation.",
    "ar": "يعود المبلغ إلى بطاقتك خلال ثلاثة إلى خمسة أيام عمل بعد تأكيدنا.",
    "es": "El reembolso vuelve a su tarjeta entre tres y cinco días laborables después de nuestra confirmación.",
    "it": "Il rimborso torna sulla carta da tre a cinque giorni lavorativi dopo la nostra conferma.",
    "de": "Eine Erstattung ist drei bis fünf Werktage nach unserer Bestätigung auf Ihrer Karte.",
    "pt": "O reembolso volta ao seu cartão três a cinco dias úteis depois da nossa confirmação.",
    "ro": "Banii revin pe card în trei până la cinci zile lucrătoare de la confirmarea noastră.",
    "pl": "Zwrot wraca na kartę trzy do pięciu dni roboczych po naszym potwierdzeniu.",
    "uk": "Гроші повертаються на картку за три–п’ять робочих днів після підтвердження.",
    "ru": "Деньги возвращаются на карту за три–пять рабочих дней после подтверждения.",
    "ka": "თანხა ბარათზე ბრუნდება დადასტურებიდან სამიდან ხუთ სამუშაო დღეში.",
    "tr": "İade, onayımızdan sonra üç ila beş iş günü içinde kartınıza geçer.",
}
_LATE: Words = {"en": "parcel, delivery, late, package", "fr": "colis, livraison, retard", "ar": "طرد, توصيل, تأخر",
                "es": "paquete, entrega, retraso", "it": "pacco, consegna", "de": "Paket, Lieferung"}  # fmt: skip
_PAID: Words = {"en": "money, paid, invoice, charge", "fr": "argent, facture, payé", "ar": "فاتورة, فلوس",
                "es": "dinero, factura", "it": "soldi, fattura", "de": "Geld, Rechnung"}  # fmt: skip


LANGUAGES = tuple(_WHAT)
"""Every language the example has words in."""


def starter(languages: tuple[str, ...], queue: int | None = None) -> Tree:
    """Customers, couriers and partners, with words in those of these languages that are known here."""

    def only(words: Words) -> Words:
        kept = {code: words[code] for code in languages if code in words}
        return kept or {"en": words["en"]}

    couriers = When(id="s1", know="kind", value="courier", steps=(HandOver(id="s2", queue=queue, reason="courier"),))
    order = Option(
        id="s4",
        words=only(_ORDER),
        also={code: _LATE[code] for code in languages if code in _LATE},
        steps=(
            Set(id="s5", contact_kind="customer", category="Order"),
            Collect(id="s6", words=only(_NUMBER), attribute="order number", shape="#+", retries=1),
            HandOver(id="s7", queue=queue),
        ),
    )
    money = Option(
        id="s8",
        words=only(_MONEY),
        also={code: _PAID[code] for code in languages if code in _PAID},
        steps=(
            Set(id="s9", category="Payment"),
            Answer(id="s10", words=only(_REFUNDS)),
            HandOver(id="s11", queue=queue),
        ),
    )
    work = Option(
        id="s12",
        words=only(_WORK),
        steps=(
            Set(id="s13", contact_kind="courier", category="Courier"),
            HandOver(id="s14", queue=queue, reason="courier"),
        ),
    )
    partner = Option(
        id="s15",
        words=only(_PARTNER),
        steps=(Set(id="s16", contact_kind="partner", category="Partner"), HandOver(id="s17", queue=queue)),
    )
    question = Ask(id="s3", words=only(_WHAT), options=(order, money, work, partner))
    return Tree(steps=(couriers, question), counter=17)
