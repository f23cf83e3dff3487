"""Invented names: games, companies, people. Every name (and slug) of a kind is unique.

A name is a number written in words: the index, scattered, is split into (first word, second
word, pattern). So no list of used names has to be kept, for a million games either.
"""

import re
from functools import lru_cache


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = _words(
    "Amber Ancient Arctic Ashen Autumn Azure Blazing Blind Bold Brave Bright Broken Bronze Burning "
    "Buried Calm Celestial Clever Cobalt Copper Coral Cosmic Crimson Crooked Crystal Curious "
    "Dancing Daring Distant Drifting Dusty Eager Echoing Electric Emerald Empty Endless Errant "
    "Eternal Fading Faithful Fallen Feral Fierce Final Flooded Flying Forgotten Frozen Gentle "
    "Gilded Glass Golden Granite Hallowed Haunted Hidden Hollow Humble Hungry Idle Indigo Infinite "
    "Inner Iron Ivory Jade Jolly Kind Last Laughing Lazy Little Lonely Lost Loyal Lucid Lunar "
    "Magnetic Marble Merry Midnight Mighty Misty Molten Narrow Nimble Noble Northern Obsidian "
    "Orbital Outer Painted Pale Paper Patient Phantom Polar Primal Proud Quiet Radiant Reckless "
    "Restless Rising Royal Ruby Rusty Sacred Salty Savage Scarlet Secret Serene Shattered Silent "
    "Silver Sleeping Solar Southern Spectral Stolen Stormy Stubborn Sunken Swift Tangled Tender "
    "Thirsty Tiny Twilight Twisted Upper Velvet Verdant Violet Vivid Wandering Whispering Wicked "
    "Wild Winter Wooden Woven Young Zealous"
)

NOUNS = _words(
    "Abbey Alley Anchor Archive Arena Armada Atlas Aurora Badger Bastion Bay Beacon Bell Bishop "
    "Bloom Boulevard Bridge Brigade Cabin Canyon Caravan Castle Cathedral Cavern Chapel Circuit "
    "Citadel Clockwork Colony Comet Compass Convoy Courier Cove Crater Crown Dawn Delta Desert "
    "Dragon Drifter Dungeon Echo Eclipse Ember Empire Engine Expedition Falcon Farm Feather Ferry "
    "Fjord Fleet Forest Forge Fortress Fountain Fox Frontier Galaxy Garden Garrison Gate Geyser "
    "Glacier Grove Guardian Guild Harbor Haven Heist Heron Highway Hollows Horizon Hunter Island "
    "Jungle Keep Kingdom Knight Labyrinth Lagoon Lantern Legion Lighthouse Llama Lodge Machine "
    "Manor Mansion Market Marsh Meadow Mesa Meteor Mill Mine Mirage Mirror Monastery Monolith "
    "Moon Mountain Nebula Nomad Oasis Observatory Ocean Oracle Orchard Otter Outpost Owl Palace "
    "Parade Pass Patrol Pilgrim Pioneer Planet Plateau Port Prairie Prophet Pyramid Quarry Quest "
    "Railway Raven Reef Refuge Relic Republic Ridge Rift River Robot Ruins Saga Sanctuary "
    "Satellite Savanna Sentinel Shadow Shore Signal Sky Spire Squadron Stable Station Steppe Storm "
    "Summit "
    "Swamp Tavern Temple Tempest Theater Throne Tide Tower Trail Tundra Valley Vault Village "
    "Volcano Voyage Walker Warden Waterfall Wave Whale Willow Wolf Workshop Zenith"
)

_GAME_PATTERNS = (
    "{a} {n}", "The {a} {n}", "{n} of the {a}", "{a} {n} 2", "{a} {n} II", "{a} {n} 3",
    "{a} {n} III", "{a} {n} IV", "{a} {n}: Origins", "{a} {n}: Awakening", "{a} {n}: Reborn",
    "{a} {n} Tactics", "{a} {n} Online", "{a} {n} Simulator", "{a} {n} Tycoon", "{a} {n} Racing",
    "{a} {n} Adventures", "{a} {n} Stories", "{a} {n} Chronicles", "{a} {n} Legends", "{a} {n} VR",
    "{a} {n} Deluxe", "{a} {n} Zero", "{a} {n} Infinity", "{a} {n}: First Light",
    "{a} {n}: Last Stand", "{a} {n}: The Long Way Home", "{a} {n}: Ashes and Oaths",
    "Escape from {a} {n}", "Return to {a} {n}", "Beyond the {a} {n}", "Beneath the {a} {n}",
    "Legend of the {a} {n}", "Tales of the {a} {n}", "Secrets of the {a} {n}",
    "Rise of the {a} {n}", "Heirs of the {a} {n}", "Super {a} {n}", "Mini {a} {n}",
    "{n} and the {a} One", "{a} {n} Defense", "{a} {n} Puzzle", "{a} {n} Run", "{a} {n} Jam",
    "{a} {n} (Demo)", "{a} {n} (Prototype)", "{a} {n}: Episode One", "{a} {n}: Episode Two",
    "My {a} {n}", "Project {a} {n}",
)  # fmt: skip

_DEVELOPER_PATTERNS = (
    "{a} {n} Studios", "{a} {n} Games", "{a} {n}", "Studio {a} {n}", "{a} {n} Interactive",
    "{a} {n} Works", "{a} {n} Team", "{a} {n} Software", "{a} {n} Collective", "{a} {n} Labs",
    "Team {a} {n}", "{n} & {a} Games", "{a} {n} Digital", "{a} {n} Arts", "{a} {n} Brothers",
    "{a}{n}", "{a} {n} Dev", "{a} {n} Project", "The {a} {n} Company", "{a} {n} Design",
)  # fmt: skip

_PUBLISHER_PATTERNS = (
    "{a} {n} Publishing", "{a} {n} Entertainment", "{a} {n} Media", "{a} {n} Worldwide",
    "{a} {n} Press", "House of {a} {n}", "{a} {n} Distribution", "{a} {n} International",
)  # fmt: skip

_GIVEN_NAMES = _words(
    "Ada Akira Amara Anton Beatriz Bruno Carla Chidi Clara Daria Diego Elena Emil Esra Fatima "
    "Felix Freya Gita Goran Hana Hugo Ines Ivan Jana Jonas Kaito Keiko Lars Leila Lucia Malik "
    "Marta Mei "
    "Milan Nadia Nils Olga Omar Paula Pavel Priya Rafael Rosa Samir Sofia Tariq Tove Uma Viktor "
    "Wanda Xenia Yara Yusuf Zora"
)

_FAMILY_NAMES = _words(
    "Abara Almeida Andersen Aoki Baptiste Barros Bauer Bianchi Calder Castell Cho Costa Dahl Demir "
    "Dubois Eriksen Farkas Ferrer Fontaine Fuchs Garnier Haas Hartwell Horvat Ibarra Ito Jansen "
    "Kaplan Karlsen Kimura Kovac Kurz Lindqvist Lopes Maier Marek Mbeki Moreau Nakata Novak Nyberg "
    "Okafor Olsen Ortega Pavlov Petit Quist Rahman Ricci Rossi Sato Schuster Silva Soto Tanaka "
    "Toth Ueda Varga Vidal Weiss Yamada Yilmaz Zielinski"
)

_PERSON_PATTERNS = ("{a} {n}", *(f"{{a}} {initial}. {{n}}" for initial in "ABCDEFGHIJKLMNOPRSTV"))

_NO_SLUG = re.compile(r"[^a-z0-9]+")


def slugify(name: str) -> str:
    """Return the name as RAWG writes it in addresses: `The Iron Keep: Origins`
    becomes `the-iron-keep-origins`."""
    return _NO_SLUG.sub("-", name.lower()).strip("-")


def _spell(code: int, first: list[str], second: list[str], patterns: tuple[str, ...]) -> str:
    round_, code = divmod(code, len(first) * len(second) * len(patterns))
    code, a = divmod(code, len(first))
    pattern, n = divmod(code, len(second))
    name = patterns[pattern].format(a=first[a], n=second[n])
    return name if round_ == 0 else f"{name} [{round_}]"


GAME_NAMES = len(ADJECTIVES) * len(NOUNS) * len(_GAME_PATTERNS)
DEVELOPER_NAMES = len(ADJECTIVES) * len(NOUNS) * len(_DEVELOPER_PATTERNS)
PUBLISHER_NAMES = len(ADJECTIVES) * len(NOUNS) * len(_PUBLISHER_PATTERNS)
PERSON_NAMES = len(_GIVEN_NAMES) * len(_FAMILY_NAMES) * len(_PERSON_PATTERNS)


@lru_cache(maxsize=1 << 12)
def game_name(code: int) -> str:
    """Return title number `code`; the first GAME_NAMES of them are free of running numbers."""
    return _spell(code, ADJECTIVES, NOUNS, _GAME_PATTERNS)


@lru_cache(maxsize=1 << 12)
def game_slug(code: int, double_of: int | None = None) -> str:
    """Return the slug of title number `code`; the second entry of a game carries its id too."""
    slug = slugify(game_name(code))
    return slug if double_of is None else f"{slug}-{double_of}"


def developer_name(code: int) -> str:
    """Return developer name number `code`."""
    return _spell(code, ADJECTIVES, NOUNS, _DEVELOPER_PATTERNS)


def publisher_name(code: int) -> str:
    """Return publisher name number `code`."""
    return _spell(code, ADJECTIVES, NOUNS, _PUBLISHER_PATTERNS)


def person_name(code: int) -> str:
    """Return the name of person number `code`."""
    return _spell(code, _GIVEN_NAMES, _FAMILY_NAMES, _PERSON_PATTERNS)
