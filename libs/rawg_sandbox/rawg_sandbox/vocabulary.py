"""RAWG's small vocabularies with their ids: genres, platforms, stores, roles, ratings.

Ids, names and slugs are RAWG's own (public facts); how often each occurs is a rough share of
RAWG's `games_count` of 2024. Orders are the orders in which RAWG lists them.
"""

from typing import NamedTuple


class Genre(NamedTuple):
    """A genre, in thousandths: of all games and of the well-known ones, which it is given to, and
    of those who have such a game, who finish it."""

    id: int
    name: str
    slug: str
    tail_share: int
    popular_share: int
    finished: int


class Platform(NamedTuple):
    """A platform and the parent platform it belongs to."""

    id: int
    name: str
    slug: str
    parent: int
    year_start: int | None


class Named(NamedTuple):
    """Anything that RAWG shows as id, name and slug."""

    id: int
    name: str
    slug: str


class Store(NamedTuple):
    """A store, the platforms it sells for, and how many of their games it has (percent)."""

    id: int
    name: str
    slug: str
    domain: str
    platforms: tuple[int, ...]
    popular_percent: int
    tail_percent: int


class EsrbRating(NamedTuple):
    """An age rating; the Russian name comes in filtered lists only."""

    id: int
    name: str
    slug: str
    name_ru: str


GENRES = (
    Genre(4, "Action", "action", 182, 890, 245),
    Genre(51, "Indie", "indie", 100, 124, 165),
    Genre(3, "Adventure", "adventure", 141, 366, 265),
    Genre(5, "RPG", "role-playing-games-rpg", 57, 241, 195),
    Genre(10, "Strategy", "strategy", 57, 21, 60),
    Genre(2, "Shooter", "shooter", 59, 352, 205),
    Genre(40, "Casual", "casual", 55, 21, 25),
    Genre(14, "Simulation", "simulation", 70, 28, 75),
    Genre(7, "Puzzle", "puzzle", 97, 34, 330),
    Genre(11, "Arcade", "arcade", 23, 34, 130),
    Genre(83, "Platformer", "platformer", 101, 76, 180),
    Genre(1, "Racing", "racing", 25, 14, 50),
    Genre(59, "Massively Multiplayer", "massively-multiplayer", 4, 55, 45),
    Genre(15, "Sports", "sports", 22, 21, 40),
    Genre(6, "Fighting", "fighting", 12, 21, 35),
    Genre(19, "Family", "family", 6, 7, 280),
    Genre(28, "Board Games", "board-games", 8, 7, 50),
    Genre(34, "Educational", "educational", 16, 7, 40),
    Genre(17, "Card", "card", 5, 7, 50),
)

PLATFORMS = (
    Platform(4, "PC", "pc", 1, None),
    Platform(187, "PlayStation 5", "playstation5", 2, 2020),
    Platform(1, "Xbox One", "xbox-one", 3, None),
    Platform(18, "PlayStation 4", "playstation4", 2, None),
    Platform(186, "Xbox Series S/X", "xbox-series-x", 3, 2020),
    Platform(7, "Nintendo Switch", "nintendo-switch", 7, None),
    Platform(3, "iOS", "ios", 4, None),
    Platform(21, "Android", "android", 8, None),
    Platform(8, "Nintendo 3DS", "nintendo-3ds", 7, None),
    Platform(9, "Nintendo DS", "nintendo-ds", 7, None),
    Platform(13, "Nintendo DSi", "nintendo-dsi", 7, None),
    Platform(5, "macOS", "macos", 5, None),
    Platform(6, "Linux", "linux", 6, None),
    Platform(14, "Xbox 360", "xbox360", 3, None),
    Platform(80, "Xbox", "xbox-old", 3, None),
    Platform(16, "PlayStation 3", "playstation3", 2, None),
    Platform(15, "PlayStation 2", "playstation2", 2, None),
    Platform(27, "PlayStation", "playstation1", 2, None),
    Platform(19, "PS Vita", "ps-vita", 2, None),
    Platform(17, "PSP", "psp", 2, None),
    Platform(10, "Wii U", "wii-u", 7, None),
    Platform(11, "Wii", "wii", 7, None),
    Platform(105, "GameCube", "gamecube", 7, None),
    Platform(83, "Nintendo 64", "nintendo-64", 7, None),
    Platform(24, "Game Boy Advance", "game-boy-advance", 7, None),
    Platform(43, "Game Boy Color", "game-boy-color", 7, None),
    Platform(26, "Game Boy", "game-boy", 7, None),
    Platform(79, "SNES", "snes", 7, None),
    Platform(49, "NES", "nes", 7, None),
    Platform(55, "Classic Macintosh", "macintosh", 5, None),
    Platform(41, "Apple II", "apple-ii", 5, None),
    Platform(166, "Commodore / Amiga", "commodore-amiga", 10, None),
    Platform(28, "Atari 7800", "atari-7800", 9, None),
    Platform(31, "Atari 5200", "atari-5200", 9, None),
    Platform(23, "Atari 2600", "atari-2600", 9, None),
    Platform(22, "Atari Flashback", "atari-flashback", 9, None),
    Platform(25, "Atari 8-bit", "atari-8-bit", 9, None),
    Platform(34, "Atari ST", "atari-st", 9, None),
    Platform(46, "Atari Lynx", "atari-lynx", 9, None),
    Platform(50, "Atari XEGS", "atari-xegs", 9, None),
    Platform(167, "Genesis", "genesis", 11, None),
    Platform(107, "SEGA Saturn", "sega-saturn", 11, None),
    Platform(119, "SEGA CD", "sega-cd", 11, None),
    Platform(117, "SEGA 32X", "sega-32x", 11, None),
    Platform(74, "SEGA Master System", "sega-master-system", 11, None),
    Platform(106, "Dreamcast", "dreamcast", 11, None),
    Platform(111, "3DO", "3do", 12, None),
    Platform(112, "Jaguar", "jaguar", 9, None),
    Platform(77, "Game Gear", "game-gear", 11, None),
    Platform(12, "Neo Geo", "neogeo", 13, None),
    Platform(171, "Web", "web", 14, None),
)

PARENT_PLATFORMS = (
    Named(1, "PC", "pc"),
    Named(2, "PlayStation", "playstation"),
    Named(3, "Xbox", "xbox"),
    Named(4, "iOS", "ios"),
    Named(8, "Android", "android"),
    Named(5, "Apple Macintosh", "mac"),
    Named(6, "Linux", "linux"),
    Named(7, "Nintendo", "nintendo"),
    Named(9, "Atari", "atari"),
    Named(10, "Commodore / Amiga", "commodore-amiga"),
    Named(11, "SEGA", "sega"),
    Named(12, "3DO", "3do"),
    Named(13, "Neo Geo", "neo-geo"),
    Named(14, "Web", "web"),
)

# Platforms a popular game comes out on together; about 4.6 on average, as in RAWG's first pages.
POPULAR_PLATFORM_SETS = (
    (4, 187, 1, 18, 186),
    (4, 187, 1, 18, 186, 7),
    (4, 1, 18, 7),
    (4, 187, 1, 18, 186, 14, 16),
    (4, 5, 6, 1, 18, 7, 3, 21),
    (4, 5, 6, 1, 18, 7),
    (4, 5, 6),
    (4, 14, 16, 1, 18),
    (4, 1, 18),
    (4, 187, 186),
    (4,),
    (4, 5),
    (4, 1, 18, 19, 7, 5),
    (4, 5, 6, 14, 16),
)

# (weight, platforms) of the long tail; what is left over of 100 is one old console or other.
TAIL_PLATFORM_SETS = (
    (42, (4,)),
    (16, (171,)),
    (8, (4, 5, 6)),
    (6, (4, 5)),
    (9, (3,)),
    (6, (21,)),
    (3, (3, 21)),
    (4, (4, 171)),
    (2, (4, 7)),
)

STORES = (
    Store(1, "Steam", "steam", "store.steampowered.com", (4, 5, 6), 96, 13),
    Store(
        3, "PlayStation Store", "playstation-store", "store.playstation.com",
        (187, 18, 16, 19), 92, 50,
    ),
    Store(2, "Xbox Store", "xbox-store", "microsoft.com", (1, 186), 92, 50),
    Store(4, "App Store", "apple-appstore", "apps.apple.com", (3,), 95, 90),
    Store(5, "GOG", "gog", "gog.com", (4,), 38, 1),
    Store(6, "Nintendo Store", "nintendo", "nintendo.com", (7, 8, 10), 92, 60),
    Store(7, "Xbox 360 Store", "xbox360", "marketplace.xbox.com", (14,), 80, 40),
    Store(8, "Google Play", "google-play", "play.google.com", (21,), 90, 60),
    Store(9, "itch.io", "itch", "itch.io", (4, 171), 3, 36),
    Store(11, "Epic Games", "epic-games", "epicgames.com", (4,), 40, 0),
)  # fmt: skip

ESRB_RATINGS = (
    EsrbRating(1, "Everyone", "everyone", "Для всех"),
    EsrbRating(2, "Everyone 10+", "everyone-10-plus", "С 10 лет"),
    EsrbRating(3, "Teen", "teen", "С 13 лет"),
    EsrbRating(4, "Mature", "mature", "С 17 лет"),
    EsrbRating(5, "Adults Only", "adults-only", "Только для взрослых"),
    EsrbRating(6, "Rating Pending", "rating-pending", "Рейтинг ожидается"),
)

CREATOR_ROLES = (
    Named(1, "writer", "writer"),
    Named(2, "director", "director"),
    Named(3, "composer", "composer"),
    Named(4, "artist", "artist"),
    Named(5, "producer", "producer"),
    Named(6, "designer", "designer"),
    Named(7, "programmer", "programmer"),
)

RATING_TITLES = {5: "exceptional", 4: "recommended", 3: "meh", 1: "skip"}

STATUSES = ("yet", "owned", "beaten", "toplay", "dropped", "playing")
