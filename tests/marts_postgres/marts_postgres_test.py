"""Published marts in a real Postgres: whole, readable while they are replaced, never dropped."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString

import psycopg
import pytest
from pydantic import SecretStr

from gamemarket.errors import DefectError, UpstreamError, UsageError
from tests.marts_postgres.conftest import Marts
from transformer.publishing.postgres_connection import Connection, parse_address
from transformer.publishing.postgres_marts import load_marts, serve_marts

GAMES = "select i::bigint as game_id, 'Game ' || i as name from range(1000) as t(i)"
FEWER = "select i::bigint as game_id, 'Game ' || i as name from range(10) as t(i)"
COUNT = "select count(*) from marts.dim_games"
WRITES: Final[Sequence[LiteralString]] = (
    "delete from marts.dim_games",
    "truncate marts.dim_games",
    "create table marts.mine (n int)",
    "create schema mine",
)


def test_every_type_of_a_mart_arrives_as_it_is(marts: Marts) -> None:
    marts.publisher.publish(
        "a",
        dim_games="""
            select 9007199254740993::bigint as id, 'a "quoted", \\.' || chr(10) || '\\N' as name,
                '' as empty, null::varchar as nothing, 'a' || chr(0) || 'b' as with_nul,
                true as flag, 0.1::double as ratio, 3::integer as small,
                date '2024-02-29' as day, timestamp '2024-01-01 10:00:00.123456' as moment
        """,
    )
    serve_marts(marts.settings)
    assert marts.ask("select * from marts.dim_games") == [
        (
            9007199254740993,
            'a "quoted", \\.\n\\N',
            "",
            None,
            "ab",
            True,
            0.1,
            3,
            date(2024, 2, 29),
            datetime(2024, 1, 1, 10, 0, 0, 123456),
        )
    ]


def test_the_catalogue_says_which_build_is_there(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    told = "select mart, build_id, row_count from marts.published_marts"
    assert marts.ask(told) == [("dim_games", "a", 1000)]


def test_a_build_that_is_there_is_not_loaded_again(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    loaded_by = "select distinct xmin::text from marts.dim_games"
    before = marts.ask(loaded_by)
    serve_marts(marts.settings)
    assert marts.ask(loaded_by) == before


def test_a_mart_that_has_not_changed_is_not_loaded_again(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES, dim_genres=GAMES)
    serve_marts(marts.settings)
    loaded_by = "select distinct xmin::text from marts.dim_genres"
    before = marts.ask(loaded_by)
    marts.publisher.publish("b", dim_games=FEWER, dim_genres=GAMES)
    serve_marts(marts.settings)
    assert marts.ask(loaded_by) == before
    assert marts.ask(COUNT) == [(10,)]
    assert marts.ask("select distinct build_id from marts.published_marts") == [("b",)]
    marts.ask("drop table marts.dim_genres", "marts")  # as one is told to who changed a type
    marts.publisher.publish("c", dim_games=FEWER, dim_genres=GAMES)
    serve_marts(marts.settings)
    assert marts.ask("select count(*) from marts.dim_genres") == [(1000,)]


def test_a_catalogue_of_before_there_were_digests_is_taken_on(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    marts.ask("alter table marts.published_marts drop column digests", "marts")
    marts.publisher.publish("b", dim_games=GAMES)
    serve_marts(marts.settings)
    digest = "select length(digests->>'all') from marts.published_marts"
    assert marts.ask(digest) == [(64,)]


def month(day: str, *game_ids: int, users: int = 1) -> str:
    """Rows of a fact."""
    return (
        f"select unnest({list(game_ids)}::bigint[]) as game_id, date '{day}' as observed_on, "
        f"{users}::bigint as added_count"
    )


def test_only_months_that_changed_are_replaced(marts: Marts) -> None:
    december, january = month("2023-12-31", 1, 2), month("2024-01-01", 3)
    facts = "select game_id, observed_on, added_count from marts.fct order by game_id, observed_on"
    loaded_by = "select game_id, xmin::text from marts.fct order by game_id"
    marts.publisher.publish("a", fct={"2023-12": december, "2024-01": january})
    serve_marts(marts.settings)
    before = dict(marts.ask(loaded_by))
    later = month("2024-01-31", 3, 4, users=5)
    marts.publisher.publish("b", fct={"2023-12": december, "2024-01": later})
    serve_marts(marts.settings)
    old, new = date(2023, 12, 31), date(2024, 1, 31)
    assert marts.ask(facts) == [(1, old, 1), (2, old, 1), (3, new, 5), (4, new, 5)]
    after = dict(marts.ask(loaded_by))
    assert [after[game] == before[game] for game in (1, 2, 3)] == [True, True, False]
    assert marts.ask("select row_count from marts.published_marts") == [(4,)]
    marts.publisher.publish("c", fct={"2024-01": later})  # a month that is gone
    serve_marts(marts.settings)
    assert marts.ask(facts) == [(3, new, 5), (4, new, 5)]


@pytest.mark.parametrize("whole_first", [True, False])
def test_a_mart_that_is_split_from_now_on_or_no_more_is_replaced(
    marts: Marts, *, whole_first: bool
) -> None:
    whole, split = month("2024-01-01", 1, 2), {"2024-01": month("2024-01-01", 2)}
    count = "select count(*) from marts.fct"
    marts.publisher.publish("a", fct=whole if whole_first else split)
    serve_marts(marts.settings)
    assert marts.ask(count) == [(2 if whole_first else 1,)]
    marts.publisher.publish("b", fct=split if whole_first else whole)
    serve_marts(marts.settings)
    assert marts.ask(count) == [(1 if whole_first else 2,)]


def test_a_mart_has_its_key_and_its_columns_say_what_they_are(marts: Marts) -> None:
    for build, query in (("a", GAMES), ("b", FEWER)):
        marts.publisher.publish(build, dim_games=query)
        serve_marts(marts.settings)
    key = "select pg_get_constraintdef(oid) from pg_constraint where contype = 'p' "
    key += "and conrelid = 'marts.dim_games'::regclass"
    assert marts.ask(key) == [("PRIMARY KEY (game_id)",)]
    comment = "select col_description('marts.dim_games'::regclass, 1)"
    assert marts.ask(comment) == [("Whose row it is.",)]


def test_a_game_is_found_by_its_id_alone(marts: Marts) -> None:
    for build, games in (("a", GAMES), ("b", FEWER)):
        facts = games.replace("select ", "select 'rawg' as source_system, ")
        marts.publisher.publish(build, dim_games=games, facts=facts)
        serve_marts(marts.settings)
    indexes = "select indexdef from pg_indexes where tablename in ('dim_games', 'facts') order by 1"
    assert [definition.rpartition(" ON ")[2] for (definition,) in marts.ask(indexes)] == [
        "marts.facts USING btree (game_id)",
        "marts.dim_games USING btree (game_id)",
        "marts.facts USING btree (source_system, game_id)",
    ]


def test_a_reader_sees_the_build_before_until_the_next_one_is_whole(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES, dim_genres=GAMES)
    serve_marts(marts.settings)
    marts.ask(
        "create view marts.view_of_games as select count(*) as n from marts.dim_games", "marts"
    )
    marts.publisher.publish("b", dim_games=FEWER, dim_genres=FEWER)
    address = marts.server.url("marts", "marts")
    with psycopg.connect(address) as loading:
        assert load_marts(loading, marts.publisher.lake, None) is not None
        assert marts.ask(COUNT) == [(1000,)]  # neither blocked nor half
    assert marts.ask(COUNT) == [(10,)]
    assert marts.ask("select n from marts.view_of_games", "marts") == [(10,)]


def test_readers_never_see_an_error_or_half_a_table(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    seen: set[int] = set()
    stop = threading.Event()

    def read() -> None:
        with psycopg.connect(marts.server.url("marts", "reporter"), autocommit=True) as db:
            while not stop.is_set():
                [(count,)] = db.execute(COUNT).fetchall()
                seen.add(count)

    reader = threading.Thread(target=read)
    reader.start()
    for build in range(20):
        marts.publisher.publish(f"b{build}", dim_games=FEWER if build % 2 else GAMES)
        serve_marts(marts.settings)
    stop.set()
    reader.join()
    assert seen == {10, 1000}


def test_the_reader_finds_the_marts_without_their_schema(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    assert marts.ask("select count(*) from dim_games") == [(1000,)]
    # What psql's \d lists: tables that a name without a schema finds.
    listed = "select relname from pg_class where relkind = 'r' and pg_table_is_visible(oid)"
    catalogues = " and relnamespace <> 'pg_catalog'::regnamespace order by 1"
    assert marts.ask(listed + catalogues) == [("dim_games",), ("published_marts",)]


def test_a_table_says_what_it_is(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    comment = "select obj_description('marts.dim_games'::regclass)"
    assert marts.ask(comment) == [("What dim_games is; it's for people.",)]


def test_the_reader_can_read_and_nothing_else(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        marts.ask("delete from marts.dim_games")
    with marts.connect("reporter") as db:  # the role may turn that off, and gains nothing
        db.execute("set default_transaction_read_only = off")
        for statement in WRITES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement)
    assert marts.ask(COUNT) == [(1000,)]


@pytest.mark.parametrize(
    ("role", "database"), [("reporter", "dagster"), ("marts", "dagster"), ("dagster", "marts")]
)
def test_no_role_reaches_a_database_that_is_not_its_own(
    marts: Marts, role: str, database: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        marts.connect(role, database)


def test_a_column_that_is_new_is_added_and_one_that_is_gone_stays_empty(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games="select 1::bigint as game_id, 'x' as old")
    serve_marts(marts.settings)
    marts.publisher.publish("b", dim_games="select 1::bigint as game_id, 2.5::double as new")
    serve_marts(marts.settings)
    assert marts.ask("select game_id, old, new from marts.dim_games") == [(1, None, 2.5)]


def test_a_column_of_another_type_is_refused_and_the_build_before_stays(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    marts.publisher.publish("b", dim_games="select 'one' as game_id, 'x' as name")
    with pytest.raises(UsageError, match=r"Column game_id of marts\.dim_games is bigint"):
        serve_marts(marts.settings)
    assert marts.ask(COUNT) == [(1000,)]


def test_a_mart_that_is_no_longer_published_is_emptied_not_dropped(
    marts: Marts, caplog: pytest.LogCaptureFixture
) -> None:
    marts.publisher.publish("a", dim_games=GAMES, dim_genres=GAMES)
    serve_marts(marts.settings)
    marts.publisher.publish("b", dim_games=GAMES)
    with caplog.at_level(logging.WARNING):
        serve_marts(marts.settings)
    assert "dim_genres is no longer published" in caplog.text
    assert marts.ask("select count(*) from marts.dim_genres") == [(0,)]


def test_a_file_with_other_rows_than_the_pointer_says_is_not_served(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    pointer = marts.publisher.publish("b", dim_games=FEWER)
    mart = pointer.models["dim_games"]
    lying = mart.model_copy(update={"files": (mart.files[0].model_copy(update={"rows": 11}),)})
    told = pointer.model_copy(update={"models": {"dim_games": lying}})
    file = marts.settings.lake_dir / "marts/current_dev.json"
    file.write_text(told.model_dump_json())
    with pytest.raises(DefectError, match="dim_games has 11 rows, 10 came into Postgres"):
        serve_marts(marts.settings)
    assert marts.ask(COUNT) == [(1000,)]


def test_a_postgres_that_restarts_is_waited_for(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    marts.server.stop()
    starting = threading.Timer(1, marts.server.start)
    starting.start()
    serve_marts(marts.settings)
    starting.join()
    assert marts.ask(COUNT) == [(1000,)]


def test_a_postgres_that_stays_away_is_unavailable_in_one_sentence(marts: Marts) -> None:
    address = SecretStr("postgresql://marts:a-secret@127.0.0.1:1/marts")
    database = parse_address(address)
    impatient = type(database)(database.address, database.where, patience_seconds=0)
    with pytest.raises(UpstreamError, match=r"127\.0\.0\.1:1/marts: .* start Postgres") as away:
        impatient.transact(lambda db: None)
    assert "a-secret" not in str(away.value)
    assert "\n" not in str(away.value)


@pytest.mark.parametrize("role", ["nobody_knows", "reporter"])
def test_a_role_that_may_not_is_told_to_be_corrected(marts: Marts, role: str) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    address = SecretStr(marts.server.url("marts", role))
    settings = marts.settings.model_copy(update={"marts_postgres_url": address})
    with pytest.raises(UsageError, match="correct MARTS_POSTGRES_URL or what its role may do"):
        serve_marts(settings)


@pytest.mark.parametrize(("role", "database"), [("marts", "dagster"), ("marts", "nowhere")])
def test_a_database_that_refuses_us_is_not_waited_for(
    marts: Marts, role: str, database: str
) -> None:
    refused = parse_address(SecretStr(marts.server.url(database, role)))
    with pytest.raises(UsageError, match="correct MARTS_POSTGRES_URL or what its role may do"):
        refused.transact(lambda db: None)


@pytest.mark.parametrize(
    ("state", "error", "advice"),
    [
        ("53100", UpstreamError, "give Postgres what it lacks"),  # disk full
        ("40P01", UpstreamError, "another session was in the way"),  # deadlock
        ("57014", UpstreamError, "its log says more"),  # statement_timeout
        ("42501", UsageError, "what its role may do"),
    ],
)
def test_what_postgres_refuses_is_said_at_once_with_what_to_do(
    marts: Marts, state: LiteralString, error: type[Exception], advice: str
) -> None:
    database = parse_address(SecretStr(marts.server.url("marts", "marts")))
    begun: list[Connection] = []

    def refuse(db: Connection) -> None:
        begun.append(db)
        db.execute(f"do $$ begin raise 'the reason' using errcode = '{state}'; end $$")

    with pytest.raises(error, match=f"127.0.0.1:.*/marts: the reason.*{advice}"):
        database.transact(refuse)
    assert len(begun) == 1


@pytest.mark.parametrize("state", ["57P01", "08006"])
def test_a_connection_that_ends_is_made_again(marts: Marts, state: LiteralString) -> None:
    database = parse_address(SecretStr(marts.server.url("marts", "marts")))
    begun: list[Connection] = []

    def end_once(db: Connection) -> None:
        begun.append(db)
        if len(begun) == 1:
            db.execute(f"do $$ begin raise 'ended' using errcode = '{state}'; end $$")

    database.transact(end_once)
    assert len(begun) == 2


def test_a_value_that_postgres_can_not_hold_is_a_defect_of_ours(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games="select date '5874898-01-01' as day")
    with pytest.raises(DefectError, match=r"out of range.* please report it"):
        serve_marts(marts.settings)


def test_a_type_that_is_not_known_in_postgres_is_named(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games="select uuid() as game_id")
    with pytest.raises(DefectError, match="dim_games has columns of type UUID: not known"):
        serve_marts(marts.settings)


def test_a_reader_that_holds_a_table_is_not_waited_for_long(
    marts: Marts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformer.publishing.postgres_marts.LOCK_TIMEOUT_MILLISECONDS", 50)
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings)
    marts.publisher.publish("b", dim_games="select 1::bigint as game_id, 2.5::double as new")
    with psycopg.connect(marts.server.url("marts", "reporter")) as reader:
        reader.execute(COUNT)
        with pytest.raises(UpstreamError, match=r"lock timeout.* another session holds a table"):
            serve_marts(marts.settings)
    assert marts.ask(COUNT) == [(1000,)]


def test_a_load_waits_its_turn_however_long_the_other_takes(
    marts: Marts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transformer.publishing.postgres_marts.LOCK_TIMEOUT_MILLISECONDS", 50)
    marts.publisher.publish("a", dim_games=GAMES)
    second = threading.Thread(target=serve_marts, args=[marts.settings])
    with psycopg.connect(marts.server.url("marts", "marts")) as first:
        load_marts(first, marts.publisher.lake, None)
        marts.publisher.publish("b", dim_games=FEWER)
        second.start()
        time.sleep(0.5)
    second.join()
    assert marts.ask(COUNT) == [(10,)]


def test_an_address_that_is_none_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError, match="MARTS_POSTGRES_URL can't be read") as refused:
        parse_address(SecretStr("postgresql//marts:a-secret@host"))
    assert "a-secret" not in str(refused.value)


def test_without_an_address_nothing_is_done(marts: Marts) -> None:
    marts.publisher.publish("a", dim_games=GAMES)
    serve_marts(marts.settings.model_copy(update={"marts_postgres_url": None}))
    assert marts.ask("select to_regnamespace('marts')") == [(None,)]
