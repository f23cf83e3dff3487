from rawg_sandbox.clock import parse_moment
from rawg_sandbox.population import CatalogueOptions
from rawg_sandbox.snapshot import FILTERED_WINDOW, Snapshot
from rawg_sandbox.world import World


def test_only_filtered_lists_have_the_window_of_10000_rows() -> None:
    world = World(CatalogueOptions(games=15_000))
    snapshot = Snapshot(world, parse_moment("2024-01-02"), cache_bytes=1_000_000)
    filtered = snapshot.games({"dates": "1970-01-01,2040-01-01"})
    assert filtered.count > filtered.reachable == FILTERED_WINDOW == 10_000
    unfiltered = snapshot.games({})
    assert unfiltered.count == unfiltered.reachable > 15_000


def test_forgotten_rows_are_made_again_the_same() -> None:
    world = World(CatalogueOptions(games=500))
    snapshot = Snapshot(world, parse_moment("2024-01-02"), cache_bytes=30_000)
    listing = snapshot.games({})
    first = listing.rows(0, 40)
    listing.rows(40, 200)
    assert listing.rows(0, 40) == first


def test_warming_up_changes_no_answer_and_keeps_to_its_memory() -> None:
    world = World(CatalogueOptions(games=500))
    cold, warm = (Snapshot(world, parse_moment("2024-01-02"), 2_000_000) for _ in range(2))
    assert 0 < warm.rows.warm_up() <= 800
    for parameters in ({}, {"updated": "2024-01-01,2024-01-01"}):
        one, two = (snapshot.games(parameters) for snapshot in (cold, warm))
        assert one.rows(0, one.count) == two.rows(0, two.count)
