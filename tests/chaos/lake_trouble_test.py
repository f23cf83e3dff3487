"""A lake that fails: full, gone for a while, refusing, answering too late. Exit code 74, nothing lost."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import unquote

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from gamemarket.errors import ExitCode
from gamemarket.folder_lake import FolderLake
from gamemarket.lake import Lake
from gamemarket.s3_lake import S3Lake
from tests.chaos.extraction import Extraction
from tests.chaos.kill_points import ANY, KillingLake
from tests.chaos.scenario import Scenario
from tests.chaos.trouble import Trouble
from tests.object_store import ObjectStore

FLAKY = Trouble("a flaky API", lambda dice: [{"kind": "503", "probability": 0.2, "seed": 5}])
# What a run over 12 pages puts at the least: claim, reservation, request, pages, part, manifest.
PUTS = 17


def begin(extraction: Extraction, lake: Lake) -> Scenario:
    extraction.prepare(*FLAKY.draw(""))
    return Scenario(extraction, lake, FLAKY, "")


def finish_and_judge(scenario: Scenario) -> None:
    """Goes on as if the run so far had been killed: no more may be lost or paid than that."""
    scenario.kills += 1
    scenario.finish()
    assert scenario.codes == [ExitCode.DONE]
    scenario.judge()


class FullDisk(FolderLake):
    """A folder on a disk that has room for so many writes."""

    room = 0

    @contextmanager
    def _written(
        self, body: bytes | bytearray, *, durable: bool
    ) -> Iterator[Callable[[str], None]]:
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with super()._written(body, durable=durable) as link:
            yield link


def test_a_disk_that_fills_up_anywhere_costs_nothing_but_the_run(
    extraction: Extraction, tmp_path: Path
) -> None:
    for room in count():
        lake = FolderLake.open(tmp_path / f"lake{room}")
        scenario = begin(extraction, lake)
        disk = FullDisk(Path(lake.uri))
        disk.room = room
        code = extraction.run(disk)
        if code == ExitCode.DONE:
            break
        assert code == ExitCode.LAKE
        assert "No space left on device" in extraction.said
        finish_and_judge(scenario)
    assert room > PUTS


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[], None]]:
    """A file system of this size on a folder; gives what makes it large. Skips where none is to be had."""

    def mount(size: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        command = ["mount", "-t", "tmpfs", "-o", ",".join((*options, f"size={size}")), "tmpfs"]
        return subprocess.run([*command, str(folder)], capture_output=True, check=False)

    folder.mkdir()
    if shutil.which("mount") is None or mount(f"{kilobytes}k").returncode:
        pytest.skip("no file system can be mounted here: it takes root")
    try:
        yield lambda: mount("64m", "remount").check_returncode()
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("kilobytes", [8, 32, 64, 96, 128])
def test_a_real_disk_that_is_full_in_the_middle_costs_nothing_but_the_run(
    extraction: Extraction, tmp_path: Path, kilobytes: int
) -> None:
    with small_disk(tmp_path / "disk", kilobytes) as enlarge:
        lake = FolderLake.open(tmp_path / "disk" / "lake")
        scenario = begin(extraction, lake)
        assert extraction.run(lake) == ExitCode.LAKE
        assert "No space left on device" in extraction.said
        enlarge()
        finish_and_judge(scenario)


@contextmanager
def outage(store: ObjectStore, lake: KillingLake, changes: int, *, brief: bool) -> Iterator[None]:
    """Kills the server when a run has made so many changes; it comes back at once or after the run."""
    ended = Event()

    def stop_and_start() -> None:
        while lake.changes[ANY] < changes and not ended.wait(0.001):
            pass
        store.stop()
        if not brief:
            ended.wait()
        store.start()

    meddler = Thread(target=stop_and_start)
    meddler.start()
    try:
        yield
    finally:
        ended.set()
        meddler.join()


@pytest.mark.parametrize("changes", [1, 4, 9, 17, 20])
@pytest.mark.parametrize("brief", [True, False], ids=["comes back at once", "comes back later"])
def test_a_store_that_goes_away_in_the_middle(
    extraction: Extraction,
    object_store: ObjectStore,
    make_s3_lake: Callable[[], S3Lake],
    changes: int,
    brief: bool,
) -> None:
    lake = make_s3_lake()
    scenario = begin(extraction, lake)
    watched = KillingLake(lake)
    with outage(object_store, watched, changes, brief=brief):
        code = extraction.run(watched)
    assert code in ({ExitCode.DONE, ExitCode.LAKE} if brief else {ExitCode.LAKE})
    assert code == ExitCode.DONE or "nothing was lost" in extraction.said
    finish_and_judge(scenario)


class _Body(BytesIO):
    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self.read()


type Send = Callable[[AWSPreparedRequest], AWSResponse]
type Spoil = Callable[[AWSPreparedRequest, Send], AWSResponse]


def refuse(status: int, code: str) -> Spoil:
    """The store refuses; nothing takes effect."""
    text = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    return lambda request, _: AWSResponse(request.url, status, HTTPHeaders(), _Body(text))


def answer_too_late(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The request takes effect, and the answer does not come."""
    send(request)
    raise ReadTimeoutError(endpoint_url=request.url)


class Transport:
    """Between a client and its store: spoils the requests of some methods, from the n-th on, so many."""

    def __init__(self, lake: S3Lake, method: str, number: int, times: float, spoil: Spoil) -> None:
        session = lake._client._endpoint.http_session  # type: ignore[attr-defined]
        self._send, session.send = session.send, self.send
        assert lake._puts
        self._put, lake._puts.send = lake._puts.send, self.put  # type: ignore[method-assign]
        self._methods = method.split()
        self._numbers = (number, number + times)
        self._spoil = spoil
        self._seen = 0
        self._lock = Lock()
        self._is_committed = False
        self.spoiled: list[str] = []
        self.is_harmless = True  # of all that was spoiled: the run can still be done

    def be_good(self) -> None:
        self._numbers = (0, 0)

    def _may_fail(self, request: AWSPreparedRequest) -> bool:
        """What settles the ledger (it then overstates), and what looks for checkpoints to clear."""
        clears = self._is_committed and "prefix=inflight/" in unquote(request.url)
        return clears or "/settled_" in request.url

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        return self._spoil(request, self._send) if self._spoils(request) else self._send(request)

    def put(self, request: AWSPreparedRequest) -> int:
        """The same for what goes past boto3."""

        def send(request: AWSPreparedRequest) -> AWSResponse:
            return AWSResponse(request.url, self._put(request), HTTPHeaders(), _Body())

        answer = self._spoil(request, send) if self._spoils(request) else send(request)
        return int(answer.status_code)

    def _spoils(self, request: AWSPreparedRequest) -> bool:
        with self._lock:
            meets = request.method in self._methods
            self._seen += meets
            first, end = self._numbers
            spoils = meets and first <= self._seen < end
            if spoils:
                self.spoiled.append(request.url)
                self.is_harmless &= self._may_fail(request)
            self._is_committed |= request.method == "PUT" and "/manifests/" in request.url
        return spoils


FOR_EVER = float("inf")


@pytest.mark.parametrize(
    ("method", "spoil", "times", "code", "said"),
    [
        ("GET", refuse(403, "AccessDenied"), 1, ExitCode.LAKE, "403 AccessDenied"),
        ("PUT", refuse(403, "AccessDenied"), 1, ExitCode.DONE, ""),
        ("PUT", refuse(403, "AccessDenied"), FOR_EVER, ExitCode.LAKE, "s3:ListBucket"),
        ("PUT", refuse(503, "SlowDown"), 2, ExitCode.DONE, ""),
        ("PUT", refuse(503, "SlowDown"), FOR_EVER, ExitCode.LAKE, "503 SlowDown"),
        ("POST", refuse(501, "NotImplemented"), FOR_EVER, ExitCode.DONE, ""),
        ("POST DELETE", refuse(503, "SlowDown"), FOR_EVER, ExitCode.DONE, ""),
        ("PUT", answer_too_late, 1, ExitCode.DONE, ""),
        ("PUT", answer_too_late, FOR_EVER, ExitCode.LAKE, "timeout"),
    ],
    ids=[
        "read or list refused",
        "put refused, once",
        "puts refused, for ever",
        "slow down, once or twice",
        "slow down, for ever",
        "no request removes many objects",
        "slow down while clearing",
        "put that took effect and timed out",
        "puts that took effect and timed out, for ever",
    ],
)
def test_what_a_server_rarely_does(
    extraction: Extraction,
    make_s3_lake: Callable[[], S3Lake],
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    spoil: Spoil,
    times: float,
    code: ExitCode,
    said: str,
) -> None:
    """Whichever request it is that meets the fault (of those refused, every third)."""
    # Between its attempts botocore waits for up to 20 seconds.
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
    for number in count(1, 1 if spoil is answer_too_late and times == 1 else 3):
        lake = make_s3_lake()
        scenario = begin(extraction, lake)
        transport = Transport(lake, method, number, times, spoil)
        extraction.said = ""
        ended = extraction.run(lake)
        if not transport.spoiled:
            break
        if transport.is_harmless:
            assert ended == ExitCode.DONE
        else:
            assert ended == code, f"{method} {number}: {extraction.said}"
            assert said in extraction.said
        transport.be_good()
        finish_and_judge(scenario)
    assert number > 1
