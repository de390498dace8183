"""Surveys and their answers."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from polydesk.types.basics import Text


class QuestionKind(Struct, frozen=True, kw_only=True):
    """A kind of survey question: `name`, and `score(answer) -> float` when it counts towards a figure."""

    name: str
    label: Text
    score: Any = None


class Survey(Struct, frozen=True, kw_only=True):
    """A survey as sent to a contact about a conversation."""

    id: int
    conversation: int
    questions: tuple[str, ...] = ()


class Answer(Struct, frozen=True, kw_only=True):
    """A contact's answer to one question of a survey."""

    survey: int
    question: str
    value: str


class SurveyChoice(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which survey, if any, follows this conversation"."""

    name: str
    after_seconds: int = 0
