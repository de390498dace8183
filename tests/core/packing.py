"""What the tests of packs share."""

from __future__ import annotations

from tests.board import Board

from polydesk.packs import files, service
from polydesk.places import service as places
from polydesk.queues import service as queues
from polydesk.scopes.places import Details
from polydesk.types import Scope

Files = dict[str, bytes]


async def files_of(board: Board, scope: Scope) -> Files:
    return {path: text.encode() for path, text in files.write(await service.export(board.owner, scope)).items()}


async def furnished(board: Board) -> tuple[Scope, Scope]:
    """The client and its market France, with something in each."""
    client = board.owner.clients[0]
    market = await places.new_market(
        board.owner,
        client,
        code="fr",
        name="France",
        details=Details(languages=("fr",), legal={"privacy": {"fr": "Ligne 1\nLigne 2", "ar": "خصوصية"}}),
    )
    await queues.save_queue(board.owner, client=client, market=None, name="General", weights={"newest": 2})
    await queues.save_queue(board.owner, client=client, market=market, name="Colis / retours")
    return Scope(client), Scope(client, market)
