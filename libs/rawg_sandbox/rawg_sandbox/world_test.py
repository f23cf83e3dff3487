import numpy as np
import pytest

from rawg_sandbox.clock import parse_moment
from rawg_sandbox.conftest import Asker
from rawg_sandbox.dimensions import Dimensions
from rawg_sandbox.names import slugify
from rawg_sandbox.population import DAY, CatalogueOptions, Population
from rawg_sandbox.world import State, World


def _state(world: World, moment: str) -> State:
    return State(world, parse_moment(moment))


def test_going_back_in_time_gives_the_same_answers(asker: Asker) -> None:
    first = asker.ask("/api/games", page_size=40)
    later = asker.at("2024-05-01T00:00:00Z").ask("/api/games", page_size=40)
    asker.at("2025-05-01T00:00:00Z").ask("/api/games", page_size=40)
    assert asker.ask("/api/games", page_size=40) == first != later


def test_another_seed_is_another_catalogue() -> None:
    one, two = (Population(CatalogueOptions(seed=seed, games=100)) for seed in (1, 2))
    assert one.slug(5) != two.slug(5)
    assert one.ids.tolist() != two.ids.tolist()


@pytest.mark.parametrize(
    "day", ["2024-01-01", "2024-02-29", "2025-06-15", "2026-12-31", "2023-12-02"]
)
def test_about_as_many_games_as_asked_carry_a_day_when_it_ends(world: World, day: str) -> None:
    end = parse_moment(day) + DAY
    state = State(world, end)
    today = (state.updated >= end - DAY) & (state.updated < end) & state.alive
    assert 60 < np.count_nonzero(today) < 130


def test_a_game_edited_today_leaves_yesterdays_filter(world: World) -> None:
    first, second = (_state(world, day) for day in ("2024-01-02", "2024-01-03"))
    yesterday = parse_moment("2024-01-01") // DAY
    before = (first.updated // DAY == yesterday) & first.alive
    after = (second.updated // DAY == yesterday) & second.alive
    assert np.count_nonzero(after) < np.count_nonzero(before)
    assert not np.any(after & ~before)


def test_only_edits_change_contents_and_each_bumps_updated(world: World) -> None:
    first, second = (_state(world, day) for day in ("2024-01-02", "2024-03-02"))
    changed = {
        "name": first.rename_stage != second.rename_stage,
        "genres": first.genre_mask != second.genre_mask,
        "released": first.release_day != second.release_day,
        "metacritic": first.metacritic != second.metacritic,
    }
    both = first.alive & second.alive
    for what, games in changed.items():
        assert np.any(games & both), what
        assert not np.any(games & both & (first.updated == second.updated)), what
    shrunk = first.genre_mask & ~second.genre_mask
    assert np.any((shrunk != 0) & both & (second.genre_mask != 0))


def test_counters_move_without_an_edit(world: World) -> None:
    first, second = (_state(world, day) for day in ("2024-01-02", "2024-01-03"))
    same = first.alive & second.alive & (first.updated == second.updated)
    assert np.any(same & (second.added > first.added))
    assert not np.any(same & (second.added < first.added))


def test_updated_is_never_in_the_future_nor_before_the_creation(world: World) -> None:
    state = _state(world, "2024-08-01T12:34:56")
    assert np.all(state.updated[state.alive] <= state.moment)
    assert np.all(state.updated >= world.population.created)


def test_games_appear_are_deleted_and_merged(asker: Asker) -> None:
    before = {row["id"] for row in asker.all_rows("/api/games")}
    later = asker.at("2024-02-02T06:00:00Z")
    after = {row["id"] for row in later.all_rows("/api/games")}
    assert after - before
    gone = before - after
    answers = {game: later.ask(f"/api/games/{game}") for game in gone}
    statuses = {status for status, _ in answers.values()}
    assert statuses == {200, 404}
    assert {body for status, body in answers.values() if status == 404} == {
        b'{"detail":"Not found."}'
    }


def test_a_merged_game_redirects_by_id_and_by_its_old_slug(asker: Asker) -> None:
    later = asker.at("2024-02-02T06:00:00Z")
    truth = later.source.tell_truth("games", {}, later.moment)
    merged = next(game for game in truth["removed"] if game["merged_into"])
    target = later.get(f"/api/games/{merged['merged_into']}")
    for key in (merged["id"], merged["slug"]):
        redirect = later.get(f"/api/games/{key}")
        assert redirect == {"redirect": True, "slug": target["slug"]}
    before = asker.at(merged["created_at"]).get(f"/api/games/{merged['slug']}")
    assert before["id"] == merged["id"]
    assert before["name_original"] == target["name_original"]


def test_ids_are_sparse_and_slugs_are_unique(world: World) -> None:
    population = world.population
    assert np.all(np.diff(population.ids) > 0)
    slugs = [population.slug(game) for game in range(population.size)]
    assert len(set(slugs)) == len(slugs)
    assert all(slug == slugify(slug) for slug in slugs[:100])
    assert population.find(slugs[7]) == population.find(str(population.ids[7])) == 7
    assert population.find("no-such-game") is population.find("2") is None


def test_a_developer_works_with_few_publishers(world: World) -> None:
    companies = world.companies
    developers = companies.developers
    biggest = int(np.argmax(np.bincount(developers.items)))
    games = developers.games_of(biggest)
    publishers = [p for game in games.tolist() for p in companies.publishers.items_of(game)]
    main_publisher = max(set(publishers), key=publishers.count)
    assert len(publishers) > 5
    assert publishers.count(main_publisher) > len(publishers) / 2


def test_an_empty_catalogue_is_served_too() -> None:
    state = State(World(CatalogueOptions(games=0, new_per_day=0)), parse_moment("2024-01-01"))
    assert state.count == 0
    assert set(Dimensions(state, {}).by_endpoint["genres"].counts) == {0}
