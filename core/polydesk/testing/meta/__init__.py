"""Meta's side of WhatsApp, Messenger and Instagram, over HTTP, for tests, `polydesk simulate`, bench and faults.

    async with Meta() as meta:
        number = meta.whatsapp.add()
        meta.webhooks.address = "http://127.0.0.1:8000/hooks/whatsapp"
        await meta.whatsapp.text(User(wa_id="995555000111", name="Nino"), "gamarjoba")

Writing to an address that ends in an error's number brings that error ("+995555131026"; short ones "…999190").
"""

from polydesk.testing.meta.failures import GraphError
from polydesk.testing.meta.pages import Fan, Page, PageSent
from polydesk.testing.meta.serving import Meta, Request
from polydesk.testing.meta.signing import escaped, signature, signed
from polydesk.testing.meta.whatsapp import Number, Sent, User, template
from polydesk.testing.meta.whatsapp_bodies import merged, signed_text

__all__ = [
    "Fan",
    "GraphError",
    "Meta",
    "Number",
    "Page",
    "PageSent",
    "Request",
    "Sent",
    "User",
    "escaped",
    "merged",
    "signature",
    "signed",
    "signed_text",
    "template",
]
