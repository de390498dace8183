"""How mail programs introduce repeated history, in the languages they speak."""

from __future__ import annotations

# ruff: noqa: E501 - tables read better unbroken
import re

_VERBS = (
    r"wrote|writes|schrieb|geschrieben|a écrit|écrit|escribió|ha scritto|escreveu|skrev|kirjoitti|pisze|napisał(?:\(a\)|a)?"
    r"|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|(?:ezt )?írta|a scris|έγραψε|пишет|написала?|пише|написав(?:\(ла\))?|написа|şunu yazdı"
    r"|yazdı|schreef|het volgende geschreven|menulis|đã viết|je napisao|je napisala|rašė|kirjutas|rakstīja|je napisal|كتب|כתב|წერდა|დაწერა"
)
VERB = re.compile(
    rf"(?<!\w)(?:{_VERBS})(?!\w)(?:\((?:а|a|ла)\))?|写道|寫道|のメッセージ|書きました|작성|เขียนว่า", re.IGNORECASE
)
"""What someone did in the line above quoted text. Searched once per line, so that the cost stays linear."""
LEAD = re.compile(
    r"^(?:(?:On|Am|Le|El|Il|Em|Op|Den|Dne|Dňa|W dniu|Dnia|Pe|În|Στις|Pada|Vào|في|בתאריך)\b|在|于|於)", re.IGNORECASE
)
TIME = re.compile(r"\d{1,2}[:.]\d{2}")
MAILBOX_AT_END = re.compile(r"[<\[(][^<>\[\]()\s]{1,200}@[^<>\[\]()\s]{1,200}[>\])]\S{0,12}\s*$")
"""Gmail and Yandex write no verb in Russian, Japanese and others: a time and a mailbox must do."""

_ORIGINAL = (
    r"original message|original(?:e)? nachricht|ursprüngliche nachricht|ursprungsnachricht|originalnachricht|message d'origine|message d’origine"
    r"|message original|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|origineel bericht|oprindelig besked"
    r"|oprindelig meddelelse|opprinnelig melding|ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|wiadomość oryginalna"
    r"|oryginalna wiadomość|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|mesajul original|αρχικό μήνυμα|orijinal ileti"
    r"|özgün ileti|исходное сообщение|оригинальное сообщение|оригінальне повідомлення|вихідне повідомлення|原始邮件|原始郵件|邮件原件"
    r"|元のメッセージ|original e-?mail|원본 메시지|الرسالة الأصلية|ორიგინალი შეტყობინება|reply message|izvorna poruka"
)
_FORWARDED = (
    r"forwarded message|begin forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten nachricht|message transféré"
    r"|début du message (?:transféré|réexpédié)|mensaje reenviado|inicio del mensaje reenviado|messaggio inoltrato|inizio messaggio inoltrato"
    r"|mensagem (?:encaminhada|reencaminhada)|doorgestuurd bericht|vidarebefordrat meddelande|videresendt (?:meddelelse|besked|melding)"
    r"|välitetty viesti|wiadomość przekazana|treść przekazanej wiadomości|přeposlaná zpráva|továbbított üzenet|mesaj redirecționat"
    r"|προωθημένο μήνυμα|iletilen (?:ileti|mesaj)|пересылаемое сообщение|пересланное сообщение|переслане повідомлення|转发邮件|轉寄郵件|转发的邮件"
    r"|転送メッセージ|転送されたメッセージ|전달된 메시지|الرسالة المعاد توجيهها|გადაგზავნილი შეტყობინება|inoltrato da|fwd message"
)
_DASHES = r"[-_=*~—–]{2,}"
ORIGINAL = re.compile(
    rf"^{_DASHES}\s*(?:{_ORIGINAL})\b.{{0,40}}?{_DASHES}\s*$|^(?:{_ORIGINAL})\s*[:：]$", re.IGNORECASE
)
FORWARDED = re.compile(
    rf"^{_DASHES}\s*(?:{_FORWARDED}).{{0,40}}?{_DASHES}\s*$|^(?:{_FORWARDED})\s*[:：]$", re.IGNORECASE
)
RULE = re.compile(r"^[_\-=*]{5,}$")

_ROLES = {
    "from": "from von de da van från fra od от від 发件人 寄件者 差出人 보낸 사람 보낸사람 من מאת kimden gönderen feladó de la από lähettäjä отправитель გამომგზავნი",
    "sent": "sent date gesendet datum envoyé date fecha enviado inviato data enviada enviada em verzonden skickat sendt dato wysłano odesláno odoslané"
    " отправлено дата надіслано 发送时间 发送日期 日期 時間 日付 送信日時 보낸 날짜 날짜 تاريخ נשלח tarih gönderildi gönderilme tarihi elküldve dátum trimis στάλθηκε ημερομηνία lähetetty გაგზავნის თარიღი",
    "to": "to an à a para aan till til do komu кому 收件人 宛先 받는 사람 إلى אל kime alıcı címzett către προς vastaanottaja მიმღები",
    "cc": "cc kopie copie copia kopia kopi dw копия копія 抄送 副本 참조 نسخة עותק bilgi másolat κοιν",
    "subject": "subject betreff objet asunto oggetto assunto onderwerp ämne emne temat předmět predmet тема 主题 主旨 件名 제목 الموضوع נושא konu tárgy subiect subiectul θέμα aihe თემა",
}
_MULTI = {
    "보낸 사람": "from",
    "de la": "from",
    "enviada em": "sent",
    "enviado el": "sent",
    "보낸 날짜": "sent",
    "gönderilme tarihi": "sent",
    "받는 사람": "to",
    "გაგზავნის თარიღი": "sent",
    "reply-to": "cc",
    "odpowiedź do": "cc",
}
ROLES: dict[str, str] = {word: role for role, words in _ROLES.items() for word in words.split()} | _MULTI
HEADER_LINE = re.compile(r"^[>\s*_]*([^\W\d][\w \-]{0,20}?)[ \t]?[*_]{0,2}\s?[:：]\s?[*_]{0,2}\s*(\S.*)?$")

MOBILE = re.compile(
    r"^(?:sent (?:from|via|with) (?:my |a |the )?\S.{0,60}|get outlook for .{2,30}|gesendet (?:von|mit|über) .{2,60}|von meinem .{2,40} gesendet"
    r"|diese nachricht wurde von meinem .{2,60}|envoyé (?:de|depuis|à partir de) .{2,60}|enviado (?:desde|do|de) .{2,60}|inviato da .{2,60}"
    r"|отправлено (?:с|из|от) .{2,60}|надіслано з .{2,60}|verstuurd vanaf .{2,60}|verzonden (?:vanaf|met) .{2,60}|skickat från .{2,60}"
    r"|sendt fra .{2,60}|lähetetty .{2,60}|wysłano z .{2,60}|wysłane z .{2,60}|odesláno z .{2,60}|odoslané z .{2,60}|.{2,40}['’]?(?:dan|den|ımdan|imden) gönderildi"
    r"|trimis de pe .{2,60}|从我的.{2,30}发送|发自我的.{2,30}|發自我的.{2,30}|.{2,30}から送信|나의 .{2,30}에서 보냄|أُ?رسلت من .{2,60}|outlook for (?:ios|android)<?.{0,80}"
    r"|yahoo mail.{0,60}|გამოგზავნილია ჩემი .{2,60})\.?$",
    re.IGNORECASE,
)
