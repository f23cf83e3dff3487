"""/developers, /publishers, /tags: long lists, the most wanted first. Keys and their order are
those of recorded responses."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from rawg_sandbox.companies import position_of_id
from rawg_sandbox.dice import Ints
from rawg_sandbox.dimension import TopGames, describe
from rawg_sandbox.fragments import background, slim, tag_fields
from rawg_sandbox.membership import Membership
from rawg_sandbox.traits import TAGS
from rawg_sandbox.vocabulary import Named
from rawg_sandbox.world import State


class Group:
    """Items whose games are a membership: tags, companies, creators; the most wanted first."""

    kind = "group"

    def __init__(self, state: State, membership: Membership) -> None:
        """Take the pairs of games and items."""
        self.state = state
        self.membership = membership
        self.top_games = TopGames(state)

    @cached_property
    def counts(self) -> Ints:
        """How many games each item has now."""
        return self.membership.count(self.state.alive)

    def order(self) -> Sequence[int]:
        """Return all positions, by how many people have the item's games."""
        wanted = self.membership.total(np.where(self.state.alive, self.state.added, 0))
        order: list[int] = np.argsort(-wanted, kind="stable").tolist()
        return order

    def named(self, at: int) -> Named:
        """Return id, name and slug."""
        raise NotImplementedError

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {self.named(at).slug: at for at in range(self.membership.item_count)}

    def find(self, key: str) -> int | None:
        """Return the position of an id or slug."""
        if not key.isdecimal():
            return self._positions.get(key)
        at = position_of_id(int(key))
        exists = 0 <= at < self.membership.item_count and self.named(at).id == int(key)
        return at if exists else None

    def fields(self, at: int) -> dict[str, Any]:
        """Return a company as game details show it."""
        item = self.named(at)
        return {
            **slim(item),
            "games_count": int(self.counts[at]),
            "image_background": background(self.kind, item.id),
        }

    def row(self, at: int) -> dict[str, Any]:
        """Return a row of the list."""
        return {**self.fields(at), "games": self.top_games.of_item(self.membership, at)}

    def detail(self, at: int) -> dict[str, Any]:
        """Return the item's own page."""
        return {**self.fields(at), "description": describe(self.named(at).name)}


class DeveloperList(Group):
    """/developers."""

    kind = "developer"

    def named(self, at: int) -> Named:
        """Return the developer."""
        return self.state.world.companies.developer(at)


class PublisherList(Group):
    """/publishers."""

    kind = "publisher"

    def named(self, at: int) -> Named:
        """Return the publisher."""
        return self.state.world.companies.publisher(at)


class TagList(Group):
    """/tags, in both languages."""

    kind = "tag"

    def named(self, at: int) -> Named:
        """Return the tag."""
        return Named(*TAGS[at][:3])

    def find(self, key: str) -> int | None:
        """Return the position of an id or slug."""
        for at, (tag_id, _, slug, _) in enumerate(TAGS):
            if key in (str(tag_id), slug):
                return at
        return None

    def row(self, at: int) -> dict[str, Any]:
        """Return a row: the language stands behind the picture."""
        fields = tag_fields(self.state, at)
        language = fields.pop("language")
        games = self.top_games.of_item(self.membership, at)
        return {**fields, "language": language, "games": games}

    def detail(self, at: int) -> dict[str, Any]:
        """Return /tags/{id}."""
        return {**self.fields(at), "description": ""}
