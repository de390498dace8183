"""Who is believed: the published vectors, JSON by its hash, and another service's name for the header."""

from __future__ import annotations

import pytest

from polydesk.signatures import form_signature
from polydesk.types import Account, Call
from polydesk_voice.providers.twiml import told
from polydesk_voice.settings import LineSettings


def account(id: int, token: str) -> Account:
    return Account(
        id=id, client=1, market=None, channel="voice", name="Line", address=f"+99532200011{id}",
        settings=LineSettings(number=f"+99532200011{id}", token=token),
    )  # fmt: skip


FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON_URL = "https://desk.example/hooks/json?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"


@pytest.mark.parametrize(
    ("token", "call"),
    [
        (
            "12345",
            Call(
                method="POST",
                url="https://mycompany.com/myapp.php?foo=1&bar=2",
                headers={**FORM, "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
                body=b"CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
            ),
        ),
        (
            "polydesk-token",
            Call(
                method="POST",
                url="https://desk.example/hooks/voice?tenant=7",
                headers={**FORM, "x-signalwire-signature": "FAxDuwCv99trXV+YmoNQG8yPeqA="},
                body=b"CallSid=CA0001&Digits=2&From=%2B995555000111&To=%2B995322000222",
            ),
        ),
        (
            "polydesk-token",
            Call(
                method="POST",
                url=JSON_URL,
                headers={"content-type": "application/json", "x-twilio-signature": "VuGb3thz+9+SGB2y/QMWZxoIPTM="},
                body=b'{"a":1}',
            ),
        ),
    ],
)
def test_the_published_vectors_are_believed_and_nothing_else(token: str, call: Call) -> None:
    right, wrong = account(1, token), account(2, "another")
    assert told.trusted(call, told.read(call), [wrong, right]) == ([right], True)
    assert told.trusted(call, told.read(call), [wrong, account(3, "")]) == ([], True)
    changed = Call(method="POST", url=call.url, headers=call.headers, body=call.body.replace(b"1", b"7"))
    assert told.trusted(changed, told.read(changed), [right]) == ([], True)
    unsigned = Call(method="POST", url=call.url, headers={**FORM}, body=call.body)
    assert told.trusted(unsigned, told.read(unsigned), [right]) == ([], False)


def test_a_get_is_signed_by_its_address_and_several_lines_share_a_token() -> None:
    url = "https://desk.example/hooks/voice/twiml/leg/1?CallSid=CA1&To=%2B1"
    call = Call(
        method="GET", url=url, path="twiml/leg/1", query=(("CallSid", "CA1"), ("To", "+1")),
        headers={"x-twilio-signature": form_signature("t", url)},
    )  # fmt: skip
    assert told.trusted(call, told.read(call), [account(1, "t"), account(2, "t")])[0] == [
        account(1, "t"),
        account(2, "t"),
    ]
    said = told.read(call)
    assert (said.what, said.account, said.leg, said.number) == ("leg", 1, "CA1", "+1")


def test_a_json_body_is_read_like_a_form() -> None:
    call = Call(
        method="POST", url=JSON_URL, headers={"content-type": "application/json"}, body=b'{"CallSid":"CA1","n":2}'
    )
    assert told.read(call).form == {"CallSid": "CA1", "n": "2"}
    broken = Call(method="POST", url=JSON_URL, headers={"content-type": "application/json"}, body=b"[1")
    assert told.read(broken).form == {}
