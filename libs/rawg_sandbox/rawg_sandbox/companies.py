"""Who made and who published which game, and the people behind it; fixed for ever.

A developer works with one publisher mostly and with a second one now and then; half of the
games go round all developers, so that nearly each has a game, the others go to the big ones.
The biggest developers publish what they make, under their own names.
"""

from typing import Final

import numpy as np

from rawg_sandbox.dice import Ints, scatter
from rawg_sandbox.membership import Membership
from rawg_sandbox.names import DEVELOPER_NAMES, PERSON_NAMES, PUBLISHER_NAMES, Names, slugify
from rawg_sandbox.population import Population
from rawg_sandbox.vocabulary import CREATOR_ROLES, Named

_GAMES_PER_DEVELOPER: Final = 2
_GAMES_PER_PUBLISHER: Final = 12
_GAMES_PER_CREATOR: Final = 32
# The share of publishers that are developers.
_OWN_HOUSES: Final = 0.5
# Of their own games that they leave to somebody else, in percent.
_LEFT_TO_OTHERS: Final = 10
# The share of games, the most popular ones, that only the bigger developers make.
_BIG_STUDIOS_GAMES: Final = 0.05
# Ids of the smaller kinds are sparse as well.
_ID_STEP: Final = 3


class Numbered:
    """The names of one kind, made when they are asked for; ids are sparse and ascending."""

    def __init__(
        self,
        names: Names,
        count: int,
        seed: int,
        others: "Numbered | None" = None,
        of_others: int = 0,
    ) -> None:
        """The first `of_others` are named as those of `others`."""
        self._names, self._count, self._seed = names, count, seed
        self._others, self._of_others = others, of_others

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: int) -> Named:
        if self._others is not None and at < self._of_others:
            return self._others[at]
        code = scatter(np.array(at), max(self._names.count, self._count), self._seed)
        name = self._names.spell(int(code))
        return Named(at * _ID_STEP + 1 + at % _ID_STEP, name, slugify(name))

    def find(self, company_id: int) -> int | None:
        """Return the position of an id: the inverse of the numbering."""
        at = (company_id - 1) // _ID_STEP
        return at if 0 <= at < self._count and self[at].id == company_id else None


class Companies:
    """Developers, publishers and creators with their games."""

    def __init__(self, population: Population) -> None:
        games = max(1, population.options.games)
        self._who = population
        self._dice = population.dice
        self.developer_count = max(1, games // _GAMES_PER_DEVELOPER)
        self.publisher_count = max(1, games // _GAMES_PER_PUBLISHER)
        self.creator_count = max(1, games // _GAMES_PER_CREATOR)
        # Publisher number i is developer number i, for the first ones.
        self.own_house_count = int(self.publisher_count * _OWN_HOUSES)
        self.developer_names = Numbered(DEVELOPER_NAMES, self.developer_count, 7)
        self.publisher_names = Numbered(
            PUBLISHER_NAMES, self.publisher_count, 11, self.developer_names, self.own_house_count
        )
        self.creator_names = Numbered(PERSON_NAMES, self.creator_count, 13)
        first, second = self._draw_developers()
        self.developers = self._pair(first, second, self.developer_count)
        self.publishers = self._pair(*self._draw_publishers(first), self.publisher_count)
        self.creators, self.creator_roles = self._draw_creators()

    def _draw_developers(self) -> tuple[Ints, Ints]:
        index, popular = self._who.index, self._who.popular
        luck = self._dice.share("developer", index)
        in_turn = (index // 2) % self.developer_count
        percent = self._dice.below("developer known", 100, index)
        in_the_tail = self._who.percentile >= _BIG_STUDIOS_GAMES
        bigness = luck * luck * np.where(in_the_tail, 1, luck * luck)
        big = (bigness * self.developer_count).astype(np.int64)
        first = np.where((index % 2 == 0) & in_the_tail, in_turn, big)
        first = np.where(percent < np.where(popular, 100, 90), first, -1)
        partner = self._dice.below("partner", self.developer_count, index)
        has_partner = (percent < np.where(popular, 45, 4)) & (partner != first)
        return first, np.where(has_partner, partner, -1)

    def _draw_publishers(self, developer: Ints) -> tuple[Ints, Ints]:
        index, popular = self._who.index, self._who.popular
        known = np.maximum(developer, 0)
        luck = self._dice.share("second house", known)
        houses = self.publisher_count - self.own_house_count
        house = self.own_house_count + known % houses
        second_house = self.own_house_count + (luck * luck * houses).astype(np.int64)
        percent = self._dice.below("publisher", 100, index)
        usual = np.where(percent % 5 == 0, second_house, house)
        publishes_itself = (known < self.own_house_count) & (percent >= _LEFT_TO_OTHERS)
        published = (developer >= 0) & (percent < np.where(popular, 100, 60))
        first = np.where(publishes_itself, known, usual)
        second = np.where(usual == house, second_house, house)
        both = published & (percent < np.where(popular, 30, 3)) & (second != first)
        return np.where(published, first, -1), np.where(both, second, -1)

    def _pair(self, first: Ints, second: Ints, count: int) -> Membership:
        index = self._who.index
        games = np.concatenate([index[first >= 0], index[second >= 0]])
        items = np.concatenate([first[first >= 0], second[second >= 0]])
        return Membership(games, items, self._who.size, count)

    def _draw_creators(self) -> tuple[Membership, list[tuple[int, ...]]]:
        """Return the people's games (those of the studio each works for) and their roles."""
        people = np.arange(self.creator_count)
        luck = self._dice.share("studio", people)
        studios = (luck * luck * self.developer_count).astype(np.int64)
        games = [self.developers.games_of(int(studio)) for studio in studios]
        pairs = Membership(
            np.concatenate(games),
            np.repeat(people, [len(some) for some in games]),
            self._who.size,
            self.creator_count,
        )
        drawn = self._dice.below("roles", 2 ** len(CREATOR_ROLES), people) & self._dice.below(
            "fewer roles", 2 ** len(CREATOR_ROLES), people
        )
        roles = [
            tuple(at for at in range(len(CREATOR_ROLES)) if mask >> at & 1) or (0,)
            for mask in drawn.tolist()
        ]
        return pairs, roles
