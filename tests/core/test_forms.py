"""Forms made from settings classes, as a person filling them in meets them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest

from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_
from polydesk.types import Text
from polydesk.web.forms import Form

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
KINDS = (Choice("tls", Text(N_("TLS"))), Choice("none", Text(N_("None"))))


class Mailbox(msgspec.Struct, kw_only=True):
    """Every kind of field."""

    address: Annotated[str, Field(label=Text("Address"), input="email")]
    password: Annotated[str, Field(label=Text("Password"), input="secret")] = ""
    port: Annotated[Port, Field(label=Text("Port"), input="number")] = 993
    security: Annotated[Literal["tls", "none"], Field(label=Text("Security"), input="select", choices=KINDS)] = "tls"
    trust: Annotated[bool, Field(label=Text("Trust"), input="checkbox")] = False
    folders: Annotated[tuple[str, ...], Field(label=Text("Folders"), required=False)] = ()
    speaks: Annotated[tuple[str, ...], Field(label=Text("Languages"), input="languages")] = ()
    note: Annotated[str | None, Field(label=Text("Note"), required=False)] = None


GOOD = {"address": "a@b.co", "password": "pw", "port": "143", "security": "none", "folders": "INBOX, Spam"}


def test_what_was_typed_becomes_a_value() -> None:
    form = Form(Mailbox, {**GOOD, "trust": "on", "speaks": ["de", "ar"]})
    assert form.valid
    assert form.value == Mailbox(
        address="a@b.co",
        password="pw",
        port=143,
        security="none",
        trust=True,
        folders=("INBOX", "Spam"),
        speaks=("de", "ar"),
    )


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("address", "", "Fill this in."),
        ("address", "nonsense", "Enter an email address such as ana@example.com."),
        ("port", "many", "Enter a whole number."),
        ("port", "0", "Enter a number that is at least 1."),
        ("port", "70000", "Enter a number that is at most 65535."),
        ("security", "magic", "Choose one of the options."),
        ("password", "", "Fill this in."),
    ],
)
def test_a_mistake_is_named_beside_its_field_and_nothing_typed_is_lost(field: str, typed: str, said: str) -> None:
    form = Form(Mailbox, {**GOOD, field: typed})
    assert not form.valid
    assert form.errors == {field: said}
    assert form["folders"].value == "INBOX, Spam"
    assert form[field].error == said


def test_a_secret_is_never_given_back() -> None:
    stored = Mailbox(address="a@b.co", password="hush")
    assert "hush" not in str(list(Form(Mailbox, stored=stored).inputs()))
    assert "pw" not in str(list(Form(Mailbox, {**GOOD, "port": "x"}).inputs()))


def test_a_stored_secret_is_kept_when_nothing_new_is_typed() -> None:
    stored = Mailbox(address="a@b.co", password="hush")
    form = Form(Mailbox, {**GOOD, "password": ""}, stored)
    assert form.value is not None
    assert form.value.password == "hush"
    assert form["password"].kept


def test_a_services_refusal_stands_where_it_belongs() -> None:
    form = Form(Mailbox, GOOD)
    form.refuse(Invalid({"address": "Taken.", "elsewhere": "No room."}))
    assert form["address"].error == "Taken."
    assert form.message == "No room."
    assert not form.valid


def test_an_unchecked_box_is_no() -> None:
    form = Form(Mailbox, GOOD, Mailbox(address="x@y.z", trust=True))
    assert form.value is not None
    assert form.value.trust is False


def test_prefixes_keep_two_forms_of_one_page_apart() -> None:
    form = Form(Mailbox, {f"a-{name}": value for name, value in GOOD.items()}, prefix="a-")
    assert form.valid
    assert form["port"].name == "a-port"
