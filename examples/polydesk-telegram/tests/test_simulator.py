"""The make-believe bot of `polydesk simulate`: people write, are asked, press buttons and read."""

from __future__ import annotations

from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.conversations.extras import Extras
from polydesk.simulator import Persona, Saying
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import LiveDesk
from polydesk.types import Attached, Choice, Place, Prompt
from polydesk_telegram.simulator import TelegramSimulator

NINO = Persona(key="nino", name="Nino K", language="ka", kind="customer", email="n@example.org", phone="+995555000111")


async def test_people_write_press_and_read(live_desk: LiveDesk) -> None:
    person = await people.create_owner(
        name="Mara Olsen", email="mara@telegram.example", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    simulator = TelegramSimulator()
    settings = await simulator.start(f"{live_desk.url}/hooks/telegram")
    try:
        await channels.save_account(
            owner, channel="telegram", client=owner.clients[0], market=None, name="Bot", settings=settings
        )
        await simulator.say(NINO, Saying(text="Where is it?", pieces=(Place(latitude=41.7, longitude=44.8),)))
        await simulator.say(NINO, Saying(files=(Attached(name="a.txt", media_type="text/plain", data=b"a"),)))
        await live_desk.until("SELECT id FROM pd_attachment WHERE name = 'a.txt'")
        number = int(str((await live_desk.until("SELECT id FROM pd_conversation"))[0]["id"]))
        choices = (Choice(value="yes", label="Yes, please"), Choice(value="no", label="No"))
        prompt = Prompt(text="Shall we call?", choices=choices)
        await replying.reply(owner, number, "Shall we call?", extras=Extras(prompt=prompt))
        heard = await anext(simulator.heard())
        assert (heard.persona, heard.choices) == ("nino", choices)
        assert "Shall we call?" in heard.text
        await simulator.say(NINO, Saying(choice=heard.choices[0]))
        await live_desk.until("SELECT id FROM pd_item WHERE direction = 'in' AND text = 'Yes, please'")
    finally:
        await simulator.stop()
