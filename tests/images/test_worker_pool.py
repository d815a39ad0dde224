from __future__ import annotations

import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from dermtools.errors import DermtoolsError, ImageError, StoppedError
from dermtools.images import ImageLimits, WorkerLimits, open_image
from dermtools.images.limits import MEMORY_VARIABLE, SECONDS_VARIABLE
from dermtools.images.opening import small_jpeg
from dermtools.images.worker_pool import POOL, _Worker
from dermtools.stops import Stop
from tests.support.bombs import encoded, gif_of_comments
from tests.support.paths import ROOT
from tests.support.patience import SAFETY_NET

SMALL = encoded(Image.linear_gradient("L").convert("RGB"), "PNG")
PATIENT = ImageLimits(worker=WorkerLimits(SAFETY_NET, 440_000_000))


@pytest.fixture
def stopped() -> int:
    """The only worker there is, idle, and stopped: what it is asked next never ends."""
    POOL.close()
    open_image(SMALL, limits=PATIENT)
    (worker,) = POOL._idle
    os.kill(worker.process.pid, signal.SIGSTOP)
    return worker.process.pid


def test_a_stopped_call_ends_the_process_that_decodes_for_it(stopped: int) -> None:
    stop, answers = Stop(), []

    def decode() -> None:
        stop.begin()
        try:
            open_image(SMALL, limits=PATIENT)
        except StoppedError as error:
            answers.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(decode,))
    thread.start()
    until(lambda: stop._ends)
    stop.ask()
    thread.join(SAFETY_NET)
    assert len(answers) == 1
    assert not is_there(stopped)
    assert open_image(SMALL, limits=PATIENT).size == (256, 256)


def test_a_process_that_is_ended_just_as_it_answers_is_no_other_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    exchange, stop = _Worker._exchange, Stop()

    def answered_then_stopped(*asked):
        answer = exchange(*asked)
        stop.ask()
        return answer

    def decode() -> None:
        stop.begin()
        open_image(SMALL, limits=PATIENT)

    with monkeypatch.context() as patch:
        patch.setattr(_Worker, "_exchange", answered_then_stopped)
        with pytest.raises(StoppedError):
            contextvars.copy_context().run(decode)
    assert open_image(SMALL, limits=PATIENT).size == (256, 256)


def until(condition) -> None:
    deadline = time.monotonic() + SAFETY_NET
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("image", "kind", "options"),
    [
        (
            Image.effect_noise((300, 200), 80).convert("RGB"),
            "JPEG",
            {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6"},
        ),
        (Image.merge("RGBA", [Image.linear_gradient("L")] * 4), "PNG", {}),
        (Image.linear_gradient("L").convert("I;16"), "TIFF", {}),
        (Image.new("RGB", (2700, 2700), "red"), "WEBP", {}),
    ],
)
def test_pixels_are_the_same_as_in_this_process(image: Image.Image, kind: str, options: dict) -> None:
    data = encoded(image, kind, **options)
    apart, here = open_image(data, limits=PATIENT), open_image(data)
    assert (apart.mode, apart.size, apart.info) == ("RGB", here.size, {})
    assert apart.tobytes() == here.tobytes()
    assert small_jpeg(data, limits=PATIENT) == small_jpeg(data)


@pytest.mark.parametrize("data", [SMALL[:-40], b"BM" + bytes(60), b"\xff\xd8\xff" + bytes(99)])
def test_a_refusal_is_the_same_as_in_this_process(data: bytes) -> None:
    with pytest.raises(ImageError) as here:
        open_image(data, name="a.png")
    with pytest.raises(ImageError) as apart:
        open_image(data, name="a.png", limits=PATIENT)
    assert str(apart.value) == str(here.value)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSEGV])
def test_a_decoder_that_dies_is_one_error_and_nobody_waits_for_it(stopped: int, end: signal.Signals) -> None:
    with ThreadPoolExecutor() as threads:
        dying = threads.submit(open_image, SMALL, limits=PATIENT, name="bad.png")
        until(lambda: not POOL._idle)
        assert open_image(SMALL, limits=PATIENT).size == (256, 256)
        assert not dying.done()
        os.kill(stopped, end)
        os.kill(stopped, signal.SIGCONT)
        with pytest.raises(
            ImageError, match=rf"^bad\.png: the process that decoded it ended early \({end.name}\); .*$"
        ):
            dying.result(SAFETY_NET)
    assert open_image(SMALL, limits=PATIENT).size == (256, 256)
    assert not is_there(stopped)


def test_what_takes_too_long_is_ended_with_its_process(stopped: int) -> None:
    with pytest.raises(ImageError, match=r"^slow: decoding took longer than 0\.2 s; .*raise --max-decoding-seconds"):
        open_image(SMALL, limits=ImageLimits(worker=WorkerLimits(0.2)), name="slow")
    assert not is_there(stopped)
    assert open_image(SMALL, limits=PATIENT).size == (256, 256)


def test_a_decoder_that_is_at_work_is_ended_too() -> None:
    with pytest.raises(ImageError, match=r"longer than 0\.005 s"):
        open_image(gif_of_comments(60_000), limits=ImageLimits(worker=WorkerLimits(0.005)))


def test_a_worker_that_died_while_idle_costs_no_picture(stopped: int) -> None:
    os.kill(stopped, signal.SIGKILL)
    until(lambda: not is_there(stopped))
    assert open_image(SMALL, limits=PATIENT).size == (256, 256)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process")
def test_what_takes_too_much_memory_is_refused_and_the_next_picture_opened() -> None:
    large = encoded(Image.new("RGB", (6000, 5000)), "PNG")
    with pytest.raises(
        ImageError, match=r"^large: decoding takes more than 99,000,000 bytes of memory; .*raise --max-"
    ):
        open_image(large, limits=ImageLimits(worker=WorkerLimits(SAFETY_NET, 99_000_000)), name="large")
    assert open_image(large, limits=PATIENT).size == (6000, 5000)


def test_many_threads_share_few_warm_workers() -> None:
    with ThreadPoolExecutor(24) as threads:
        sizes = list(threads.map(lambda _: open_image(SMALL, limits=PATIENT).size, range(96)))
    assert set(sizes) == {(256, 256)}
    assert 1 <= len(POOL._idle) == len(POOL._all) <= 8


def test_a_decoder_sees_no_keys_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-drawn-for-this-test")
    POOL.close()
    open_image(SMALL, limits=PATIENT)
    (worker,) = POOL._idle
    assert b"sk-drawn" not in Path(f"/proc/{worker.process.pid}/environ").read_bytes()


@pytest.mark.parametrize(("variable", "value"), [(SECONDS_VARIABLE, "9"), (MEMORY_VARIABLE, "9")])
def test_the_environment_sets_the_limits_and_a_senseless_one_is_named(monkeypatch, variable: str, value: str) -> None:
    before = WorkerLimits()
    monkeypatch.setenv(variable, value)
    assert WorkerLimits() != before
    monkeypatch.setenv(variable, "soon")
    with pytest.raises(DermtoolsError, match=f"{variable} is 'soon'"):
        WorkerLimits()


SCRIPT = """
import os, sys, warnings
from dermtools.images import ImageLimits, WorkerLimits, open_image
from dermtools.images.worker_pool import POOL
limits = ImageLimits(worker=WorkerLimits(900))
open_image(sys.argv[1], limits=limits)
print(*[worker.process.pid for worker in POOL._all], flush=True)
"""


def run(script: str, picture: Path, status: int = 0) -> str:
    command = [sys.executable, "-W", "error", "-c", SCRIPT + script, str(picture)]
    done = subprocess.run(
        command, input="typed", capture_output=True, text=True, cwd=ROOT, timeout=SAFETY_NET, check=False
    )
    assert (done.returncode, done.stderr) == (status, "")
    return done.stdout


@pytest.mark.parametrize(
    ("script", "status"), [("", 0), ("os.kill(os.getpid(), 9)", -9), ("assert sys.stdin.read() == 'typed'", 0)]
)
def test_workers_end_with_their_parent_and_leave_its_input_alone(tmp_path: Path, script: str, status: int) -> None:
    (tmp_path / "a.png").write_bytes(SMALL)
    pids = run(script, tmp_path / "a.png", status).split()
    assert len(pids) == 1
    until(lambda: not is_there(int(pids[0])))


def test_a_forked_copy_of_the_parent_has_workers_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(SMALL)
    script = """
if (child := os.fork()) == 0:
    open_image(sys.argv[1], limits=limits)
    print(*[worker.process.pid for worker in POOL._all], flush=True)
    POOL.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
open_image(sys.argv[1], limits=limits)
print(*[worker.process.pid for worker in POOL._all], flush=True)
"""
    mine, of_the_child, still_mine = run(script, tmp_path / "a.png").split()
    assert mine == still_mine != of_the_child
